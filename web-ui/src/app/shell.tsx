import { Menu, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { signOut } from '../api';
import { useSession } from '../features/session';
import { LANGUAGES, useTexts } from '../i18n';
import { useConnectionState, useLiveTopic } from '../live';
import { Brand } from '../ui/brand';
import { Icon, type IconName } from '../ui/icon';
import { KeysDialog } from './keys-dialog';
import styles from './shell.module.css';
import { useKeys } from './use-keys';

const Palette = lazy(() => import('./palette').then((module) => ({ default: module.Palette })));

const SCHEMES = ['light', 'dark', 'auto'] as const;

const PAGES = [
  { to: '/', word: 'overview', icon: 'overview' },
  { to: '/devices', word: 'devices', icon: 'devices' },
  { to: '/rollouts', word: 'rollouts', icon: 'rollouts' },
] as const satisfies readonly { to: string; word: string; icon: IconName }[];

export function Shell() {
  const { t } = useTexts();
  const navigate = useNavigate();
  const [palette, setPalette] = useState<'never' | 'open' | 'closed'>('never');
  const [keysShown, setKeysShown] = useState(false);
  useLiveTopic('fleet');
  useKeys({
    palette: () => setPalette('open'),
    help: () => setKeysShown(true),
    go: (to) => void navigate({ to }),
  });

  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        {t.app.skipToContent}
      </a>
      <header className={styles.top}>
        <Link to="/" className={styles.home}>
          <Brand />
        </Link>
        <button type="button" className={styles.search} onClick={() => setPalette('open')}>
          <Icon name="search" size={16} />
          <span className={styles.searchWords}>{t.palette.open}</span>
          <kbd className={styles.kbd}>{shortcutLabel()}</kbd>
        </button>
        <span className={styles.spacer} />
        <Connection />
        <ThemeButton />
        <AccountMenu onKeys={() => setKeysShown(true)} />
      </header>
      <nav className={styles.nav} aria-label={t.app.mainNavigation}>
        {PAGES.map((page) => (
          <Link
            key={page.to}
            to={page.to}
            activeOptions={{ exact: page.to === '/' }}
            className={styles.navLink}
            activeProps={{ 'aria-current': 'page' }}
          >
            <Icon name={page.icon} />
            <span>{t.nav[page.word]}</span>
          </Link>
        ))}
      </nav>
      <main id="content" tabIndex={-1} className={styles.content}>
        <StaleBanner />
        <FocusOnNavigation />
        <Outlet />
      </main>
      {palette !== 'never' && (
        <Suspense>
          <Palette opened={palette === 'open'} onClose={() => setPalette('closed')} />
        </Suspense>
      )}
      <KeysDialog opened={keysShown} onClose={() => setKeysShown(false)} />
    </div>
  );
}

function shortcutLabel(): string {
  return /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘ K' : 'Ctrl K';
}

function Connection() {
  const { t } = useTexts();
  const { word } = useConnectionState();
  return (
    <span className={styles.connection} data-word={word} role="status">
      <svg width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
        {word === 'live' ? (
          <circle cx="5" cy="5" r="4" fill="var(--good)" />
        ) : (
          <circle
            cx="5"
            cy="5"
            r="3.2"
            fill="none"
            stroke="var(--warn)"
            strokeWidth="1.8"
            strokeDasharray="3 2"
          />
        )}
      </svg>
      <span className={styles.connectionWord}>{t.connection[word]}</span>
    </span>
  );
}

const STALE_AFTER_MILLIS = 3000;

function StaleBanner() {
  const { t, f } = useTexts();
  const state = useConnectionState();
  const since = state.word === 'reconnecting' ? state.since : undefined;
  const [shownFor, setShownFor] = useState<number>();
  useEffect(() => {
    if (since === undefined) return undefined;
    const timer = setTimeout(() => setShownFor(since), STALE_AFTER_MILLIS);
    return () => clearTimeout(timer);
  }, [since]);
  if (since === undefined || shownFor !== since) return null;
  return (
    <p className={styles.stale} role="status">
      <Icon name="alert" size={16} /> {t.connection.stale(f.clock(since))}
    </p>
  );
}

/** A new page is announced and read from its top, as a loaded document would be. */
function FocusOnNavigation() {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const before = useRef(path);
  useEffect(() => {
    if (before.current !== undefined && path !== undefined && before.current !== path) {
      document.getElementById('content')?.focus({ preventScroll: true });
    }
    before.current = path;
  }, [path]);
  return null;
}

function ThemeButton() {
  const { t } = useTexts();
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const dark = useComputedColorScheme('light') === 'dark';
  const label = dark ? t.theme.toLight : t.theme.toDark;
  return (
    <Tooltip label={label}>
      <button
        type="button"
        className={styles.iconButton}
        aria-label={label}
        onClick={() => setColorScheme(dark ? 'light' : 'dark')}
      >
        <Icon name={dark ? 'sun' : 'moon'} />
      </button>
    </Tooltip>
  );
}

function AccountMenu({ onKeys }: { onKeys: () => void }) {
  const { t, f, language, setLanguage } = useTexts();
  const { colorScheme, setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const session = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();

  async function leave(): Promise<void> {
    await signOut().catch(() => undefined); // Without the server the session ends here all the same.
    await navigate({ to: '/login' });
    client.clear();
  }

  return (
    <Menu
      withinPortal={false}
      withInitialFocusPlaceholder={false}
      position="bottom-end"
      width={260}
      returnFocus
      checkIcon={<Icon name="check" size={16} />}
    >
      <Menu.Target>
        <button type="button" className={styles.iconButton} aria-label={t.account.menu(session.name)}>
          <Icon name="person" />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <strong className={styles.accountName}>{session.name}</strong>
          <br />
          {t.account.roles}: {f.list(session.roles.map((role) => t.roles[role]))}
        </Menu.Label>
        <Menu.Divider />
        <Menu.Label>{t.account.language}</Menu.Label>
        <Menu.RadioGroup
          value={language}
          onChange={(chosen) => {
            const known = LANGUAGES.find((each) => each === chosen);
            if (known) setLanguage(known);
          }}
        >
          {LANGUAGES.map((each) => (
            <Menu.RadioItem key={each} value={each} lang={each} closeMenuOnClick>
              {t.account.languages[each]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Label>{t.theme.label}</Menu.Label>
        <Menu.RadioGroup
          value={colorScheme}
          onChange={(chosen) => {
            const known = SCHEMES.find((each) => each === chosen);
            if (known) setColorScheme(known);
          }}
        >
          {SCHEMES.map((each) => (
            <Menu.RadioItem key={each} value={each}>
              {t.theme[each]}
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="keyboard" size={16} />} onClick={onKeys}>
          {t.account.keyboard}
        </Menu.Item>
        <Menu.Item leftSection={<Icon name="leave" size={16} />} onClick={() => void leave()}>
          {t.account.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
