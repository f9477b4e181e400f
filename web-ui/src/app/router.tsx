import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router';
// The composition root is the one place that looks inside features: each page is a chunk of its own.
import { deviceSearch } from '../features/devices/search';
import { rolloutListSearch, rolloutSearch } from '../features/rollouts/search';
import { sessionQuery } from '../features/session';
import { CrashPage, MissingPage } from './fallback-pages';
import { parseSearch, stringifySearch } from './search-params';
import { Shell } from './shell';

interface RouterContext {
  readonly client: QueryClient;
}

const root = createRootRouteWithContext<RouterContext>()({
  errorComponent: CrashPage,
  notFoundComponent: MissingPage,
});

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: (input: Record<string, unknown>): { next?: string; ended?: boolean } => ({
    ...(typeof input.next === 'string' && { next: input.next }),
    ...((input.ended === 'true' || input.ended === true) && { ended: true }),
  }),
  component: lazyRouteComponent(() => import('../features/session/login-page'), 'LoginPage'),
});

const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ context, location }) => {
    const status = await context.client
      .ensureQueryData(sessionQuery)
      .then(() => 200)
      .catch((error: unknown) => statusOf(error));
    if (status === 401) throw redirect({ to: '/login', search: { next: location.href } });
  },
  component: Shell,
});

function statusOf(error: unknown): number {
  return typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 0;
}

const overview = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  component: lazyRouteComponent(() => import('../features/overview/overview-page'), 'OverviewPage'),
});

const devices = createRoute({
  getParentRoute: () => signedIn,
  path: '/devices',
  validateSearch: deviceSearch,
  component: lazyRouteComponent(() => import('../features/devices/devices-page'), 'DevicesPage'),
});

const device = createRoute({
  getParentRoute: () => signedIn,
  path: '/devices/$id',
  component: lazyRouteComponent(() => import('../features/devices/device-page'), 'DevicePage'),
});

const rollouts = createRoute({
  getParentRoute: () => signedIn,
  path: '/rollouts',
  validateSearch: rolloutListSearch,
  component: lazyRouteComponent(() => import('../features/rollouts/rollouts-page'), 'RolloutsPage'),
});

const rollout = createRoute({
  getParentRoute: () => signedIn,
  path: '/rollouts/$id',
  validateSearch: rolloutSearch,
  component: lazyRouteComponent(() => import('../features/rollouts/rollout-page'), 'RolloutPage'),
});

const routeTree = root.addChildren([
  login,
  signedIn.addChildren([overview, devices, device, rollouts, rollout]),
]);

export function createConsoleRouter(client: QueryClient) {
  return createRouter({
    routeTree,
    context: { client },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
