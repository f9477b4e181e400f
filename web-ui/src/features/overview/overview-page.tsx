import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { CSSProperties, ReactNode } from 'react';
import { useTexts } from '../../i18n';
import { Loaded, Page, PathLink } from '../../page';
import { Mark, MarkedWord, markBarClass } from '../../ui/mark';
import { Panel } from '../../ui/panel';
import { Sparkline } from '../../ui/sparkline';
import { Bone } from '../../ui/states';
import { DEVICE_STATES, deviceMark, isShown } from '../devices';
import { RolloutCard, rolloutListQuery } from '../rollouts';
import { FirstSteps } from './first-steps';
import {
  cellShade,
  type Matrix,
  METRICS,
  type Metric,
  type NeedsYou,
  type Overview,
  type StateCount,
  severityMark,
  type Vital,
  vitalPoints,
  vitalRange,
  vitalValue,
} from './model';
import styles from './overview.module.css';
import { overviewQuery } from './queries';

const LATEST_SHOWN = 3;

export function OverviewPage() {
  const { t, f } = useTexts();
  const query = useQuery(overviewQuery);
  const total = query.data?.fleetTotal;
  return (
    <Page
      name={t.overview.title}
      heading={
        total === undefined ? (
          t.overview.title
        ) : (
          <Link to="/devices" className="plain-link">
            {t.overview.devices(total, f.integer(total))}
          </Link>
        )
      }
    >
      <Loaded query={query} what={t.overview.what} skeleton={<OverviewBones />}>
        {(overview) => <OverviewContent overview={overview} />}
      </Loaded>
    </Page>
  );
}

function OverviewContent({ overview }: { overview: Overview }) {
  if (overview.fleetTotal === 0) return <FirstSteps overview={overview} />;
  return (
    <>
      <StateBar overview={overview} />
      <div className={styles.columns}>
        <NeedsYouPanel items={overview.needsYou} />
        <VersionsPanel matrices={overview.matrix} />
      </div>
      <Vitals vitals={overview.vitals} />
      <RolloutsPanel running={overview.rollouts} />
      <FirstSteps overview={overview} />
    </>
  );
}

/** What runs now; when nothing runs, what ran last. */
function RolloutsPanel({ running }: { running: Overview['rollouts'] }) {
  const { t } = useTexts();
  const idle = running.length === 0;
  const latest = useQuery({ ...rolloutListQuery({}), enabled: idle });
  const shown = idle ? (latest.data?.items.slice(0, LATEST_SHOWN) ?? []) : running;
  return (
    <Panel
      title={idle && shown.length > 0 ? t.overview.latest : t.overview.running}
      flush
      aside={
        <Link to="/rollouts" className={styles.quiet}>
          {t.overview.allRollouts}
        </Link>
      }
    >
      {shown.length === 0 ? (
        <p className={styles.calm}>
          <Mark kind="waiting" />
          <span>
            <strong>{t.overview.noRollouts}</strong>
            <br />
            <span className="muted">{t.overview.noRolloutsDetail}</span>
          </span>
        </p>
      ) : (
        shown.map((rollout) => <RolloutCard key={rollout.id} rollout={rollout} />)
      )}
    </Panel>
  );
}

function StateBar({ overview }: { overview: Overview }) {
  const { t, f } = useTexts();
  const counts: readonly StateCount[] = DEVICE_STATES.map((state) => ({
    state,
    count: overview.states[state] ?? 0,
  }));
  const words = f.list(
    counts
      .filter(({ count }) => count > 0)
      .map(({ state, count }) => `${t.deviceState[state]} ${f.integer(count)}`),
  );
  return (
    <div className={styles.states}>
      <div className={styles.bar} role="img" aria-label={t.overview.stateBar(words)}>
        {counts
          .filter(({ count }) => count > 0)
          .map(({ state, count }) => {
            const size: CSSProperties = { flexGrow: count };
            return <span key={state} style={size} className={markBarClass(deviceMark(state))} />;
          })}
      </div>
      <ul className={styles.stateCounts}>
        {counts
          .filter(({ state }) => isShown(overview.states, state))
          .map(({ state, count }) => (
            <li key={state}>
              <Link to="/devices" search={{ state: [state] }} className="plain-link">
                <MarkedWord kind={deviceMark(state)}>
                  {t.deviceState[state]} <strong className={styles.count}>{f.integer(count)}</strong>
                </MarkedWord>
              </Link>
            </li>
          ))}
      </ul>
    </div>
  );
}

