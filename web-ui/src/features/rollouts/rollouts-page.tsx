import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useTexts } from '../../i18n';
import { Ago, Loaded, Page } from '../../page';
import { Mark, MarkedWord } from '../../ui/mark';
import { Bone, Notice } from '../../ui/states';
import {
  ROLLOUT_STATES,
  type RolloutState,
  type RolloutSummary,
  rolloutMark,
  rolloutTitle,
  statesOf,
} from './model';
import { rolloutListQuery } from './queries';
import { devicesPerMark } from './ribbon';
import { Ribbon } from './ribbon-view';
import styles from './rollouts.module.css';
import { rolloutListSearch } from './search';
import { marksInWords, waveName } from './words';

const MOST_MARKS_IN_ROW = 24;

export function RolloutsPage() {
  const { t, f } = useTexts();
  const search = useSearch({ from: '/signed-in/rollouts' });
  const navigate = useNavigate({ from: '/rollouts' });
  const query = useQuery(rolloutListQuery(search));
  const chosen = search.state ?? [];
  function toggle(state: RolloutState): void {
    const next = chosen.includes(state) ? chosen.filter((other) => other !== state) : [...chosen, state];
    void navigate({ search: rolloutListSearch({ state: next }) });
  }
  return (
    <Page
      name={t.rollouts.title}
      heading={
        <>
          {t.rollouts.title}{' '}
          {query.data && <span className={styles.total}>{f.integer(query.data.total)}</span>}
        </>
      }
    >
      <fieldset className={styles.chips}>
        <legend className="visually-hidden">{t.rollouts.states}</legend>
        {ROLLOUT_STATES.map((state) => (
          <button
            key={state}
            type="button"
            className={styles.chip}
            data-chosen={chosen.includes(state)}
            aria-pressed={chosen.includes(state)}
            onClick={() => toggle(state)}
          >
            <Mark kind={rolloutMark(state)} />
            {t.rolloutState[state]}
          </button>
        ))}
      </fieldset>
      <Loaded query={query} what={t.rollouts.what} skeleton={<Bone height={320} />}>
        {({ items }) => {
          if (items.length > 0) return <RolloutTable rollouts={items} />;
          return chosen.length > 0 ? (
            <Notice
              mark="absent"
              title={t.rollouts.filteredEmpty}
              action={{ label: t.rollouts.clear, onClick: () => void navigate({ search: {} }) }}
            />
          ) : (
            <Notice mark="waiting" title={t.rollouts.empty} detail={t.rollouts.emptyDetail} />
          );
        }}
      </Loaded>
    </Page>
  );
}

function RolloutTable({ rollouts }: { rollouts: readonly RolloutSummary[] }) {
  const { t } = useTexts();
  return (
    <section className={styles.tableBox} aria-label={t.rollouts.title}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t.rollouts.name}</th>
            <th scope="col">{t.rollouts.state}</th>
            <th scope="col" className={styles.wide}>
              {t.rollouts.waves}
            </th>
            <th scope="col" className="number">
              {t.rollouts.progress}
            </th>
            <th scope="col">{t.rollouts.started}</th>
          </tr>
        </thead>
        <tbody>
          {rollouts.map((rollout) => (
            <RolloutRow key={rollout.id} rollout={rollout} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function RolloutRow({ rollout }: { rollout: RolloutSummary }) {
  const { t, f } = useTexts();
  const perMark = devicesPerMark(Math.max(1, ...rollout.waves.map((wave) => wave.size)), MOST_MARKS_IN_ROW);
  return (
    <tr>
      <th scope="row">
        <Link to="/rollouts/$id" params={{ id: rollout.id }} className={styles.title}>
          {rolloutTitle(rollout)}
        </Link>
        <span className={styles.sub}>
          {rollout.release.model} <strong>{rollout.release.version}</strong>
        </span>
      </th>
      <td>
        <MarkedWord kind={rolloutMark(rollout.state)}>{t.rolloutState[rollout.state]}</MarkedWord>
        {rollout.stateReason && <span className={styles.sub}>{rollout.stateReason.sentence}</span>}
      </td>
      <td className={styles.wide}>
        <ol className={styles.miniWaves}>
          {rollout.waves.map((wave) => (
            <li key={wave.index}>
              <Ribbon marks={wave.marks} perMark={perMark} />
              <span className="visually-hidden">
                {t.rollouts.ribbon(waveName(wave, t), marksInWords(wave.marks, t, f))}
              </span>
            </li>
          ))}
        </ol>
      </td>
      <td className="number">
        <Link
          to="/rollouts/$id"
          params={{ id: rollout.id }}
          search={{ state: statesOf('healthy') }}
          className="plain-link"
        >
          {t.rollouts.healthyOf(f.integer(rollout.counts.healthy), f.integer(rollout.counts.eligible))}
        </Link>
      </td>
      <td className={styles.when}>
        {rollout.startedAt === undefined ? (
          <span className="muted">{t.rollouts.notStarted}</span>
        ) : (
          <Ago at={rollout.startedAt} />
        )}
      </td>
    </tr>
  );
}
