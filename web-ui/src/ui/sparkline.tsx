import { domainOf, linePath, type Point, scale, thin } from './chart';
import styles from './charts.module.css';

const WIDTH = 240;
const HEIGHT = 40;
const MOST_POINTS = 120;

export interface SparkLimit {
  readonly value: number;
  readonly kind: 'stop' | 'pass';
}

/** A line without axes beside its number. It repeats what the words say, so screen readers skip it. */
export function Sparkline({
  points,
  limits = [],
}: {
  points: readonly Point[];
  limits?: readonly SparkLimit[];
}) {
  const shown = thin(points, MOST_POINTS);
  const times = domainOf(
    shown.map((point) => point.at),
    0,
  );
  const values = domainOf(
    [...shown.map((point) => point.value), ...limits.map((limit) => limit.value)],
    0.12,
  );
  const x = scale(times, 1, WIDTH - 1);
  const y = scale(values, HEIGHT - 2, 2);
  const single = shown.length === 1 ? shown[0] : undefined;
  return (
    <svg
      className={styles.spark}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {limits.map((limit) => (
        <line
          key={limit.value}
          x1="0"
          x2={WIDTH}
          y1={y(limit.value)}
          y2={y(limit.value)}
          className={limit.kind === 'stop' ? styles.limit : styles.passLimit}
        />
      ))}
      {single ? (
        <line x1="0" x2={WIDTH} y1={y(single.value)} y2={y(single.value)} className={styles.line} />
      ) : (
        <path d={linePath(shown, x, y)} className={styles.line} />
      )}
    </svg>
  );
}
