import { useId } from 'react';
import { domainOf, linePath, type Point, roundTicks, scale, thin, wholeTicks } from './chart';
import styles from './charts.module.css';

const WIDTH = 720;
const HEIGHT = 260;
const LEFT = 54;
const RIGHT = 12;
const TOP = 14;
const BOTTOM = 42;
const MOST_POINTS = 600;

export interface LimitLine {
  readonly value: number;
  readonly label: string;
  readonly kind: 'stop' | 'pass';
}

/** One series over counted things, with its limits. `summary` says in words what the picture shows. */
export function LineChart(props: {
  points: readonly Point[];
  limits: readonly LimitLine[];
  summary: string;
  formatValue: (value: number) => string;
  xLabel: string;
}) {
  const id = useId();
  const shown = thin(props.points, MOST_POINTS);
  const times = domainOf(
    shown.map((point) => point.at),
    0,
  );
  const values = domainOf(
    [...shown.map((point) => point.value), ...props.limits.map((limit) => limit.value)],
    0.1,
  );
  const x = scale(times, LEFT, WIDTH - RIGHT);
  const y = scale(values, HEIGHT - BOTTOM, TOP);
  const last = shown.at(-1);
  return (
    <svg className={styles.chart} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-labelledby={id}>
      <title id={id}>{props.summary}</title>
      {roundTicks(values, 5).map((tick) => (
        <g key={tick}>
          <line x1={LEFT} x2={WIDTH - RIGHT} y1={y(tick)} y2={y(tick)} className={styles.grid} />
          <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end" className={styles.tick}>
            {props.formatValue(tick)}
          </text>
        </g>
      ))}
      {wholeTicks(times, 8).map((tick) => (
        <g key={tick}>
          <line x1={x(tick)} x2={x(tick)} y1={TOP} y2={HEIGHT - BOTTOM} className={styles.grid} />
          <text x={x(tick)} y={HEIGHT - BOTTOM + 17} textAnchor="middle" className={styles.tick}>
            {tick}
          </text>
        </g>
      ))}
      <text x={WIDTH - RIGHT} y={HEIGHT - 4} textAnchor="end" className={styles.tick}>
        {props.xLabel}
      </text>
      {props.limits.map((limit) => (
        <g key={limit.label}>
          <line
            x1={LEFT}
            x2={WIDTH - RIGHT}
            y1={y(limit.value)}
            y2={y(limit.value)}
            className={limit.kind === 'stop' ? styles.limit : styles.passLimit}
          />
          <text x={WIDTH - RIGHT} y={y(limit.value) - 5} textAnchor="end" className={styles.limitLabel}>
            {limit.label}
          </text>
        </g>
      ))}
      <path d={linePath(shown, x, y)} className={styles.line} />
      {last && <circle cx={x(last.at)} cy={y(last.value)} r="3" className={styles.last} />}
    </svg>
  );
}
