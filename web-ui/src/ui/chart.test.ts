import { describe, expect, it } from 'vitest';
import { domainOf, linePath, roundTicks, scale, thin, wholeTicks } from './chart';

describe('a chart', () => {
  it('gives a flat series room on both sides', () => {
    expect(domainOf([4, 4])).toEqual({ from: 3.5, to: 4.5 });
  });
  it('ignores what is not a number, and survives an empty series', () => {
    expect(domainOf([])).toEqual({ from: 0, to: 1 });
    expect(domainOf([Number.NaN, 1, 3], 0)).toEqual({ from: 1, to: 3 });
  });
  it('draws the y axis upwards when told to', () => {
    const y = scale({ from: 0, to: 10 }, 100, 0);
    expect([y(0), y(5), y(10)]).toEqual([100, 50, 0]);
  });
  it('joins points into one path', () => {
    expect(
      linePath(
        [
          { at: 0, value: 1 },
          { at: 2, value: 3 },
        ],
        (v) => v,
        (v) => v,
      ),
    ).toBe('M0.0 1.0L2.0 3.0');
  });
  it('ticks in round steps, without floating-point dust', () => {
    expect(roundTicks({ from: 0, to: 0.31 }, 4)).toEqual([0, 0.1, 0.2, 0.3]);
    expect(roundTicks({ from: -3.1, to: 4.7 }, 5)).toEqual([-2, 0, 2, 4]);
    expect(roundTicks({ from: 1, to: 1 }, 4)).toEqual([]);
  });
  it('ticks what is counted on whole numbers only', () => {
    expect(wholeTicks({ from: 1, to: 3 }, 8)).toEqual([1, 2, 3]);
    expect(wholeTicks({ from: 0.5, to: 1.5 }, 8)).toEqual([1]);
  });
  it('keeps a single spike when it thins a long series', () => {
    const points = Array.from({ length: 5000 }, (_, at) => ({ at, value: at === 3333 ? 99 : 1 }));
    const thinned = thin(points, 100);
    expect(thinned.length).toBeLessThanOrEqual(100);
    expect(thinned.some((point) => point.value === 99)).toBe(true);
    expect(thinned.at(-1)?.at).toBe(4999);
  });
});
