import { useTexts } from '../../i18n';
import { Clock } from '../../page';
import { LineChart } from '../../ui/line-chart';
import { MarkedWord } from '../../ui/mark';
import { Panel } from '../../ui/panel';
import { evidenceMarks, evidenceWords, gateRows, historyValue } from './gate-words';
import { historyPoints, limitsOf, type Rollout, verdictMark } from './model';
import { devicesPerMark } from './ribbon';
import { Ribbon } from './ribbon-view';
import styles from './rollout.module.css';
import type { Cell } from './search';
import { waveName } from './words';

const MOST_TABLE_ROWS = 200;

/** The evidence of one cell: the verdict's sentence, the history against its limits, and the same as a table. */
export function EvidencePanel({ rollout, cell }: { rollout: Rollout; cell: Cell | undefined }) {
  const { t, f } = useTexts();
  const wave = rollout.waves.find((each) => each.index === cell?.wave);
  const judged = wave?.gates.find((gate) => gate.gate === cell?.gate);
  const title = gateRows(rollout).find((row) => row.gate === cell?.gate)?.title ?? cell?.gate ?? '';
  if (wave === undefined || judged === undefined) {
    return (
      <Panel title={t.rollout.gate}>
        <p className="muted">{cell === undefined ? t.rollout.chooseCell : t.rollout.notJudged}</p>
      </Panel>
    );
  }
  const points = historyPoints(judged);
  const marks = evidenceMarks(judged.evidence);
  const words = judged.evidence && evidenceWords(judged.evidence, t, f);
  const value = (each: number) => historyValue(judged, each, f);
  return (
    <Panel
      title={t.rollout.chartTitle(title, waveName(wave, t))}
      aside={<MarkedWord kind={verdictMark(judged.verdict)}>{t.verdict[judged.verdict]}</MarkedWord>}
    >
      <div className={styles.evidence}>
        {judged.sentence !== undefined && (
          <p lang="en" className={styles.sentence}>
            {judged.sentence}
          </p>
        )}
        {words && (
          <p className={styles.evidenceWords}>
            <strong>{words.value}</strong> <span className="muted">{words.rest}</span>
          </p>
        )}
        {points.length === 0 ? (
          marks.length > 0 ? (
            <Ribbon marks={marks} perMark={devicesPerMark(wave.size)} />
          ) : (
            <p className="muted">{t.rollout.chartEmpty}</p>
          )
        ) : (
          <>
            <LineChart
              points={points}
              limits={(judged.evidence ? limitsOf(judged.evidence) : []).map((limit) => ({
                value: limit.value,
                kind: limit.kind,
                label: t.rollout.evidence[limit.word],
              }))}
              summary={`${t.rollout.chartTitle(title, waveName(wave, t))}. ${summary()}`}
              formatValue={value}
              xLabel={t.rollout.inOfferOrder}
            />
            <p className={styles.small}>{summary()}</p>
            <details className={styles.details}>
              <summary>{t.rollout.asTable}</summary>
              <table>
                <thead>
                  <tr>
                    <th scope="col">{t.rollout.deviceNumber}</th>
                    <th scope="col">{t.rollout.when}</th>
                    <th scope="col" className="number">
                      {t.rollout.value}
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {judged.history.slice(-MOST_TABLE_ROWS).map((entry, index) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: two entries can agree in time and value
                    <tr key={`${entry.at} ${index}`}>
                      <td>{f.integer(Math.max(0, judged.history.length - MOST_TABLE_ROWS) + index + 1)}</td>
                      <td>
                        <Clock at={entry.at} />
                      </td>
                      <td className="number">{value(entry.value)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </details>
          </>
        )}
      </div>
    </Panel>
  );

  function summary(): string {
    const first = points[0];
    const last = points.at(-1);
    if (first === undefined || last === undefined) return t.rollout.chartEmpty;
    if (points.length === 1) return t.rollout.chartOnePoint(value(first.value));
    const values = points.map((point) => point.value);
    return t.rollout.chartSummary(
      value(first.value),
      value(last.value),
      value(Math.min(...values)),
      value(Math.max(...values)),
      f.integer(points.length),
    );
  }
}
