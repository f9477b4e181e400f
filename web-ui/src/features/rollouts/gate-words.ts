import type { Catalogue, Formats } from '../../i18n';
import type { Evidence, MarkCount, Rollout, WaveGate } from './model';

const GATE_ORDER = [
  'canary',
  'install',
  'link',
  'errors',
  'latency',
  'energy',
  'agreement',
  'memory',
  'temperature',
];

export interface GateRow {
  readonly gate: string;
  readonly title: string;
  readonly limit: string | undefined;
}

/** The rows of the matrix: the rollout's gates, and any gate a wave was judged by though it is not listed. */
export function gateRows(rollout: Pick<Rollout, 'gates' | 'waves'>): readonly GateRow[] {
  const listed = rollout.gates.map(({ gate, title, limitSentence }) => ({
    gate,
    title: title ?? gate,
    limit: limitSentence,
  }));
  const unlisted = rollout.waves
    .flatMap((wave) => wave.gates.map((judged) => judged.gate))
    .filter((gate, place, all) => all.indexOf(gate) === place && !listed.some((row) => row.gate === gate))
    .map((gate) => ({ gate, title: gate, limit: undefined }));
  const rank = (gate: string) => {
    const place = GATE_ORDER.indexOf(gate);
    return place < 0 ? GATE_ORDER.length : place;
  };
  return [...listed, ...unlisted].sort((a, b) => rank(a.gate) - rank(b.gate));
}

export interface EvidenceWords {
  readonly value: string;
  readonly rest: string;
}

export function evidenceWords(evidence: Evidence, t: Catalogue, f: Formats): EvidenceWords {
  const words = t.rollout.evidence;
  switch (evidence.kind) {
    case 'count':
      return {
        value:
          evidence.good > evidence.needed
            ? words.countAll(f.integer(evidence.good))
            : words.countValue(f.integer(evidence.good), f.integer(evidence.needed)),
        rest: words.countRest(f.integer(evidence.bad), f.integer(evidence.pending)),
      };
    case 'likelihoodRatio':
      return {
        value: words.ratioValue(f.decimal(evidence.llr, 2)),
        rest: words.ratioRest(
          f.decimal(evidence.acceptAt, 2),
          f.decimal(evidence.rejectAt, 2),
          f.integer(evidence.n),
        ),
      };
    case 'interval':
      return {
        value: words.intervalValue(f.decimal(evidence.lower, 3), f.decimal(evidence.upper, 3)),
        rest: words.intervalRest(f.decimal(evidence.limit, 3), f.integer(evidence.n)),
      };
  }
}

/** Counted devices as marks, for a gate that counts. */
export function evidenceMarks(evidence: Evidence | undefined): readonly MarkCount[] {
  if (evidence?.kind !== 'count') return [];
  return [
    { state: 'HEALTHY', count: evidence.good },
    { state: 'FAILED', count: evidence.bad },
    { state: 'PENDING', count: evidence.pending },
  ];
}

/** The digits a value of this gate's history is shown with. */
export function historyValue(gate: Pick<WaveGate, 'evidence'>, value: number, f: Formats): string {
  return gate.evidence?.kind === 'count' ? f.integer(value) : f.decimal(value, 2);
}
