import * as z from 'zod/mini';
import type { Formats } from '../../i18n';
import { type Point, thin } from '../../ui/chart';
import type { MarkKind } from '../../ui/mark';
import { DeviceState } from '../devices';
import { RolloutSummary } from '../rollouts';

const NeedsYou = z.object({
  severity: z.string(),
  title: z.string(),
  sentence: z.optional(z.string()),
  link: z.optional(z.object({ label: z.string(), path: z.string() })),
});
export type NeedsYou = z.infer<typeof NeedsYou>;

const Matrix = z.object({
  model: z.string(),
  versions: z.array(z.string()),
  rows: z.array(z.object({ hardwareClass: z.string(), counts: z.array(z.number()) })),
});
export type Matrix = z.infer<typeof Matrix>;

export const METRICS = ['online', 'latencyP95', 'energy', 'failures'] as const;
export type Metric = (typeof METRICS)[number];

const Vital = z.object({
  metric: z.string(),
  value: z.optional(z.number()),
  unit: z.optional(z.string()),
  label: z.optional(z.string()),
  series: z._default(z.array(z.object({ at: z.string(), value: z.optional(z.number()) })), []),
});
export type Vital = z.infer<typeof Vital>;

export const Overview = z.object({
  fleetTotal: z.number(),
  states: z.partialRecord(DeviceState, z.number()),
  kinds: z._default(z.record(z.string(), z.number()), {}),
  needsYou: z.array(NeedsYou),
  matrix: z.array(Matrix),
  vitals: z.array(Vital),
  rollouts: z.array(RolloutSummary),
});
export type Overview = z.infer<typeof Overview>;

export const ModelList = z.object({
  items: z.array(
    z.object({ name: z.string(), releases: z._default(z.array(z.object({ id: z.string() })), []) }),
  ),
});

export function severityMark(severity: string): MarkKind {
  switch (severity) {
    case 'failing':
      return 'bad';
    case 'degraded':
      return 'warn';
    case 'quarantined':
      return 'held';
    default:
      return 'waiting';
  }
}

export function vitalPoints(vital: Vital): readonly Point[] {
  return vital.series.flatMap(({ at, value }) => {
    const time = Date.parse(at);
    return value === undefined || !Number.isFinite(time) ? [] : [{ at: time, value }];
  });
}

const MOST_POINTS = 96;

/** The vital in words: what the sparkline shows, for those who do not see it. */
export function vitalRange(vital: Vital): { low: number; high: number } | undefined {
  const points = thin(vitalPoints(vital), MOST_POINTS);
  if (points.length === 0) return undefined;
  const values = points.map((point) => point.value);
  return { low: Math.min(...values), high: Math.max(...values) };
}

/** A number with as many digits as it deserves, and its unit; shares are shown in percent. */
export function vitalValue(
  value: number,
  unit: string | undefined,
  f: Formats,
): { number: string; unit: string } {
  if (unit === undefined || unit === 'share' || unit === '1') {
    return { number: f.decimal(value * 100, value >= 0.9995 || value === 0 ? 0 : 1), unit: '%' };
  }
  const size = Math.abs(value);
  return { number: f.decimal(value, size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : 2), unit };
}

/** How dark a cell of the matrix is, by its part of the largest. */
export function cellShade(count: number, largest: number): number {
  if (largest <= 0 || count <= 0) return 0;
  return 0.03 + 0.13 * (count / largest);
}

export interface StateCount {
  readonly state: DeviceState;
  readonly count: number;
}

export interface StepsDone {
  readonly device: boolean;
  readonly model: boolean;
  readonly rollout: boolean;
}

export function allDone(steps: StepsDone): boolean {
  return steps.device && steps.model && steps.rollout;
}
