import { describe, expect, it } from 'vitest';
import { en } from '../../i18n/en';
import { formatsFor } from '../../i18n/format';
import { evidenceWords, gateRows } from './gate-words';
import { marksInWords, waveName } from './words';

const f = formatsFor('en');

describe('the gates of a rollout', () => {
  it('stand in a fixed order, the canary first', () => {
    const rows = gateRows({ gates: [{ gate: 'install' }, { gate: 'canary', title: 'Canary' }], waves: [] });
    expect(rows.map((row) => [row.gate, row.title])).toEqual([
      ['canary', 'Canary'],
      ['install', 'install'],
    ]);
  });
  it('leave out no gate that judged a wave', () => {
    const wave = { index: 0, size: 1, state: 'OPEN' as const, marks: [] };
    const rows = gateRows({
      gates: [],
      waves: [{ ...wave, gates: [{ gate: 'odd', verdict: 'FAIL', history: [] }] }],
    });
    expect(rows.map((row) => row.gate)).toEqual(['odd']);
  });
});

describe('evidence in words', () => {
  it('says how many of how many', () => {
    expect(evidenceWords({ kind: 'count', good: 2, bad: 1, pending: 0, needed: 3 }, en, f)).toEqual({
      value: '2 of 3 good',
      rest: '1 bad, 0 pending',
    });
  });
  it('names no goal that is already passed', () => {
    const words = evidenceWords({ kind: 'count', good: 3, bad: 0, pending: 0, needed: 1 }, en, f);
    expect(words.value).toBe('3 good');
  });
  it('names both bounds of a ratio', () => {
    const words = evidenceWords(
      { kind: 'likelihoodRatio', llr: 1.5, acceptAt: -2.9, rejectAt: 4.61, n: 12 },
      en,
      f,
    );
    expect(words.rest).toBe('pass at −2.90, stop at 4.61, n = 12');
  });
});

describe('a wave in words', () => {
  it('has a name even when nobody gave it one', () => {
    expect([
      waveName({ index: 0 }, en),
      waveName({ index: 2, name: '' }, en),
      waveName({ index: 1, name: 'Lab' }, en),
    ]).toEqual(['Canary', 'Wave 2', 'Lab']);
  });
  it('says its marks', () => {
    expect(
      marksInWords(
        [
          { state: 'HEALTHY', count: 3 },
          { state: 'FAILED', count: 0 },
          { state: 'OFFLINE', count: 1 },
        ],
        en,
        f,
      ),
    ).toBe('3 healthy and 1 offline');
    expect(marksInWords([], en, f)).toBe('none');
  });
});
