import { describe, expect, it } from 'vitest';
import { COUNT_WORDS, eventMark, limitsOf, MEMBER_STATES, Rollout, shortId, statesOf } from './model';
import { defaultCell, parseCell, rolloutListSearch, rolloutSearch } from './search';

describe('the address of a rollout', () => {
  it('holds the chosen cell and the filter of the device list', () => {
    expect(rolloutSearch({ cell: '1.install', wave: '0', state: 'FAILED,REJECTED' })).toEqual({
      cell: '1.install',
      wave: 0,
      state: ['FAILED', 'REJECTED'],
    });
  });
  it('drops what makes no sense', () => {
    expect(rolloutSearch({ cell: 'install', wave: '-1', state: 'HAPPY' })).toEqual({});
    expect(rolloutSearch({ wave: 'one' })).toEqual({});
    expect(rolloutListSearch({ state: 'HEALTHY' })).toEqual({});
    expect(parseCell('0.<script>')).toBeUndefined();
  });
});

describe('without a chosen cell', () => {
  const wave = (index: number, ...verdicts: string[]) => ({
    index,
    gates: verdicts.map((verdict, gate) => ({ gate: `g${gate}`, verdict, history: [] as unknown[] })),
  });
  it('the failed one is shown', () => {
    expect(defaultCell([wave(0, 'PASS', 'FAIL'), wave(1, 'INSUFFICIENT')])).toEqual({ wave: 0, gate: 'g1' });
  });
  it('the newest one is shown when none failed', () => {
    expect(defaultCell([wave(0, 'PASS'), wave(1, 'PASS', 'INSUFFICIENT'), wave(2)])).toEqual({
      wave: 1,
      gate: 'g1',
    });
  });
  it('one with a history is preferred to one without', () => {
    const drawn = { gate: 'install', verdict: 'INSUFFICIENT', history: [1] };
    const plain = { gate: 'link', verdict: 'PASS', history: [] };
    expect(defaultCell([{ index: 0, gates: [drawn, plain] }])).toEqual({ wave: 0, gate: 'install' });
  });
  it('none is shown before any was judged', () => {
    expect(defaultCell([wave(0), wave(1)])).toBeUndefined();
  });
});

describe('a count', () => {
  it('belongs to exactly one list, and the lists leave no state out', () => {
    const covered = COUNT_WORDS.flatMap((word) => statesOf(word));
    expect([...covered].sort()).toEqual([...MEMBER_STATES].sort());
  });
});

describe('evidence', () => {
  it('is read against the limits of its kind', () => {
    expect(limitsOf({ kind: 'likelihoodRatio', llr: 0, acceptAt: -2.9, rejectAt: 4.6, n: 3 })).toEqual([
      { word: 'stop', value: 4.6, kind: 'stop' },
      { word: 'pass', value: -2.9, kind: 'pass' },
    ]);
  });
});

describe('a rollout from the server', () => {
  const base = {
    id: 'r',
    state: 'RUNNING',
    release: { id: 'x', model: 'm', version: '1' },
    slot: 'vad',
    author: 'admin',
    createdAt: '2026-01-01T00:00:00Z',
    counts: {},
    version: 1,
  };
  it('may leave out what has not happened yet', () => {
    const rollout = Rollout.parse({ ...base, waves: [{ index: 0, size: 1, state: 'WAITING' }] });
    expect(rollout.waves[0]?.gates).toEqual([]);
    expect(rollout.counts.eligible).toBe(0);
  });
  it('with a state nobody knows is refused', () => {
    expect(Rollout.safeParse({ ...base, state: 'SLEEPING', waves: [] }).success).toBe(false);
  });
});

describe('words', () => {
  it('mark a verdict by what it says', () => {
    expect(eventMark('verdict', 'Gate canary says FAIL: one failed')).toBe('bad');
    expect(eventMark('verdict', 'Gate link says PASS')).toBe('good');
  });
  it('shorten an id to the part in which neighbours differ', () => {
    expect(shortId('0190f3a2-7c11-7b3e-9d2c-1f2e3d4c5b6a')).toBe('4c5b6a');
  });
  it('mark events by their kind', () => {
    expect(
      ['wave-passed', 'gate-failed', 'rollback', 'paused', 'something'].map((kind) => eventMark(kind)),
    ).toEqual(['good', 'bad', 'back', 'paused', 'waiting']);
  });
});
