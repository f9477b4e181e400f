import { MARK_KINDS, type MarkKind } from '../../ui/mark';
import { type MarkCount, MEMBER_STATES, type MemberState, memberMark } from './model';

const MOST_MARKS = 96;
const STEPS = [1, 2, 5];

/** How many devices one mark stands for, so that the largest wave still fits: 1, 2, 5, 10, 20, 50 … */
export function devicesPerMark(largestWave: number, most = MOST_MARKS): number {
  for (let power = 1; ; power *= 10) {
    for (const step of STEPS) {
      if (largestWave <= step * power * most) return step * power;
    }
  }
}

export interface MarkRun {
  readonly state: string;
  readonly kind: MarkKind;
  readonly count: number;
  readonly marks: number;
}

const ORDER: readonly MarkKind[] = ['good', 'back', 'bad', 'busy', 'absent', 'waiting', 'ended'];

function rank(kind: MarkKind): number {
  const place = ORDER.indexOf(kind);
  return place < 0 ? ORDER.length + MARK_KINDS.indexOf(kind) : place;
}

function isMemberState(word: string): word is MemberState {
  return MEMBER_STATES.some((state) => state === word);
}

function kindOf(state: string): MarkKind {
  const word = state.toUpperCase();
  if (word === 'OFFLINE') return 'absent';
  return isMemberState(word) ? memberMark(word) : 'waiting';
}

/**
 * The runs of equal marks of one wave, done first, waiting last. A group that is smaller than one mark still
 * gets one: a single failed device among ten thousand must not vanish.
 */
export function markRuns(marks: readonly MarkCount[], perMark: number): readonly MarkRun[] {
  return marks
    .filter((mark) => mark.count > 0)
    .map((mark) => ({
      state: mark.state,
      kind: kindOf(mark.state),
      count: mark.count,
      marks: Math.max(1, Math.round(mark.count / perMark)),
    }))
    .sort((a, b) => rank(a.kind) - rank(b.kind));
}
