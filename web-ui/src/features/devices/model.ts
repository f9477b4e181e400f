import * as z from 'zod/mini';
import type { MarkKind } from '../../ui/mark';

export const DEVICE_STATES = [
  'HEALTHY',
  'DEGRADED',
  'FAILING',
  'UPDATING',
  'OFFLINE',
  'UNKNOWN',
  'QUARANTINED',
  'RETIRED',
] as const;
export const DeviceState = z.enum(DEVICE_STATES);
export type DeviceState = z.infer<typeof DeviceState>;

export const DEVICE_KINDS = ['REAL', 'REPLAY', 'SIMULATED'] as const;
export const DeviceKind = z.enum(DEVICE_KINDS);
export type DeviceKind = z.infer<typeof DeviceKind>;

const ArtifactRef = z.object({
  sha256: z.string(),
  releaseId: z.optional(z.string()),
  model: z.string(),
  version: z.string(),
  factory: z.optional(z.boolean()),
});
export type ArtifactRef = z.infer<typeof ArtifactRef>;

const Attempt = z.object({
  attemptId: z.string(),
  artifactSha256: z.string(),
  phase: z.string(),
  reason: z.optional(z.string()),
  detail: z.optional(z.string()),
  bytesDone: z.number(),
  bytesTotal: z.number(),
  probationSeconds: z.number(),
  probationInferences: z.number(),
  chunksWritten: z.number(),
  chunksRepeated: z.number(),
  chunksRefused: z.number(),
  encoding: z.optional(z.string()),
  bytesOnWire: z.number(),
  updatedAt: z.optional(z.string()),
});
export type Attempt = z.infer<typeof Attempt>;

export const INPUT_STATES = ['FLOWING', 'STALLED', 'DEAD', 'FLOODING'] as const;
export const InputState = z.enum(INPUT_STATES);
export type InputState = z.infer<typeof InputState>;

const SlotInput = z.object({
  state: InputState,
  reason: z.optional(z.string()),
  since: z.string(),
});
export type SlotInput = z.infer<typeof SlotInput>;

/** What comes on again by itself warns; what is gone until somebody comes is bad. */
export function inputMark(state: InputState): MarkKind {
  switch (state) {
    case 'FLOWING':
      return 'good';
    case 'STALLED':
    case 'FLOODING':
      return 'warn';
    case 'DEAD':
      return 'bad';
  }
}

const ReportedShadow = z.object({
  attemptId: z.string(),
  artifactSha256: z.string(),
  phase: z.string(),
  reason: z.optional(z.string()),
  detail: z.optional(z.string()),
  bytesDone: z.number(),
  bytesTotal: z.number(),
  seconds: z.number(),
  compared: z.number(),
  updatedAt: z.string(),
});
export type ReportedShadow = z.infer<typeof ReportedShadow>;

const Slot = z.object({
  slot: z.string(),
  active: z.optional(ArtifactRef),
  previous: z.optional(ArtifactRef),
  attempt: z.optional(Attempt),
  input: z.optional(SlotInput),
  askedByApplications: z.optional(z.number()),
  inputDropped: z.optional(z.number()),
  shadow: z.optional(ReportedShadow),
});
export type Slot = z.infer<typeof Slot>;

export const Device = z.object({
  id: z.string(),
  kind: DeviceKind,
  state: DeviceState,
  stateReason: z.optional(z.string()),
  hardwareClass: z.string(),
  agentVersion: z.optional(z.string()),
  lastSeen: z.optional(z.string()),
  online: z.boolean(),
  slots: z.array(Slot),
  latencyP95Millis: z.optional(z.number()),
  energyMillijoulesPerInference: z.optional(z.number()),
  energyLabel: z.optional(z.string()),
});
export type Device = z.infer<typeof Device>;

export const DeviceDetail = z.extend(Device, {
  trouble: z.optional(z.object({ code: z.string(), sentence: z.string() })),
  facts: z.optional(
    z.object({
      arch: z.optional(z.string()),
      libc: z.optional(z.string()),
      os: z.optional(z.string()),
      ramBytes: z.optional(z.number()),
      flashFreeBytes: z.optional(z.number()),
      board: z.optional(z.string()),
      runtimes: z.optional(z.array(z.object({ name: z.string(), version: z.optional(z.string()) }))),
    }),
  ),
  desiredSeq: z.optional(z.number()),
  reportedDesiredSeq: z.optional(z.number()),
  onlineSeconds: z.optional(z.number()),
});
export type DeviceDetail = z.infer<typeof DeviceDetail>;

const Counts = z.record(z.string(), z.number());

export const DevicePage = z.object({
  items: z.array(Device),
  total: z.number(),
  fleetTotal: z.number(),
  nextCursor: z.optional(z.string()),
  facets: z.object({ state: Counts, hardware: Counts, version: Counts }),
});
export type DevicePage = z.infer<typeof DevicePage>;

export const DeviceEvents = z.object({
  items: z.array(
    z.object({
      at: z.string(),
      code: z.string(),
      severity: z.optional(z.string()),
      slot: z.optional(z.string()),
      detail: z.optional(z.string()),
    }),
  ),
});
export type DeviceEvent = z.infer<typeof DeviceEvents>['items'][number];

export function deviceMark(state: DeviceState): MarkKind {
  switch (state) {
    case 'HEALTHY':
      return 'good';
    case 'DEGRADED':
      return 'warn';
    case 'FAILING':
      return 'bad';
    case 'UPDATING':
      return 'busy';
    case 'OFFLINE':
      return 'absent';
    case 'UNKNOWN':
      return 'unknown';
    case 'QUARANTINED':
      return 'held';
    case 'RETIRED':
      return 'ended';
  }
}

export function severityMark(severity: string | undefined): MarkKind {
  switch (severity?.toUpperCase()) {
    case 'ERROR':
    case 'CRITICAL':
      return 'bad';
    case 'WARN':
    case 'WARNING':
      return 'warn';
    default:
      return 'waiting';
  }
}

export function isShown(counts: Readonly<Record<string, number>>, state: DeviceState): boolean {
  return (
    (counts[state] ?? 0) > 0 || ['HEALTHY', 'DEGRADED', 'FAILING', 'UPDATING', 'OFFLINE'].includes(state)
  );
}

/** A share of a whole that may not be known yet. */
export function shareDone(done: number, total: number): number {
  if (!(total > 0)) return 0;
  return Math.min(1, Math.max(0, done / total));
}
