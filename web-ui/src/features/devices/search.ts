import { DEVICE_KINDS, DEVICE_STATES, type DeviceKind, type DeviceState } from './model';

export const SORTS = ['id', 'state', 'hardware', 'p95', 'energy', 'lastSeen'] as const;
export type Sort = (typeof SORTS)[number];
export type Order = 'asc' | 'desc';

/** The device list as its address describes it. Absent means not filtered, and the default order. */
export interface DeviceSearch {
  q?: string;
  state?: readonly DeviceState[];
  hardware?: readonly string[];
  version?: readonly string[];
  kind?: readonly DeviceKind[];
  rollout?: string;
  sort?: Sort;
  order?: Order;
}

const LONGEST_TEXT = 200;

function words(value: unknown): readonly string[] {
  const parts = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? value.split(',') : [];
  return [
    ...new Set(parts.map((part) => part.trim()).filter((part) => part !== '' && part.length <= LONGEST_TEXT)),
  ];
}

function among<T extends string>(allowed: readonly T[], value: unknown): readonly T[] {
  const given = words(value);
  return allowed.filter((word) => given.includes(word));
}

function text(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const trimmed = String(value).trim().slice(0, LONGEST_TEXT);
  return trimmed === '' ? undefined : trimmed;
}

/** What an address says, with everything dropped that is not understood. */
export function deviceSearch(input: Readonly<Record<string, unknown>>): DeviceSearch {
  const [sort] = among(SORTS, input.sort);
  const [order] = among(['asc', 'desc'] as const, input.order);
  const q = text(input.q);
  const rollout = text(input.rollout);
  const state = among(DEVICE_STATES, input.state);
  const hardware = words(input.hardware);
  const version = words(input.version);
  const kind = among(DEVICE_KINDS, input.kind);
  return {
    ...(q !== undefined && { q }),
    ...(state.length > 0 && { state }),
    ...(hardware.length > 0 && { hardware }),
    ...(version.length > 0 && { version }),
    ...(kind.length > 0 && { kind }),
    ...(rollout !== undefined && { rollout }),
    ...(sort !== undefined && { sort }),
    ...(order !== undefined && { order }),
  };
}

/** The server filters by model and by version; the facet names both, with a space between. */
export function modelsAndVersions(names: readonly string[]): { model: string; version: string } {
  const parts = names.map((name) => {
    const space = name.lastIndexOf(' ');
    return space < 0
      ? { model: '', version: name }
      : { model: name.slice(0, space), version: name.slice(space + 1) };
  });
  const distinct = (values: readonly string[]) =>
    [...new Set(values.filter((value) => value !== ''))].join(',');
  return {
    model: distinct(parts.map((part) => part.model)),
    version: distinct(parts.map((part) => part.version)),
  };
}

export function isFiltered(search: DeviceSearch): boolean {
  const { sort: _sort, order: _order, ...filters } = search;
  return Object.keys(filters).length > 0;
}

/** The word joins or leaves the selection; an empty selection leaves the address. */
export function toggled<T extends string>(
  selection: readonly T[] | undefined,
  word: T,
): readonly T[] | undefined {
  const chosen = selection ?? [];
  const next = chosen.includes(word) ? chosen.filter((other) => other !== word) : [...chosen, word];
  return next.length === 0 ? undefined : next;
}

/** The same column again turns its order round; numbers and times begin with the largest. */
export function sortedBy(search: DeviceSearch, column: Sort): { sort: Sort; order: Order } {
  const first: Order = column === 'p95' || column === 'energy' || column === 'lastSeen' ? 'desc' : 'asc';
  if ((search.sort ?? 'id') !== column) return { sort: column, order: first };
  return { sort: column, order: (search.order ?? 'asc') === 'asc' ? 'desc' : 'asc' };
}
