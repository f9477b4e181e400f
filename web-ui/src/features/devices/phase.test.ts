import { describe, expect, it } from 'vitest';
import { en } from '../../i18n/en';
import { phaseMark, phaseWord, wayWord } from './phase';

describe('the phase of an attempt', () => {
  it('has a word and a mark, with or without the prefix of the wire', () => {
    expect([phaseWord('PHASE_ROLLED_BACK', en), phaseMark('PHASE_ROLLED_BACK')]).toEqual([
      'Rolled back',
      'back',
    ]);
    expect([phaseWord('DOWNLOADING', en), phaseMark('DOWNLOADING')]).toEqual(['Downloading', 'busy']);
  });
  it('is shown as written when this console does not know it', () => {
    expect(phaseWord('WARMING_UP', en)).toBe('warming up');
  });
});

describe('the way the bytes came', () => {
  it('has a word, or is shown as written', () => {
    expect(wayWord('TD1', en)).toBe('as a delta to the model it held');
    expect(wayWord('TD9', en)).toBe('td9');
  });
});
