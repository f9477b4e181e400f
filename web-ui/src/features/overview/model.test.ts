import { describe, expect, it } from 'vitest';
import { formatsFor } from '../../i18n';
import { cellShade, Overview, severityMark, vitalPoints, vitalRange, vitalValue } from './model';

const en = formatsFor('en');
const vital = (values: readonly (number | undefined)[]) => ({
  metric: 'online',
  series: values.map((value, index) => ({
    at: `2026-01-01T0${index}:00:00Z`,
    ...(value !== undefined && { value }),
  })),
});

describe('a vital', () => {
  it('shows a share in percent, and never more digits than it deserves', () => {
    expect(vitalValue(0.959, 'share', en)).toEqual({ number: '95.9', unit: '%' });
    expect(vitalValue(1, undefined, en)).toEqual({ number: '100', unit: '%' });
    expect(vitalValue(0.4321, 'ms', en)).toEqual({ number: '0.43', unit: 'ms' });
    expect(vitalValue(274.2, 'mJ', en)).toEqual({ number: '274', unit: 'mJ' });
  });
  it('skips the hours without a value', () => {
    expect(vitalPoints(vital([1, undefined, 3])).map((point) => point.value)).toEqual([1, 3]);
  });
  it('has no range without values', () => {
    expect(vitalRange(vital([undefined]))).toBeUndefined();
    expect(vitalRange(vital([2, 5, 3]))).toEqual({ low: 2, high: 5 });
  });
});

describe('the overview', () => {
  it('marks an unknown severity neutrally', () => {
    expect(['failing', 'degraded', 'quarantined', 'news'].map(severityMark)).toEqual([
      'bad',
      'warn',
      'held',
      'waiting',
    ]);
  });
  it('shades the fullest cell most and an empty one not at all', () => {
    expect(cellShade(0, 10)).toBe(0);
    expect(cellShade(10, 10)).toBeGreaterThan(cellShade(1, 10));
  });
  it('accepts an empty fleet', () => {
    const empty = { fleetTotal: 0, states: {}, needsYou: [], matrix: [], vitals: [], rollouts: [] };
    expect(Overview.parse(empty).fleetTotal).toBe(0);
  });
  it('refuses a device state nobody knows, instead of leaving devices out of the sum', () => {
    const odd = {
      fleetTotal: 1,
      states: { SLEEPING: 1 },
      needsYou: [],
      matrix: [],
      vitals: [],
      rollouts: [],
    };
    expect(Overview.safeParse(odd).success).toBe(false);
  });
});
