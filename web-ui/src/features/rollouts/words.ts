import type { Catalogue, Formats } from '../../i18n';
import { type MarkCount, MEMBER_STATES, type MemberState, type SummaryWave } from './model';

export function waveName(wave: Pick<SummaryWave, 'index' | 'name'>, t: Catalogue): string {
  if (wave.name !== undefined && wave.name !== '') return wave.name;
  return wave.index === 0 ? t.rollout.canary : t.rollout.wave(String(wave.index));
}

function isMemberState(word: string): word is MemberState {
  return MEMBER_STATES.some((state) => state === word);
}

/** The marks of a wave in words: “3 healthy and 1 offline”. */
export function marksInWords(marks: readonly MarkCount[], t: Catalogue, f: Formats): string {
  const parts = marks
    .filter((mark) => mark.count > 0)
    .map((mark) => {
      const word = isMemberState(mark.state)
        ? t.phase[mark.state]
        : mark.state === 'OFFLINE'
          ? t.deviceState.OFFLINE
          : mark.state;
      return `${f.integer(mark.count)} ${word.charAt(0).toLocaleLowerCase()}${word.slice(1)}`;
    });
  return parts.length === 0 ? t.app.none : f.list(parts);
}
