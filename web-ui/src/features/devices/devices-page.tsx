import { Button, Menu, TextInput } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useState } from 'react';
import { useTexts } from '../../i18n';
import { Loaded, Page } from '../../page';
import { Icon } from '../../ui/icon';
import { Mark } from '../../ui/mark';
import { Bone, Notice } from '../../ui/states';
import { DeviceGrid } from './device-grid';
import styles from './devices.module.css';
import { DEVICE_KINDS, DEVICE_STATES, type DeviceState, deviceMark, isShown } from './model';
import { deviceListQuery } from './queries';
import { type DeviceSearch, deviceSearch, isFiltered, sortedBy, toggled } from './search';

const TYPING_PAUSE_MILLIS = 250;
const SKELETON_ROWS = 14;

export function DevicesPage() {
  const { t, f } = useTexts();
  const search = useSearch({ from: '/signed-in/devices' });
  const navigate = useNavigate({ from: '/devices' });
  const query = useInfiniteQuery({ ...deviceListQuery(search), placeholderData: keepPreviousData });
  const first = query.data?.pages[0];
  const devices = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [isFetchingNextPage, fetchNextPage]);

  const change = useCallback(
    (part: { [Key in keyof DeviceSearch]?: DeviceSearch[Key] | undefined }, replace = false) =>
      void navigate({ search: (before) => deviceSearch({ ...before, ...part }), replace }),
    [navigate],
  );
  const clear = useCallback(
    () => void navigate({ search: ({ sort, order }) => deviceSearch({ sort, order }) }),
    [navigate],
  );

  return (
    <Page
      full
      name={t.devices.title}
      heading={
        <>
          {t.devices.title}{' '}
          {first && (
            <span className={styles.total} aria-live="polite">
              {t.devices.matching(f.integer(first.total), f.integer(first.fleetTotal))}
            </span>
          )}
        </>
      }
    >
      <div className={styles.toolbar}>
        <SearchField value={search.q ?? ''} onChange={(q) => change({ q: q === '' ? undefined : q }, true)} />
        <FacetMenu
          label={t.devices.hardware}
          counts={first?.facets.hardware}
          chosen={search.hardware}
          onToggle={(word) => change({ hardware: toggled(search.hardware, word) })}
        />
        <FacetMenu
          label={t.devices.version}
          counts={first?.facets.version}
          chosen={search.version}
          onToggle={(word) => change({ version: toggled(search.version, word) })}
        />
        <FacetMenu
          label={t.devices.kind}
          names={t.kind}
          chosen={search.kind}
          words={DEVICE_KINDS}
          onToggle={(word) => change({ kind: toggled<string>(search.kind, word) as DeviceSearch['kind'] })}
        />
        {search.rollout !== undefined && (
          <button
            type="button"
            className={styles.chip}
            data-chosen="true"
            onClick={() => change({ rollout: undefined })}
            aria-label={t.devices.removeFilter(t.devices.rolloutFilter(search.rollout))}
          >
            {t.devices.rolloutFilter(search.rollout.slice(-6))} <Icon name="close" size={14} />
          </button>
        )}
        {isFiltered(search) && (
          <Button variant="subtle" color="gray" size="compact-sm" className={styles.clear} onClick={clear}>
            {t.devices.clear}
          </Button>
        )}
      </div>
      <StateChips
        counts={first?.facets.state ?? {}}
        chosen={search.state ?? []}
        onToggle={(state) => change({ state: toggled(search.state, state) })}
      />
      <div className={styles.list}>
        <Loaded query={query} what={t.devices.what} skeleton={<GridBones />}>
          {() => {
            if (first === undefined || devices.length > 0) {
              return (
                <DeviceGrid
                  key={JSON.stringify(search)}
                  devices={devices}
                  total={first?.total ?? devices.length}
                  search={search}
                  busy={query.isPlaceholderData}
                  hasMore={hasNextPage}
                  onMore={more}
                  onSort={(column) => change(sortedBy(search, column))}
                />
              );
            }
            return isFiltered(search) ? (
              <Notice
                mark="absent"
                title={t.devices.filteredEmpty}
                action={{ label: t.devices.clear, onClick: clear }}
              />
            ) : (
              <Notice
                mark="waiting"
                title={t.devices.empty}
                detail={t.devices.emptyDetail}
                action={{ label: t.devices.toFirstSteps, onClick: () => void navigate({ to: '/' }) }}
              />
            );
          }}
        </Loaded>
      </div>
    </Page>
  );
}