function NeedsYouPanel({ items }: { items: readonly NeedsYou[] }) {
  const { t } = useTexts();
  return (
    <Panel title={t.overview.needsYou} flush>
      {items.length === 0 ? (
        <p className={styles.calm}>
          <Mark kind="good" />
          <span>
            <strong>{t.overview.nothingNeedsYou}</strong>
            <br />
            <span className="muted">{t.overview.nothingNeedsYouDetail}</span>
          </span>
        </p>
      ) : (
        <ul>
          {items.map((item) => (
            <li key={`${item.title} ${item.link?.path ?? ''}`} className={styles.need}>
              <Mark kind={severityMark(item.severity)} />
              <div className={styles.needText}>
                <p>
                  <strong>{item.title}</strong>
                </p>
                {item.sentence !== undefined && <p className={styles.needSentence}>{item.sentence}</p>}
              </div>
              {item.link && (
                <PathLink path={item.link.path} className={styles.needLink}>
                  {item.link.label}
                </PathLink>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function VersionsPanel({ matrices }: { matrices: readonly Matrix[] }) {
  const { t } = useTexts();
  const filled = matrices.filter((matrix) => matrix.rows.length > 0 && matrix.versions.length > 0);
  return (
    <Panel
      title={t.overview.matrix}
      flush
      {...(filled.length === 1 && { aside: <code>{filled[0]?.model}</code> })}
    >
      {filled.length === 0 ? (
        <p className={styles.calm}>
          <Mark kind="waiting" />
          <span>{t.overview.matrixEmpty}</span>
        </p>
      ) : (
        filled.map((matrix) => <VersionsTable key={matrix.model} matrix={matrix} named={filled.length > 1} />)
      )}
    </Panel>
  );
}

function VersionsTable({ matrix, named }: { matrix: Matrix; named: boolean }) {
  const { t, f } = useTexts();
  const largest = Math.max(...matrix.rows.flatMap((row) => row.counts));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={styles.scroller} tabIndex={0} aria-label={`${t.overview.matrix}, ${matrix.model}`}>
      <table className={styles.matrix}>
        <thead>
          <tr>
            <th scope="col">{named ? <code>{matrix.model}</code> : t.overview.hardware}</th>
            {matrix.versions.map((version) => (
              <th key={version} scope="col" className="number">
                {version}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrix.rows.map((row) => (
            <tr key={row.hardwareClass}>
              <th scope="row">
                <Link to="/devices" search={{ hardware: [row.hardwareClass] }} className="plain-link">
                  {row.hardwareClass}
                </Link>
              </th>
              {matrix.versions.map((version, column) => {
                const count = row.counts[column] ?? 0;
                const shade: CSSProperties = {
                  background: `rgb(var(--shade) / ${cellShade(count, largest)})`,
                };
                const name = `${matrix.model} ${version}`;
                return (
                  <td key={version} className="number" style={shade}>
                    <Link
                      to="/devices"
                      search={{ hardware: [row.hardwareClass], version: [name] }}
                      className={`plain-link ${styles.cell}`}
                      aria-label={t.overview.cellLabel(f.integer(count), row.hardwareClass, name)}
                    >
                      {f.integer(count)}
                    </Link>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function isMetric(word: string): word is Metric {
  return METRICS.some((metric) => metric === word);
}

function Vitals({ vitals }: { vitals: readonly Vital[] }) {
  const { t } = useTexts();
  return (
    <section className={styles.vitals} aria-label={t.overview.vitals}>
      {vitals.map((vital) => (
        <VitalTile key={vital.metric} vital={vital} />
      ))}
    </section>
  );
}

function VitalTile({ vital }: { vital: Vital }) {
  const { t, f } = useTexts();
  const title = isMetric(vital.metric) ? t.overview.vital[vital.metric] : vital.metric;
  const range = vitalRange(vital);
  const shown = vital.value === undefined ? undefined : vitalValue(vital.value, vital.unit, f);
  const points = vitalPoints(vital);
  const words = (value: number) => {
    const { number, unit } = vitalValue(value, vital.unit, f);
    return `${number} ${unit}`;
  };
  return (
    <div className={styles.vital}>
      <p className={styles.vitalTitle}>
        {title}, {t.overview.day}
        {vital.label !== undefined && <span className="muted"> · {vital.label.toLowerCase()}</span>}
      </p>
      <p className={styles.vitalValue}>
        {shown === undefined ? (
          <span className={styles.vitalNone}>{t.overview.noValue}</span>
        ) : (
          <VitalLink metric={vital.metric}>
            {shown.number} <span className={styles.vitalUnit}>{shown.unit}</span>
          </VitalLink>
        )}
        {range && range.low !== range.high && (
          <span className={styles.vitalRange}>
            {t.overview.lowToHigh(words(range.low), words(range.high))}
          </span>
        )}
      </p>
      <div className={styles.vitalSpark}>{points.length > 0 && <Sparkline points={points} />}</div>
    </div>
  );
}

/** The list behind a vital: all devices, in the order in which the vital speaks of them. */
function VitalLink({ metric, children }: { metric: string; children: ReactNode }) {
  const search =
    metric === 'latencyP95'
      ? ({ sort: 'p95', order: 'desc' } as const)
      : metric === 'energy'
        ? ({ sort: 'energy', order: 'desc' } as const)
        : metric === 'online'
          ? ({ sort: 'lastSeen', order: 'desc' } as const)
          : ({ sort: 'state' } as const);
  return (
    <Link to="/devices" search={search} className="plain-link">
      {children}
    </Link>
  );
}

function OverviewBones() {
  return (
    <div className={styles.bones}>
      <Bone height={14} />
      <Bone width="60%" height={20} />
      <div className={styles.columns}>
        <Bone height={240} />
        <Bone height={240} />
      </div>
      <Bone height={112} />
      <Bone height={130} />
    </div>
  );
}
