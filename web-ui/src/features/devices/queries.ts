import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import * as z from 'zod/mini';
import { api, read } from '../../api';
import { DeviceDetail, DeviceEvents, DevicePage } from './model';
import { type DeviceSearch, modelsAndVersions } from './search';

export const PAGE_SIZE = 100;
const EVENTS_SHOWN = 100;

function parameters(search: DeviceSearch) {
  return {
    ...(search.q !== undefined && { q: search.q }),
    ...(search.state && { state: search.state.join(',') }),
    ...(search.hardware && { hardware: search.hardware.join(',') }),
    ...(search.version && modelsAndVersions(search.version)),
    ...(search.kind && { kind: search.kind.join(',') }),
    ...(search.rollout !== undefined && { rollout: search.rollout }),
    sort: search.sort ?? 'id',
    order: search.order ?? 'asc',
  };
}

export function deviceListQuery(search: DeviceSearch) {
  return infiniteQueryOptions({
    queryKey: ['devices', 'list', search],
    queryFn: ({ signal, pageParam }) =>
      read(
        DevicePage,
        api.GET('/api/v1/devices', {
          params: {
            query: {
              ...parameters(search),
              limit: String(PAGE_SIZE),
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

/** The few best matches for the palette. */
export function deviceMatchesQuery(text: string, most: number) {
  return queryOptions({
    queryKey: ['devices', 'matches', text],
    queryFn: ({ signal }) =>
      read(
        DevicePage,
        api.GET('/api/v1/devices', { params: { query: { q: text, limit: String(most) } }, signal }),
      ),
    staleTime: 10_000,
  });
}

export function deviceQuery(id: string) {
  return queryOptions({
    queryKey: ['devices', 'one', id],
    queryFn: ({ signal }) =>
      read(DeviceDetail, api.GET('/api/v1/devices/{id}', { params: { path: { id } }, signal })),
  });
}

export function deviceEventsQuery(id: string) {
  return queryOptions({
    queryKey: ['devices', 'events', id],
    queryFn: ({ signal }) =>
      read(
        DeviceEvents,
        api.GET('/api/v1/devices/{id}/events', {
          params: { path: { id }, query: { limit: String(EVENTS_SHOWN) } },
          signal,
        }),
      ),
  });
}

export async function quarantine(id: string, reason: string): Promise<void> {
  await read(
    z.unknown(),
    api.POST('/api/v1/devices/{id}/quarantine', { params: { path: { id } }, body: { reason } }),
  );
}

export async function release(id: string): Promise<void> {
  await read(z.unknown(), api.POST('/api/v1/devices/{id}/release', { params: { path: { id } } }));
}
