import './app/styles';
import { createTheme, localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { onSignedOut, worthRetrying } from './api';
import { createConsoleRouter } from './app/router';
import { sessionQuery } from './features/session';
import { TextProvider } from './i18n';
import { LiveProvider } from './live';

const RETRIES = 2;
const FRESH_MILLIS = 5000;

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: FRESH_MILLIS,
      retry: (failures, error) => failures < RETRIES && worthRetrying(error),
      refetchOnWindowFocus: true,
    },
  },
});
const router = createConsoleRouter(client);

onSignedOut(() => {
  const { pathname, href } = router.state.location;
  // Without a session before, the router itself leads to the login, and nothing has ended.
  if (pathname === '/login' || client.getQueryData(sessionQuery.queryKey) === undefined) return;
  void router.navigate({ to: '/login', search: { next: href, ended: true } }).then(() => client.clear());
});

const theme = createTheme({ cursorType: 'pointer', respectReducedMotion: true, autoContrast: false });
const colorSchemes = localStorageColorSchemeManager({ key: 'tinyfleet-theme' });

const place = document.getElementById('root');
if (place === null) throw new Error('index.html has no element with the id root');

createRoot(place).render(
  <StrictMode>
    {/* Variables and classes come from static style sheets, so that no style is injected at run time. */}
    <MantineProvider
      theme={theme}
      colorSchemeManager={colorSchemes}
      defaultColorScheme="auto"
      withCssVariables={false}
      withGlobalClasses={false}
    >
      <TextProvider>
        <QueryClientProvider client={client}>
          <LiveProvider>
            <RouterProvider router={router} />
            <Notifications position="bottom-right" />
          </LiveProvider>
        </QueryClientProvider>
      </TextProvider>
    </MantineProvider>
  </StrictMode>,
);
