import '@mantine/spotlight/styles.css';
import { Modal } from '@mantine/core';
import { createSpotlight, Spotlight } from '@mantine/spotlight';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { deviceMark, deviceMatchesQuery } from '../features/devices';
import { rolloutListQuery, rolloutMark } from '../features/rollouts';
import { useTexts } from '../i18n';
import { Icon } from '../ui/icon';
import { Mark } from '../ui/mark';
import styles from './palette.module.css';
import { matchingPages, matchingRollouts } from './palette-matches';

const MOST_DEVICES = 6;
const MOST_ROLLOUTS = 6;
const [store, palette] = createSpotlight();

/** One field that finds pages, devices and rollouts; the server does the searching among devices. */
export function Palette({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTexts();
  const navigate = useNavigate();
  const [query, setQuery] = useState('');
  const text = query.trim();

  useEffect(() => {
    if (opened) palette.open();
    else palette.close();
  }, [opened]);

  const devices = useQuery({
    ...deviceMatchesQuery(text, MOST_DEVICES),
    enabled: opened && text !== '',
    placeholderData: keepPreviousData,
  });
  const rollouts = useQuery({ ...rolloutListQuery({}), enabled: opened });

  const pages = matchingPages(t.nav, text);
  const foundDevices = text === '' ? [] : (devices.data?.items ?? []);
  const foundRollouts = matchingRollouts(rollouts.data?.items ?? [], text, MOST_ROLLOUTS);
  const total = devices.data?.total ?? 0;

  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      onSpotlightClose={onClose}
      lockScroll={false}
      scrollable
      maxHeight="min(420px, 70dvh)"
      transitionProps={{ duration: 0 }}
    >
      <Modal.Title className="visually-hidden">{t.palette.open}</Modal.Title>
      <Spotlight.Search
        placeholder={t.palette.placeholder}
        aria-label={t.palette.placeholder}
        leftSection={<Icon name="search" />}
      />
      <Spotlight.ActionsList>
        {pages.length > 0 && (
          <Spotlight.ActionsGroup label={t.palette.pages}>
            {pages.map((page) => (
              <Spotlight.Action
                key={page.to}
                label={page.label}
                leftSection={<Icon name={page.icon} />}
                onClick={() => void navigate({ to: page.to })}
              />
            ))}
          </Spotlight.ActionsGroup>
        )}
        {foundDevices.length > 0 && (
          <Spotlight.ActionsGroup label={t.palette.devices}>
            {foundDevices.map((device) => (
              <Spotlight.Action
                key={device.id}
                onClick={() => void navigate({ to: '/devices/$id', params: { id: device.id } })}
              >
                <span className={styles.line}>
                  <span className={styles.found}>
                    <Mark kind={deviceMark(device.state)} />
                    <code>{device.id}</code>
                  </span>
                  <span>
                    {t.deviceState[device.state]} · {device.hardwareClass}
                  </span>
                </span>
              </Spotlight.Action>
            ))}
            {total > foundDevices.length && (
              <Spotlight.Action
                label={`${t.palette.allDevices(text)} (${total})`}
                leftSection={<Icon name="arrowRight" />}
                onClick={() => void navigate({ to: '/devices', search: { q: text } })}
              />
            )}
          </Spotlight.ActionsGroup>
        )}
        {foundRollouts.length > 0 && (
          <Spotlight.ActionsGroup label={t.palette.rollouts}>
            {foundRollouts.map((rollout) => (
              <Spotlight.Action
                key={rollout.id}
                onClick={() => void navigate({ to: '/rollouts/$id', params: { id: rollout.id } })}
              >
                <span className={styles.line}>
                  <span className={styles.found}>
                    <Mark kind={rolloutMark(rollout.state)} />
                    {rollout.title}
                  </span>
                  <span>{t.rolloutState[rollout.state]}</span>
                </span>
              </Spotlight.Action>
            ))}
          </Spotlight.ActionsGroup>
        )}
        {pages.length + foundDevices.length + foundRollouts.length === 0 && !devices.isFetching && (
          <Spotlight.Empty>{t.palette.nothing}</Spotlight.Empty>
        )}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