function SearchField({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useTexts();
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    // The address changed by itself: back, forward, or a cleared filter.
    setKnown(value);
    if (typed.trim() !== value) setTyped(value);
  }
  useEffect(() => {
    if (typed.trim() === value) return undefined;
    const timer = setTimeout(() => onChange(typed.trim()), TYPING_PAUSE_MILLIS);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return (
    <TextInput
      type="search"
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      placeholder={t.devices.search}
      aria-label={t.devices.search}
      size="sm"
      className={styles.search}
      spellCheck={false}
      autoComplete="off"
    />
  );
}

function FacetMenu(props: {
  label: string;
  counts?: Readonly<Record<string, number>> | undefined;
  words?: readonly string[];
  names?: Readonly<Record<string, string>>;
  chosen: readonly string[] | undefined;
  onToggle: (word: string) => void;
}) {
  const { t, f } = useTexts();
  const counts = props.counts ?? {};
  const chosen = props.chosen ?? [];
  const words = [...new Set([...(props.words ?? Object.keys(counts).sort()), ...chosen])];
  return (
    <Menu
      withinPortal={false}
      withInitialFocusPlaceholder={false}
      position="bottom-start"
      width={280}
      checkIcon={<Icon name="check" size={16} />}
    >
      <Menu.Target>
        <button type="button" className={styles.chip} data-chosen={chosen.length > 0}>
          {props.label}
          {chosen.length > 0 && <strong> {f.integer(chosen.length)}</strong>}
          <Icon name="chevronDown" size={14} />
        </button>
      </Menu.Target>
      <Menu.Dropdown className={styles.menu}>
        {words.length === 0 && <Menu.Label>{t.devices.facetNone}</Menu.Label>}
        {words.map((word) => (
          <Menu.CheckboxItem
            key={word}
            checked={chosen.includes(word)}
            rightSection={props.counts && <span className="muted">{f.integer(counts[word] ?? 0)}</span>}
            onChange={() => props.onToggle(word)}
          >
            {props.names?.[word] ?? word}
          </Menu.CheckboxItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

function StateChips(props: {
  counts: Readonly<Record<string, number>>;
  chosen: readonly DeviceState[];
  onToggle: (state: DeviceState) => void;
}) {
  const { t, f } = useTexts();
  return (
    <fieldset className={styles.chips}>
      <legend className="visually-hidden">{t.devices.states}</legend>
      {DEVICE_STATES.filter((state) => props.chosen.includes(state) || isShown(props.counts, state)).map(
        (state) => (
          <button
            key={state}
            type="button"
            className={styles.chip}
            data-chosen={props.chosen.includes(state)}
            aria-pressed={props.chosen.includes(state)}
            onClick={() => props.onToggle(state)}
          >
            <Mark kind={deviceMark(state)} />
            {t.deviceState[state]}{' '}
            <span className={styles.chipCount}>{f.integer(props.counts[state] ?? 0)}</span>
          </button>
        ),
      )}
    </fieldset>
  );
}

function GridBones() {
  return (
    <div className={styles.bones}>
      {Array.from({ length: SKELETON_ROWS }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows of a skeleton never move
        <div key={row} className={styles.boneRow}>
          <Bone width="70%" />
          <Bone width="60%" />
          <Bone width="50%" />
          <Bone width="80%" />
        </div>
      ))}
    </div>
  );
}
