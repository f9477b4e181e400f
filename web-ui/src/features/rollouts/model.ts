import * as z from 'zod/mini';
import type { Point } from '../../ui/chart';
import type { MarkKind } from '../../ui/mark';

export const ROLLOUT_STATES = [
  'DRAFT',
  'READY',
  'RUNNING',
  'PAUSED',
  'ROLLING_BACK',
  'ROLLED_BACK',
  'COMPLETED',
  'ABORTED',
] as const;
export const RolloutState = z.enum(ROLLOUT_STATES);
export type RolloutState = z.infer<typeof RolloutState>;

export const WAVE_STATES = ['WAITING', 'OPEN', 'SOAKING', 'PASSED', 'FAILED', 'SKIPPED'] as const;
export type WaveState = (typeof WAVE_STATES)[number];

export const MEMBER_STATES = [
  'PENDING',
  'OFFERED',
  'DOWNLOADING',
  'VERIFIED',
  'SHADOWING',
  'ACTIVATING',
  'PROBATION',
  'HEALTHY',
  'FAILED',
  'ROLLED_BACK',
  'REJECTED',
  'TIMED_OUT',
  'IDLE',
  'CANCELLED',
  'SKIPPED',
] as const;
export const MemberState = z.enum(MEMBER_STATES);
export type MemberState = z.infer<typeof MemberState>;

/** The words under which a rollout counts its devices. `offline` counts across the other words. */
export const COUNT_WORDS = [
  'healthy',
  'inFlight',
  'pending',
  'failed',
  'rolledBack',
  'rejected',
  'timedOut',
  'idle',
  'cancelled',
  'skipped',
] as const;
export type CountWord = (typeof COUNT_WORDS)[number];

const amount = z._default(z.number(), 0);
const Counts = z.object({
  eligible: amount,
  pending: amount,
  inFlight: amount,
  healthy: amount,
  failed: amount,
  rolledBack: amount,
  rejected: amount,
  timedOut: amount,
  idle: amount,
  cancelled: amount,
  skipped: amount,
  offline: amount,
});
export type Counts = z.infer<typeof Counts>;

const MarkCount = z.object({ state: z.string(), count: z.number() });
export type MarkCount = z.infer<typeof MarkCount>;

const History = z._default(z.array(z.object({ at: z.string(), value: z.number() })), []);

const Evidence = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('count'),
    good: z.number(),
    bad: z.number(),
    pending: z.number(),
    needed: z.number(),
  }),
  z.object({
    kind: z.literal('likelihoodRatio'),
    llr: z.number(),
    acceptAt: z.number(),
    rejectAt: z.number(),
    n: z.number(),
  }),
  z.object({
    kind: z.literal('interval'),
    lower: z.number(),
    upper: z.number(),
    limit: z.number(),
    n: z.number(),
  }),
]);
export type Evidence = z.infer<typeof Evidence>;

export const Verdict = z.enum(['PASS', 'FAIL', 'INSUFFICIENT']);
export type Verdict = z.infer<typeof Verdict>;

const WaveGate = z.object({
  gate: z.string(),
  verdict: Verdict,
  sentence: z.optional(z.string()),
  evidence: z.optional(Evidence),
  at: z.optional(z.string()),
  history: History,
});
export type WaveGate = z.infer<typeof WaveGate>;

const SummaryWave = z.object({
  index: z.number(),
  name: z.optional(z.string()),
  size: z.number(),
  state: z.enum(WAVE_STATES),
  marks: z._default(z.array(MarkCount), []),
});
export type SummaryWave = z.infer<typeof SummaryWave>;

const Wave = z.extend(SummaryWave, {
  openedAt: z.optional(z.string()),
  soakEndsAt: z.optional(z.string()),
  counts: z.optional(Counts),
  received: z.optional(z.object({ devices: z.number(), bytesDone: z.number(), bytesTotal: z.number() })),
  gates: z._default(z.array(WaveGate), []),
});
export type Wave = z.infer<typeof Wave>;

