/** Which cached answers an event of the stream makes old, and when they may be asked for again. */

export type Key = readonly string[];

/** The event names the server sends; a browser hears only names it has asked for. */
export const EVENT_TYPES = ['fleet-changed', 'device-changed', 'rollout-changed', 'gap'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface LiveEvent {
  readonly type: EventType;
  readonly id?: string | undefined;
}

export function staleKeys(event: LiveEvent): readonly Key[] {
  switch (event.type) {
    case 'fleet-changed':
      return [['overview'], ['devices', 'list'], ['rollouts', 'list']];
    case 'device-changed':
      return [
        ['overview'],
        ['devices', 'list'],
        ...(event.id === undefined
          ? [
              ['devices', 'one'],
              ['devices', 'events'],
            ]
          : [
              ['devices', 'one', event.id],
              ['devices', 'events', event.id],
            ]),
      ];
    case 'rollout-changed':
      return [
        ['overview'],
        ['rollouts', 'list'],
        ...(event.id === undefined
          ? [
              ['rollouts', 'one'],
              ['rollouts', 'devices'],
              ['rollouts', 'events'],
            ]
          : [
              ['rollouts', 'one', event.id],
              ['rollouts', 'devices', event.id],
              ['rollouts', 'events', event.id],
            ]),
      ];
    case 'gap':
      return [['overview'], ['devices'], ['rollouts']];
  }
}

export const TICK_MILLIS = 1000;

/** A list of many loaded pages is asked for again more seldom: one second for each page. */
export function mayRefetch(pages: number, sinceMillis: number): boolean {
  return sinceMillis >= Math.max(1, pages) * TICK_MILLIS;
}

export function startsWith(key: readonly unknown[], prefix: Key): boolean {
  return prefix.every((part, index) => key[index] === part);
}
