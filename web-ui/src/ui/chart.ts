/** Geometry of the small and large charts: plain numbers in, path strings and ticks out. */

export interface Point {
  readonly at: number;
  readonly value: number;
}

export interface Domain {
  readonly from: number;
  readonly to: number;
}

export interface Tick {
  readonly value: number;
  readonly offset: number;
}

/** The smallest domain that holds all values, widened a little; a flat series gets room on both sides. */
export function domainOf(values: readonly number[], margin = 0.08): Domain {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0) return { from: 0, to: 1 };
  const low = Math.min(...finite);
  const high = Math.max(...finite);
  if (low === high) {
    const room = Math.max(Math.abs(low) * 0.1, 0.5);
    return { from: low - room, to: high + room };
  }
  const room = (high - low) * margin;
  return { from: low - room, to: high + room };
}

export function scale(domain: Domain, from: number, to: number): (value: number) => number {
  const span = domain.to - domain.from || 1;
  return (value) => from + ((value - domain.from) / span) * (to - from);
}

export function linePath(
  points: readonly Point[],
  x: (at: number) => number,
  y: (value: number) => number,
): string {
  return points
    .map((point, index) => `${index === 0 ? 'M' : 'L'}${x(point.at).toFixed(1)} ${y(point.value).toFixed(1)}`)
    .join('');
}

/** Round steps of 1, 2 or 5 times a power of ten, at most `most` of them inside the domain. */
export function roundTicks(domain: Domain, most: number): number[] {
  const span = domain.to - domain.from;
  if (!(span > 0) || most < 1) return [];
  const rough = span / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  const ticks: number[] = [];
  for (let index = Math.ceil(domain.from / step); index * step <= domain.to + step * 1e-9; index += 1) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
}

/** At most `most` points, keeping the first, the last and each bucket's extremes, so that no spike is lost. */
export function thin(points: readonly Point[], most: number): readonly Point[] {
  if (points.length <= most || most < 4) return points;
  const buckets = Math.floor((most - 2) / 2);
  const inner = points.slice(1, -1);
  const kept: Point[] = points.slice(0, 1);
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const part = inner.slice(
      Math.floor((bucket * inner.length) / buckets),
      Math.floor(((bucket + 1) * inner.length) / buckets),
    );
    const first = part[0];
    if (first === undefined) continue;
    const low = part.reduce((best, point) => (point.value < best.value ? point : best), first);
    const high = part.reduce((best, point) => (point.value > best.value ? point : best), first);
    kept.push(...(low === high ? [low] : low.at <= high.at ? [low, high] : [high, low]));
  }
  return [...kept, ...points.slice(-1)];
}

/** Ticks on whole numbers only, for an axis that counts. */
export function wholeTicks(domain: Domain, most: number): number[] {
  return roundTicks(domain, most).filter(Number.isInteger);
}