const Release = z.object({ id: z.string(), model: z.string(), version: z.string() });

export const RolloutSummary = z.object({
  id: z.string(),
  name: z.optional(z.string()),
  state: RolloutState,
  stateReason: z.optional(z.object({ code: z.optional(z.string()), sentence: z.string() })),
  release: Release,
  slot: z.string(),
  author: z.string(),
  createdAt: z.string(),
  startedAt: z.optional(z.string()),
  endedAt: z.optional(z.string()),
  counts: Counts,
  waves: z.array(SummaryWave),
});
export type RolloutSummary = z.infer<typeof RolloutSummary>;

export const VERBS = ['start', 'pause', 'resume', 'advance', 'retry-failed', 'rollback', 'abort'] as const;
export type Verb = (typeof VERBS)[number];

export const Rollout = z.extend(RolloutSummary, {
  version: z.number(),
  from: z._default(z.array(z.object({ model: z.string(), version: z.string(), devices: z.number() })), []),
  excluded: z._default(
    z.array(z.object({ reason: z.string(), sentence: z.optional(z.string()), count: z.number() })),
    [],
  ),
  waves: z.array(Wave),
  gates: z._default(
    z.array(
      z.object({ gate: z.string(), title: z.optional(z.string()), limitSentence: z.optional(z.string()) }),
    ),
    [],
  ),
  verbs: z._default(
    z.record(z.string(), z.object({ allowed: z.boolean(), why: z.optional(z.string()) })),
    {},
  ),
});
export type Rollout = z.infer<typeof Rollout>;

export const RolloutList = z.object({ items: z.array(RolloutSummary), total: z.number() });

export const MemberPage = z.object({
  items: z.array(
    z.object({
      deviceId: z.string(),
      wave: z.number(),
      offerOrder: z.optional(z.number()),
      state: MemberState,
      reason: z.optional(z.string()),
      detail: z.optional(z.string()),
      bytesDone: z._default(z.number(), 0),
      bytesTotal: z._default(z.number(), 0),
      updatedAt: z.optional(z.string()),
      online: z.optional(z.boolean()),
    }),
  ),
  total: z.number(),
  nextCursor: z.optional(z.string()),
});
export type Member = z.infer<typeof MemberPage>['items'][number];

export const RolloutEvents = z.object({
  items: z.array(
    z.object({
      id: z.coerce.string(),
      at: z.string(),
      actor: z.optional(z.string()),
      kind: z.string(),
      sentence: z.string(),
      wave: z.optional(z.number()),
      deviceId: z.optional(z.string()),
    }),
  ),
});
export type RolloutEvent = z.infer<typeof RolloutEvents>['items'][number];

export function rolloutMark(state: RolloutState): MarkKind {
  switch (state) {
    case 'DRAFT':
    case 'READY':
      return 'waiting';
    case 'RUNNING':
      return 'busy';
    case 'PAUSED':
      return 'paused';
    case 'ROLLING_BACK':
    case 'ROLLED_BACK':
      return 'back';
    case 'COMPLETED':
      return 'good';
    case 'ABORTED':
      return 'ended';
  }
}

export function waveMark(state: WaveState): MarkKind {
  switch (state) {
    case 'WAITING':
      return 'waiting';
    case 'OPEN':
    case 'SOAKING':
      return 'busy';
    case 'PASSED':
      return 'good';
    case 'FAILED':
      return 'bad';
    case 'SKIPPED':
      return 'ended';
  }
}

export function memberMark(state: MemberState): MarkKind {
  switch (state) {
    case 'PENDING':
      return 'waiting';
    case 'OFFERED':
    case 'DOWNLOADING':
    case 'VERIFIED':
    case 'SHADOWING':
    case 'ACTIVATING':
    case 'PROBATION':
      return 'busy';
    case 'HEALTHY':
      return 'good';
    case 'FAILED':
    case 'REJECTED':
    case 'TIMED_OUT':
      return 'bad';
    case 'ROLLED_BACK':
      return 'back';
    case 'IDLE':
    case 'CANCELLED':
    case 'SKIPPED':
      return 'ended';
  }
}

