import { Button, Menu } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTexts } from '../../i18n';
import { Ago, Loaded } from '../../page';
import { Icon } from '../../ui/icon';
import { Mark, MarkedWord } from '../../ui/mark';
import { Panel } from '../../ui/panel';
import { Bone } from '../../ui/states';
import {
  ELIGIBLE_STATES,
  MEMBER_STATES,
  type Member,
  type MemberState,
  memberMark,
  type Rollout,
} from './model';
import { rolloutDevicesQuery } from './queries';
import styles from './rollout.module.css';
import { type RolloutSearch, rolloutSearch } from './search';
import { waveName } from './words';

export function MembersPanel({ rollout, search }: { rollout: Rollout; search: RolloutSearch }) {
  const { t, f } = useTexts();
  const navigate = useNavigate({ from: '/rollouts/$id' });
  const filter = {
    ...(search.wave !== undefined && { wave: search.wave }),
    ...(search.state && { state: search.state }),
  };
  const query = useInfiniteQuery({
    ...rolloutDevicesQuery(rollout.id, filter),
    placeholderData: keepPreviousData,
  });
  const total = query.data?.pages[0]?.total;
  const filtered = search.wave !== undefined || search.state !== undefined;
  const change = (part: { wave?: number | undefined; state?: readonly MemberState[] | undefined }) =>
    void navigate({ search: (before) => rolloutSearch({ ...before, ...part }), resetScroll: false });
  const wave = rollout.waves.find((each) => each.index === search.wave);

  function shownStates(states: readonly MemberState[] | undefined): string {
    if (states === undefined) return t.rollout.allStates;
    if (states.length === ELIGIBLE_STATES.length) return t.rollout.count.eligible;
    return f.list(states.map((state) => t.phase[state]));
  }

  // A link from elsewhere leads here before there is anything to scroll to.
  useEffect(() => {
    if (window.location.hash === '#members') document.getElementById('members')?.scrollIntoView();
  }, []);

  return (
    <div id="members" className={styles.members}>
      <Panel
        overflowing
        title={
          <>
            {t.rollout.devices}{' '}
            {total !== undefined && (
              <span className={styles.total} data-testid="members-total">
                {f.integer(total)}
              </span>
            )}
          </>
        }
        aside={
          <span className={styles.filters}>
            <Choice
              label={t.rollout.waveFilter}
              shown={wave ? waveName(wave, t) : t.rollout.allWaves}
              options={[
                {
                  key: '',
                  label: t.rollout.allWaves,
                  chosen: search.wave === undefined,
                  pick: () => change({ wave: undefined }),
                },
                ...rollout.waves.map((each) => ({
                  key: String(each.index),
                  label: waveName(each, t),
                  chosen: search.wave === each.index,
                  pick: () => change({ wave: each.index }),
                })),
              ]}
            />
            <Choice
              label={t.rollout.stateFilter}
              shown={shownStates(search.state)}
              options={[
                {
                  key: '',
                  label: t.rollout.allStates,
                  chosen: search.state === undefined,
                  pick: () => change({ state: undefined }),
                },
                ...MEMBER_STATES.map((state) => ({
                  key: state,
                  label: t.phase[state],
                  chosen: search.state?.includes(state) ?? false,
                  pick: () => change({ state: [state] }),
                })),
              ]}
            />
          </span>
        }
        flush
      >
        <Loaded query={query} what={t.rollout.devicesWhat} skeleton={<Bone height={200} />}>
          {({ pages }) => {
            const members = pages.flatMap((page) => page.items);
            if (members.length === 0) {
              return (
                <div className={styles.calm}>
                  <Mark kind="absent" />
                  <span>{filtered ? t.rollout.noDevicesFiltered : t.rollout.noDevices}</span>
                  {filtered && (
                    <Button
                      variant="default"
                      size="compact-sm"
                      onClick={() => change({ wave: undefined, state: undefined })}
                    >
                      {t.devices.clear}
                    </Button>
                  )}
                </div>
              );
            }
            return (
              <>
                <MemberTable members={members} rollout={rollout} />
                {query.hasNextPage && (
                  <p className={styles.more}>
                    <Button
                      variant="default"
                      size="compact-sm"
                      loading={query.isFetchingNextPage}
                      onClick={() => void query.fetchNextPage()}
                    >
                      {t.rollout.more}
                    </Button>
                  </p>
                )}
              </>
            );
          }}
        </Loaded>
      </Panel>
    </div>
  );
}

function MemberTable({ members, rollout }: { members: readonly Member[]; rollout: Rollout }) {
  const { t, f } = useTexts();
  const names = new Map(rollout.waves.map((wave) => [wave.index, waveName(wave, t)]));
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t.rollout.device}</th>
          <th scope="col">{t.rollout.state}</th>
          <th scope="col" className={styles.roomy}>
            {t.rollout.waveFilter}
          </th>
          <th scope="col">{t.rollout.why}</th>
          <th scope="col" className={`number ${styles.roomy}`}>
            {t.rollout.progress}
          </th>
          <th scope="col" className={styles.roomy}>
            {t.rollout.updated}
          </th>
        </tr>
      </thead>
      <tbody>
        {members.map((member) => (
          <tr key={member.deviceId}>
            <th scope="row">
              <Link to="/devices/$id" params={{ id: member.deviceId }} className="mono plain-link">
                {member.deviceId}
              </Link>
              {member.online === false && (
                <span className={styles.offlineWord}>
                  <Mark kind="absent" size={10} /> {t.rollout.offlineWord}
                </span>
              )}
            </th>
            <td>
              <MarkedWord kind={memberMark(member.state)}>{t.phase[member.state]}</MarkedWord>
            </td>
            <td className={styles.roomy}>{names.get(member.wave) ?? '–'}</td>
            <td className={styles.why}>
              {member.reason !== undefined && member.reason !== '' && <code>{member.reason}</code>}{' '}
              {member.detail}
            </td>
            <td className={`number ${styles.roomy}`}>
              {member.bytesTotal > 0
                ? t.device.progress(f.bytes(member.bytesDone), f.bytes(member.bytesTotal))
                : '–'}
            </td>
            <td className={styles.roomy}>
              {member.updatedAt === undefined ? '–' : <Ago at={member.updatedAt} />}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Choice(props: {
  label: string;
  shown: string;
  options: readonly { key: string; label: string; chosen: boolean; pick: () => void }[];
}) {
  return (
    <Menu
      withinPortal={false}
      withInitialFocusPlaceholder={false}
      position="bottom-end"
      width={220}
      checkIcon={<Icon name="check" size={16} />}
    >
      <Menu.Target>
        <button type="button" className={styles.choice} aria-label={`${props.label}: ${props.shown}`}>
          <span className={styles.choiceWords}>{props.shown}</span>
          <Icon name="chevronDown" size={14} />
        </button>
      </Menu.Target>
      <Menu.Dropdown className={styles.menu}>
        {props.options.map((option) => (
          <Menu.RadioItem
            key={option.key}
            value={option.key}
            checked={option.chosen}
            closeMenuOnClick
            onChange={option.pick}
          >
            {option.label}
          </Menu.RadioItem>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
