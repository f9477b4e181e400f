import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { api, read } from '../../api';
import { MemberPage, Rollout, RolloutEvents, RolloutList, type Verb } from './model';
import type { RolloutListSearch, RolloutSearch } from './search';

const LIST_SIZE = 100;
const MEMBERS_SIZE = 50;
const EVENTS_SHOWN = 200;

export function rolloutListQuery(search: RolloutListSearch) {
  return queryOptions({
    queryKey: ['rollouts', 'list', search],
    queryFn: ({ signal }) =>
      read(
        RolloutList,
        api.GET('/api/v1/rollouts', {
          params: { query: { limit: LIST_SIZE, ...(search.state && { state: search.state.join(',') }) } },
          signal,
        }),
      ),
  });
}

export function rolloutQuery(id: string) {
  return queryOptions({
    queryKey: ['rollouts', 'one', id],
    queryFn: ({ signal }) =>
      read(Rollout, api.GET('/api/v1/rollouts/{id}', { params: { path: { id } }, signal })),
  });
}

export function rolloutDevicesQuery(id: string, filter: Pick<RolloutSearch, 'wave' | 'state'>) {
  return infiniteQueryOptions({
    queryKey: ['rollouts', 'devices', id, filter],
    queryFn: ({ signal, pageParam }) =>
      read(
        MemberPage,
        api.GET('/api/v1/rollouts/{id}/devices', {
          params: {
            path: { id },
            query: {
              limit: MEMBERS_SIZE,
              ...(filter.wave !== undefined && { wave: filter.wave }),
              ...(filter.state && { state: filter.state.join(',') }),
              ...(pageParam !== '' && { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: '',
    getNextPageParam: (page) => page.nextCursor ?? null,
  });
}

export function rolloutEventsQuery(id: string) {
  return queryOptions({
    queryKey: ['rollouts', 'events', id],
    queryFn: ({ signal }) =>
      read(
        RolloutEvents,
        api.GET('/api/v1/rollouts/{id}/events', {
          params: { path: { id }, query: { limit: EVENTS_SHOWN } },
          signal,
        }),
      ),
  });
}

/** A key of its own for each click, so that a repeated request acts once. */
function idempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function act(id: string, verb: Verb, version: number): Promise<Rollout> {
  return read(
    Rollout,
    api.POST('/api/v1/rollouts/{id}/{verb}', {
      params: { path: { id, verb }, header: { 'Idempotency-Key': idempotencyKey() } },
      body: { version },
    }),
  );
}
