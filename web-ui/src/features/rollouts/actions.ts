import type { Catalogue, Formats } from '../../i18n';
import { mainPrevious, type Rollout, type RolloutState, VERBS, type Verb } from './model';

export interface Action {
  readonly verb: Verb;
  readonly enabled: boolean;
  /** Why it cannot be used, for the tooltip; the server's own words where it gave them. */
  readonly why: string | undefined;
  readonly dangerous: boolean;
}

const SHOWN: Record<RolloutState, readonly Verb[]> = {
  DRAFT: ['start', 'abort'],
  READY: ['start', 'abort'],
  RUNNING: ['pause', 'advance', 'retry-failed', 'rollback', 'abort'],
  PAUSED: ['resume', 'retry-failed', 'rollback', 'abort'],
  ROLLING_BACK: ['abort'],
  ROLLED_BACK: [],
  COMPLETED: [],
  ABORTED: [],
};

/** The buttons of a rollout: those that belong to its state, and any other that the server allows now. */
export function actionsOf(
  rollout: Pick<Rollout, 'state' | 'verbs'>,
  mayOperate: boolean,
  t: Catalogue,
): readonly Action[] {
  return VERBS.filter(
    (verb) => SHOWN[rollout.state].includes(verb) || rollout.verbs[verb]?.allowed === true,
  ).map((verb) => {
    const word = rollout.verbs[verb];
    const enabled = mayOperate && word?.allowed === true;
    return {
      verb,
      enabled,
      why: enabled ? undefined : mayOperate ? (word?.why ?? t.rollout.notNow) : t.rollout.needsRole,
      dangerous: verb === 'rollback' || verb === 'abort',
    };
  });
}

/** What a dangerous verb will do, with counts, before anybody confirms it. */
export function consequences(
  rollout: Rollout,
  verb: 'rollback' | 'abort',
  t: Catalogue,
  f: Formats,
): readonly string[] {
  const { counts, release } = rollout;
  const words = t.rollout.confirm;
  const previous = mainPrevious(rollout);
  if (verb === 'rollback') {
    const name = previous ? `${previous.model} ${previous.version}` : words.rollbackNoPrevious;
    return [
      words.rollbackReturn(counts.healthy, f.integer(counts.healthy), name),
      ...(counts.inFlight > 0 ? [words.inFlight(counts.inFlight, f.integer(counts.inFlight))] : []),
      ...(counts.offline > 0 ? [words.offline(counts.offline, f.integer(counts.offline))] : []),
    ];
  }
  return [
    words.abortKeep(counts.healthy, f.integer(counts.healthy), `${release.model} ${release.version}`),
    ...(counts.inFlight > 0 ? [words.inFlight(counts.inFlight, f.integer(counts.inFlight))] : []),
    ...(counts.pending > 0 ? [words.abortPending(counts.pending, f.integer(counts.pending))] : []),
  ];
}
