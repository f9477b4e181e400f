import { Link } from '@tanstack/react-router';
import type { CSSProperties } from 'react';
import { useTexts } from '../../i18n';
import { MarkedWord } from '../../ui/mark';
import { type RolloutSummary, rolloutMark, rolloutTitle, statesOf, waveMark } from './model';
import { devicesPerMark } from './ribbon';
import { Ribbon } from './ribbon-view';
import styles from './rollout-card.module.css';
import { marksInWords, waveName } from './words';

const MOST_MARKS_SMALL = 40;

/** A rollout in one row: what it is, why it is where it is, and its waves as a small ribbon. */
export function RolloutCard({ rollout }: { rollout: RolloutSummary }) {
  const { t, f } = useTexts();
  const perMark = devicesPerMark(Math.max(1, ...rollout.waves.map((wave) => wave.size)), MOST_MARKS_SMALL);
  const { counts } = rollout;
  return (
    <article className={styles.card}>
      <div className={styles.words}>
        <p>
          <Link to="/rollouts/$id" params={{ id: rollout.id }} className={styles.title}>
            {rolloutTitle(rollout)}
          </Link>
        </p>
        <p className={styles.state}>
          <MarkedWord kind={rolloutMark(rollout.state)}>{t.rolloutState[rollout.state]}</MarkedWord>
          <Link
            to="/rollouts/$id"
            params={{ id: rollout.id }}
            search={{ state: statesOf('healthy') }}
            className="plain-link"
          >
            {t.rollout.healthyOf(f.integer(counts.healthy), f.integer(counts.eligible))}
          </Link>
        </p>
        {rollout.stateReason && <p className={styles.reason}>{rollout.stateReason.sentence}</p>}
      </div>
      <ol className={styles.waves}>
        {rollout.waves.map((wave) => {
          const size: CSSProperties = { flexGrow: Math.max(1, Math.sqrt(wave.size)) };
          return (
            <li key={wave.index} style={size} className={styles.wave} data-mark={waveMark(wave.state)}>
              <p className={styles.waveName}>
                {waveName(wave, t)} <span className="muted">{t.waveState[wave.state]}</span>
              </p>
              <Ribbon marks={wave.marks} perMark={perMark} />
              <span className="visually-hidden">{marksInWords(wave.marks, t, f)}</span>
            </li>
          );
        })}
      </ol>
    </article>
  );
}
