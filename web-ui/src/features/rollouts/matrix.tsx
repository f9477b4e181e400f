import { Link } from '@tanstack/react-router';
import type { CSSProperties } from 'react';
import { useTexts } from '../../i18n';
import { Mark, MarkedWord } from '../../ui/mark';
import { Panel } from '../../ui/panel';
import { Sparkline } from '../../ui/sparkline';
import { evidenceMarks, evidenceWords, type GateRow, gateRows } from './gate-words';
import styles from './matrix.module.css';
import { historyPoints, limitsOf, type Rollout, verdictMark, type Wave, waveMark } from './model';
import { devicesPerMark } from './ribbon';
import { Ribbon } from './ribbon-view';
import { type Cell, cellName, rolloutSearch } from './search';
import { marksInWords, waveName } from './words';

/** The wave ribbon over the wave x gate matrix. On a phone the waves stand below each other. */
export function Matrix({ rollout, cell }: { rollout: Rollout; cell: Cell | undefined }) {
  const { t, f } = useTexts();
  const rows = gateRows(rollout);
  const perMark = devicesPerMark(Math.max(1, ...rollout.waves.map((wave) => wave.size)));
  const columns: CSSProperties = {
    gridTemplateColumns: `minmax(150px, 190px) ${rollout.waves
      .map((wave) => `minmax(168px, ${Math.max(1, Math.sqrt(wave.size)).toFixed(2)}fr)`)
      .join(' ')}`,
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className={styles.scroller} aria-label={t.rollout.wavesAndGates} tabIndex={0}>
      <table className={styles.matrix}>
        <thead>
          <tr className={styles.row} style={columns}>
            <th scope="col" className={styles.corner}>
              <span className="visually-hidden">{t.rollout.gate}</span>
              <span className={styles.scale}>{t.rollout.scale(perMark, f.integer(perMark))}</span>
            </th>
            {rollout.waves.map((wave) => (
              <WaveHead key={wave.index} wave={wave} perMark={perMark} rolloutId={rollout.id} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.length === 0 && (
            <tr className={styles.row} style={columns}>
              <td className={styles.noGates}>{t.rollout.noGates}</td>
            </tr>
          )}
          {rows.map((row) => (
            <tr key={row.gate} className={styles.row} style={columns}>
              <th scope="row" className={styles.gate}>
                {row.title}
                {row.limit !== undefined && <span className={styles.limit}>{row.limit}</span>}
              </th>
              {rollout.waves.map((wave) => (
                <GateCell
                  key={wave.index}
                  wave={wave}
                  row={row}
                  rolloutId={rollout.id}
                  chosen={cell}
                  perMark={perMark}
                />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function WaveHead({ wave, perMark, rolloutId }: { wave: Wave; perMark: number; rolloutId: string }) {
  const { t, f } = useTexts();
  const healthy = wave.counts?.healthy ?? wave.marks.find((mark) => mark.state === 'HEALTHY')?.count ?? 0;
  const words = marksInWords(wave.marks, t, f);
  return (
    <th scope="col" className={styles.wave} data-mark={waveMark(wave.state)}>
      <span className={styles.waveTitle}>
        <Link
          to="/rollouts/$id"
          params={{ id: rolloutId }}
          search={(before) => rolloutSearch({ ...before, wave: wave.index, state: undefined })}
          hash="members"
          className="plain-link"
        >
          {waveName(wave, t)}
        </Link>{' '}
        <span className={styles.waveCount}>
          {f.integer(healthy)} / {f.integer(wave.size)}
        </span>
      </span>
      <span className={styles.waveState}>
        <MarkedWord kind={waveMark(wave.state)}>{t.waveState[wave.state]}</MarkedWord>
        {wave.state === 'SOAKING' && wave.soakEndsAt !== undefined && (
          <span> · {t.rollout.soakEnds(f.clock(Date.parse(wave.soakEndsAt)))}</span>
        )}
      </span>
      <Ribbon marks={wave.marks} perMark={perMark} />
      <span className={styles.waveWords}>{words}</span>
      {wave.received !== undefined && wave.received.bytesTotal > 0 && (
        <span className={styles.waveWords}>
          {t.rollout.received(f.bytes(wave.received.bytesDone), f.bytes(wave.received.bytesTotal))}
        </span>
      )}
    </th>
  );
}

function GateCell(props: {
  wave: Wave;
  row: GateRow;
  rolloutId: string;
  chosen: Cell | undefined;
  perMark: number;
}) {
  const { t, f } = useTexts();
  const { wave, row, chosen } = props;
  const judged = wave.gates.find((gate) => gate.gate === row.gate);
  if (judged === undefined) {
    return (
      <td className={styles.cell} data-empty="true">
        <span className={styles.phoneWave}>{waveName(wave, t)}</span>
        <span className="visually-hidden">{t.rollout.notJudged}</span>
      </td>
    );
  }
  const words = judged.evidence && evidenceWords(judged.evidence, t, f);
  const points = historyPoints(judged);
  const marks = evidenceMarks(judged.evidence);
  const isChosen = chosen?.wave === wave.index && chosen.gate === row.gate;
  return (
    <td className={styles.cell} data-chosen={isChosen}>
      <Link
        to="/rollouts/$id"
        params={{ id: props.rolloutId }}
        search={(before) =>
          rolloutSearch({ ...before, cell: cellName({ wave: wave.index, gate: row.gate }) })
        }
        className={styles.cellLink}
        resetScroll={false}
        replace
      >
        <span className="visually-hidden">{t.rollout.cellOf(row.title, waveName(wave, t))}</span>
        <span className={styles.phoneWave}>{waveName(wave, t)}</span>
        <span className={styles.cellTop}>
          <MarkedWord kind={verdictMark(judged.verdict)}>{t.verdict[judged.verdict]}</MarkedWord>
          {words && <strong className={styles.value}>{words.value}</strong>}
        </span>
        {words && <span className={styles.rest}>{words.rest}</span>}
        {points.length === 0 && marks.length > 0 && <Ribbon marks={marks} perMark={props.perMark} />}
        {points.length > 0 && (
          <Sparkline points={points} limits={judged.evidence ? limitsOf(judged.evidence) : []} />
        )}
      </Link>
    </td>
  );
}

/** The rollout's excluded and offline devices, apart from those that failed. */
export function ExcludedPanel({ rollout }: { rollout: Rollout }) {
  const { t, f } = useTexts();
  const { offline } = rollout.counts;
  return (
    <Panel
      title={t.rollout.excluded}
      aside={f.integer(rollout.excluded.reduce((sum, each) => sum + each.count, 0))}
    >
      {rollout.excluded.length === 0 ? (
        <p className="muted">{t.rollout.excludedNone}</p>
      ) : (
        <ul className={styles.excluded}>
          {rollout.excluded.map((each) => (
            <li key={each.reason}>
              <strong>{f.integer(each.count)}</strong> {each.sentence ?? each.reason}
            </li>
          ))}
        </ul>
      )}
      {offline > 0 && (
        <p className={styles.offline}>
          <Mark kind="absent" /> {t.rollout.offlineNote(offline, f.integer(offline))}
        </p>
      )}
    </Panel>
  );
}
