import { useTexts } from '../../i18n';
import { Ago } from '../../page';
import { MarkedWord } from '../../ui/mark';
import styles from './device.module.css';
import type { Attempt, ReportedShadow } from './model';
import { phaseMark, phaseWord } from './phase';

/** How far an attempt of either kind has come, since when, and why it stands there. */
export function PhaseLine({ attempt }: { attempt: Attempt | ReportedShadow }) {
  const { t } = useTexts();
  return (
    <>
      <p>
        <MarkedWord kind={phaseMark(attempt.phase)}>{phaseWord(attempt.phase, t)}</MarkedWord>
        {attempt.updatedAt !== undefined && (
          <span className="muted">
            {' '}
            · <Ago at={attempt.updatedAt} />
          </span>
        )}
      </p>
      {attempt.detail !== undefined && attempt.detail !== '' && (
        <p className={styles.detail}>
          {attempt.reason !== undefined && attempt.reason !== '' && <code>{attempt.reason} </code>}
          {attempt.detail}
        </p>
      )}
    </>
  );
}
