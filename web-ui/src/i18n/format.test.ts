import { describe, expect, it } from 'vitest';
import { formatsFor } from './format';

const NOW = Date.UTC(2026, 0, 10, 12, 0, 0);
const en = formatsFor('en');
const de = formatsFor('de');

describe('formats', () => {
  it('are made once for a language', () => {
    expect(formatsFor('en')).toBe(en);
  });
  it('write numbers as the language does', () => {
    expect(en.integer(10_000)).toBe('10,000');
    expect(de.integer(10_000)).toBe('10.000');
    expect(de.decimal(46.75, 1)).toBe('46,8');
    expect(en.percent(0.9591)).toBe('95.9%');
  });
  it('say how long ago, rounded down', () => {
    expect(en.ago(NOW - 59_999, NOW)).toBe('59 sec ago');
    expect(en.ago(NOW - 119_000, NOW)).toMatch(/^1 ?m(in)? ago$/);
    expect(de.ago(NOW - 3 * 3_600_000, NOW)).toBe('vor 3 Std.');
  });
  it('never speak of the future when clocks disagree', () => {
    expect(en.ago(NOW + 5000, NOW)).toBe('now');
  });
  it('choose the unit of a size and a duration', () => {
    expect(en.bytes(0)).toBe('0 byte');
    expect(en.bytes(2_345_678)).toBe('2.2 MB');
    expect(en.duration(90)).toMatch(/^90 secs?$/);
    expect(en.duration(3600)).toMatch(/^60 mins?$/);
  });
});
