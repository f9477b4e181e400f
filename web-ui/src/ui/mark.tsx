import type { ReactNode } from 'react';
import styles from './mark.module.css';

/** A kind is a shape and a colour together, so that no state is told by colour alone. */
export type MarkKind =
  | 'good'
  | 'warn'
  | 'bad'
  | 'busy'
  | 'absent'
  | 'unknown'
  | 'held'
  | 'back'
  | 'waiting'
  | 'paused'
  | 'ended';

export const MARK_KINDS: readonly MarkKind[] = [
  'good',
  'warn',
  'bad',
  'busy',
  'absent',
  'unknown',
  'held',
  'back',
  'waiting',
  'paused',
  'ended',
];

/** The shape in a 12 x 12 box, to be placed inside any svg. */
export function MarkShape({ kind }: { kind: MarkKind }): ReactNode {
  switch (kind) {
    case 'good':
      return <circle cx="6" cy="6" r="4.6" className={styles.good} />;
    case 'warn':
      return <path d="M6 1.2 11.2 10.6H.8z" className={styles.warn} />;
    case 'bad':
      return (
        <path
          d="M3.1 1.3 6 4.2 8.9 1.3 10.7 3.1 7.8 6 10.7 8.9 8.9 10.7 6 7.8 3.1 10.7 1.3 8.9 4.2 6 1.3 3.1z"
          className={styles.bad}
        />
      );
    case 'busy':
      return (
        <>
          <circle cx="6" cy="6" r="4" fill="none" strokeWidth="1.4" className={styles.busyLine} />
          <path d="M6 2a4 4 0 0 1 0 8z" className={styles.busy} />
        </>
      );
    case 'absent':
      return <circle cx="6" cy="6" r="3.9" fill="none" strokeWidth="1.7" className={styles.idleLine} />;
    case 'unknown':
      return (
        <circle
          cx="6"
          cy="6"
          r="3.9"
          fill="none"
          strokeWidth="1.7"
          strokeDasharray="2.4 1.68"
          className={styles.idleLine}
        />
      );
    case 'held':
      return <path d="M6 .9 11.1 6 6 11.1 .9 6z" className={styles.held} />;
    case 'back':
      return <path d="M10.6 1.2v9.6L1.4 6z" className={styles.idle} />;
    case 'waiting':
      return <circle cx="6" cy="6" r="1.7" className={styles.idle} />;
    case 'paused':
      return <path d="M2.5 1.5h2.6v9H2.5zM6.9 1.5h2.6v9H6.9z" className={styles.ink} />;
    case 'ended':
      return <path d="M2.2 5h7.6v2H2.2z" className={styles.idle} />;
  }
}

export function Mark({ kind, size = 12 }: { kind: MarkKind; size?: number }) {
  return (
    <svg className={styles.mark} width={size} height={size} viewBox="0 0 12 12" aria-hidden="true">
      <MarkShape kind={kind} />
    </svg>
  );
}

/** Shape and word, the word in the state's text colour. */
export function MarkedWord({ kind, children }: { kind: MarkKind; children: ReactNode }) {
  return (
    <span className={`${styles.marked} ${styles[`${kind}Text`] ?? ''}`}>
      <Mark kind={kind} />
      <span>{children}</span>
    </span>
  );
}

/** The state's colour for bars and rules; `absent` and `unknown` are hatched. */
export function markBarClass(kind: MarkKind): string {
  return styles[`${kind}Bar`] ?? '';
}
