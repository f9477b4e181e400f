import { describe, expect, it } from 'vitest';
import { type Comparison, newestOf, type WantedShadow } from './shadow';

const shadow: WantedShadow = {
  slot: 'vad',
  attemptId: 'a',
  model: 'silero-vad',
  version: '6.0.0',
  artifactSha256: 'ff',
  share: 1,
  startedAt: '2026-03-01T12:00:00Z',
  startedBy: 'olga',
};

function comparison(over: Partial<Comparison>): Comparison {
  return {
    slot: 'vad',
    attemptId: 'a',
    activeSha256: '00',
    compared: 1,
    dropped: 0,
    warmUp: 0,
    notComparable: 0,
    failed: 0,
    lastAt: '2026-03-01T12:00:00Z',
    agreements: [],
    ...over,
  };
}

describe('the comparison that is shown', () => {
  it('is the newest of this attempt in this slot', () => {
    const before = comparison({ activeSha256: '01' });
    const now = comparison({ activeSha256: '02', lastAt: '2026-03-01T13:00:00Z' });
    expect(newestOf([now, before], shadow)).toBe(now);
    expect(newestOf([before, now], shadow)).toBe(now);
  });

  it('is none of another attempt or another slot', () => {
    expect(newestOf([comparison({ attemptId: 'b' }), comparison({ slot: 'cam' })], shadow)).toBeUndefined();
    expect(newestOf([], shadow)).toBeUndefined();
  });
});
