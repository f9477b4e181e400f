import { describe, expect, it } from 'vitest';
import { EVENT_TYPES, mayRefetch, staleKeys, startsWith } from './stale';

describe('an event of the stream', () => {
  it('makes the overview old, whatever changed', () => {
    for (const type of EVENT_TYPES) expect(staleKeys({ type })).toContainEqual(['overview']);
  });
  it('about one device leaves other devices alone', () => {
    const keys = staleKeys({ type: 'device-changed', id: 'dev-7' });
    expect(keys.some((key) => startsWith(['devices', 'one', 'dev-7'], key))).toBe(true);
    expect(keys.some((key) => startsWith(['devices', 'one', 'dev-8'], key))).toBe(false);
  });
  it('without an id makes all of its kind old', () => {
    const keys = staleKeys({ type: 'rollout-changed' });
    expect(keys.some((key) => startsWith(['rollouts', 'one', 'r-1'], key))).toBe(true);
  });
  it('about a gap makes everything but the session old', () => {
    const keys = staleKeys({ type: 'gap' });
    expect(keys.some((key) => startsWith(['devices', 'list', {}], key))).toBe(true);
    expect(keys.some((key) => startsWith(['session'], key))).toBe(false);
  });
});

describe('a list', () => {
  it('of one page is asked for again once a second, of ten pages every ten', () => {
    expect(mayRefetch(1, 999)).toBe(false);
    expect(mayRefetch(1, 1000)).toBe(true);
    expect(mayRefetch(10, 9000)).toBe(false);
    expect(mayRefetch(10, 10_000)).toBe(true);
  });
});