export function verdictMark(verdict: Verdict): MarkKind {
  switch (verdict) {
    case 'PASS':
      return 'good';
    case 'FAIL':
      return 'bad';
    case 'INSUFFICIENT':
      return 'unknown';
  }
}

/** The states a count is made of, so that its link leads to exactly its devices. */
export function statesOf(word: CountWord): readonly MemberState[] {
  switch (word) {
    case 'pending':
      return ['PENDING'];
    case 'inFlight':
      return ['OFFERED', 'DOWNLOADING', 'VERIFIED', 'SHADOWING', 'ACTIVATING', 'PROBATION'];
    case 'healthy':
      return ['HEALTHY'];
    case 'failed':
      return ['FAILED'];
    case 'rolledBack':
      return ['ROLLED_BACK'];
    case 'rejected':
      return ['REJECTED'];
    case 'timedOut':
      return ['TIMED_OUT'];
    case 'idle':
      return ['IDLE'];
    case 'cancelled':
      return ['CANCELLED'];
    case 'skipped':
      return ['SKIPPED'];
  }
}

/** Eligible are all but the skipped, which were excluded before the start. */
export const ELIGIBLE_STATES: readonly MemberState[] = MEMBER_STATES.filter((state) => state !== 'SKIPPED');

export function markOfCount(word: CountWord): MarkKind {
  const [first] = statesOf(word);
  return first === undefined ? 'waiting' : memberMark(first);
}

/** A version 7 id begins with its time, so neighbours differ only at the end. */
export function shortId(id: string): string {
  return id.length > 8 ? id.slice(-6) : id;
}

export interface Limit {
  readonly word: 'pass' | 'stop' | 'limit' | 'needed';
  readonly value: number;
  readonly kind: 'stop' | 'pass';
}

/** The lines a gate's history is read against. */
export function limitsOf(evidence: Evidence): readonly Limit[] {
  switch (evidence.kind) {
    case 'count':
      return [{ word: 'needed', value: evidence.needed, kind: 'pass' }];
    case 'likelihoodRatio':
      return [
        { word: 'stop', value: evidence.rejectAt, kind: 'stop' },
        { word: 'pass', value: evidence.acceptAt, kind: 'pass' },
      ];
    case 'interval':
      return [{ word: 'limit', value: evidence.limit, kind: 'stop' }];
  }
}

/** The history device by device, in the order of offers: that is the order in which the tests read it. */
export function historyPoints(gate: WaveGate): readonly Point[] {
  return gate.history.map((entry, index) => ({ at: index + 1, value: entry.value }));
}

/** The release most of the devices come from, for the sentence about going back. */
export function mainPrevious(rollout: Rollout): { model: string; version: string } | undefined {
  return [...rollout.from].sort((a, b) => b.devices - a.devices)[0];
}

/** What kind of event it was, for its mark. Unknown kinds get the neutral one. */
export function eventMark(kind: string, sentence = ''): MarkKind {
  const word = kind.toLowerCase();
  if (word === 'verdict')
    return /\bFAIL\b/.test(sentence) ? 'bad' : /\bPASS\b/.test(sentence) ? 'good' : 'unknown';
  if (/fail|reject|timed|refus|excluded/.test(word)) return 'bad';
  if (/roll(ed|ing)?[-_ ]?back/.test(word)) return 'back';
  if (/pass|healthy|complet/.test(word)) return 'good';
  if (/pause/.test(word)) return 'paused';
  if (/abort|cancel|skip|withdraw/.test(word)) return 'ended';
  if (/start|open|resum|offer|soak|advance|retry/.test(word)) return 'busy';
  return 'waiting';
}

/** A rollout's own name, or what it brings. */
export function rolloutTitle(rollout: Pick<RolloutSummary, 'name' | 'release'>): string {
  return rollout.name ?? `${rollout.release.model} ${rollout.release.version}`;
}
