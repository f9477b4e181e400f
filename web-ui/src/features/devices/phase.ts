import type { Catalogue } from '../../i18n';
import type { MarkKind } from '../../ui/mark';

type PhaseWord = keyof Catalogue['phase'];

function isPhaseWord(word: string, t: Catalogue): word is PhaseWord {
  return Object.hasOwn(t.phase, word);
}

function plain(phase: string): string {
  return phase.replace(/^PHASE_/, '');
}

/** The phase of an attempt in words; a phase this console does not know yet is shown as the server wrote it. */
export function phaseWord(phase: string, t: Catalogue): string {
  const word = plain(phase);
  return isPhaseWord(word, t) ? t.phase[word] : word.toLowerCase().replaceAll('_', ' ');
}

/** How the bytes came; a way this console does not know yet is shown as the server wrote it. */
export function wayWord(encoding: string, t: Catalogue): string {
  const { ways } = t.device;
  return Object.hasOwn(ways, encoding) ? ways[encoding as keyof typeof ways] : encoding.toLowerCase();
}

export function phaseMark(phase: string): MarkKind {
  switch (plain(phase)) {
    case 'HEALTHY':
    case 'SHADOWED':
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
    case 'PENDING':
      return 'waiting';
    default:
      return 'busy';
  }
}
