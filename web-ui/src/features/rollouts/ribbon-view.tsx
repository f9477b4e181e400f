import { MarkShape } from '../../ui/mark';
import type { MarkCount } from './model';
import { markRuns } from './ribbon';
import styles from './ribbon.module.css';

const PITCH = 12;

/**
 * One mark for so many devices, shape-coded. The words beside it say the same, so it is skipped by screen
 * readers. Each run is one svg, wrapped by the browser like words in a line.
 */
export function Ribbon({ marks, perMark }: { marks: readonly MarkCount[]; perMark: number }) {
  const shapes = markRuns(marks, perMark).flatMap((run) =>
    Array.from({ length: run.marks }, (_, index) => ({ kind: run.kind, key: `${run.state}${index}` })),
  );
  return (
    <span className={styles.ribbon} aria-hidden="true">
      {shapes.map((shape) => (
        <svg key={shape.key} aria-hidden="true" width={PITCH} height={PITCH} viewBox="0 0 12 12">
          <MarkShape kind={shape.kind} />
        </svg>
      ))}
    </span>
  );
}
