import { useQuery } from '@tanstack/react-query';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import { useTexts } from '../../i18n';
import { useLiveTopic } from '../../live';
import { Ago, Clock, Loaded, Page } from '../../page';
import { Mark, MarkedWord } from '../../ui/mark';
import { Panel } from '../../ui/panel';
import { Bone } from '../../ui/states';
import { EvidencePanel } from './evidence-panel';
import { ExcludedPanel, Matrix } from './matrix';
import { MembersPanel } from './members-panel';
import {
  COUNT_WORDS,
  ELIGIBLE_STATES,
  eventMark,
  markOfCount,
  type Rollout,
  rolloutMark,
  rolloutTitle,
  shortId,
  statesOf,
} from './model';
import { rolloutEventsQuery, rolloutQuery } from './queries';
import styles from './rollout.module.css';
import { RolloutActions } from './rollout-actions';
import { defaultCell, parseCell, rolloutSearch } from './search';

export function RolloutPage() {
  const { id } = useParams({ from: '/signed-in/rollouts/$id' });
  const search = useSearch({ from: '/signed-in/rollouts/$id' });
  const { t } = useTexts();
  const query = useQuery(rolloutQuery(id));
  const rollout = query.data;
  useLiveTopic(`rollout:${id}`);
  return (
    <Page
      name={rollout ? rolloutTitle(rollout) : t.rollouts.name}
      crumb={
        <>
          <Link to="/rollouts">{t.rollout.back}</Link> / <code title={id}>{shortId(id)}</code>
        </>
      }
      heading={rollout ? rolloutTitle(rollout) : <Bone width={320} height={26} />}
      status={rollout ? <RolloutStatus rollout={rollout} /> : <Bone width={260} />}
      actions={rollout && <RolloutActions rollout={rollout} />}
    >
      <Loaded query={query} what={t.rollouts.what} thing={t.rollout.what} skeleton={<RolloutBones />}>
        {(loaded) => {
          const cell = parseCell(search.cell) ?? defaultCell(loaded.waves);
          return (
            <>
              {loaded.stateReason && (
                <p className={styles.reason}>
                  <Mark kind={rolloutMark(loaded.state)} />
                  <span lang="en">{loaded.stateReason.sentence}</span>
                </p>
              )}
              <CountStrip rollout={loaded} />
              <Matrix rollout={loaded} cell={cell} />
              <div className={styles.columns}>
                <div className={styles.column}>
                  <EvidencePanel rollout={loaded} cell={cell} />
                  <MembersPanel rollout={loaded} search={search} />
                </div>
                <div className={styles.column}>
                  <ExcludedPanel rollout={loaded} />
                  <EventsPanel id={id} />
                </div>
              </div>
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

function RolloutStatus({ rollout }: { rollout: Rollout }) {
  const { t, f } = useTexts();
  const from = [...new Set(rollout.from.map((each) => `${each.model} ${each.version}`))];
  return (
    <ul className={styles.status}>
      <li>
        <MarkedWord kind={rolloutMark(rollout.state)}>{t.rolloutState[rollout.state]}</MarkedWord>
      </li>
      <li>
        <span className="visually-hidden">
          {t.rollout.fromTo(
            from.length === 0 ? t.rollout.noPrevious : f.list(from),
            `${rollout.release.model} ${rollout.release.version}`,
          )}
        </span>
        <span aria-hidden="true">
          {from.length === 0 ? t.rollout.noPrevious : from.join(', ')} →{' '}
          <strong>
            {rollout.release.model} {rollout.release.version}
          </strong>
        </span>
      </li>
      <li>
        {rollout.startedAt === undefined ? (
          <StartedWords at={rollout.createdAt} author={rollout.author} made />
        ) : (
          <StartedWords at={rollout.startedAt} author={rollout.author} />
        )}
      </li>
      {rollout.endedAt !== undefined && (
        <li>
          {t.rollout.endedWord} <Ago at={rollout.endedAt} />
        </li>
      )}
      <li>{t.rollout.slot(rollout.slot)}</li>
    </ul>
  );
}

function StartedWords({ at, author, made = false }: { at: string; author: string; made?: boolean }) {
  const { t } = useTexts();
  return (
    <>
      {made ? t.rollout.madeWord : t.rollout.startedWord} <Ago at={at} /> {t.app.someoneElse(author)}
    </>
  );
}

/** Each count leads to exactly its devices. Zero counts are left out. */
function CountStrip({ rollout }: { rollout: Rollout }) {
  const { t, f } = useTexts();
  const { counts } = rollout;
  const shown = COUNT_WORDS.filter((word) => counts[word] > 0 || word === 'healthy');
  return (
    <section aria-label={t.rollout.counts}>
      <ul className={styles.counts}>
        <li>
          <Link
            to="/rollouts/$id"
            params={{ id: rollout.id }}
            search={(before) => rolloutSearch({ ...before, wave: undefined, state: ELIGIBLE_STATES })}
            hash="members"
            className="plain-link"
            data-count="eligible"
          >
            <strong>{f.integer(counts.eligible)}</strong> {t.rollout.count.eligible}
          </Link>
        </li>
        {shown.map((word) => (
          <li key={word}>
            <Link
              to="/rollouts/$id"
              params={{ id: rollout.id }}
              search={(before) => rolloutSearch({ ...before, wave: undefined, state: statesOf(word) })}
              hash="members"
              className="plain-link"
              data-count={word}
            >
              <MarkedWord kind={markOfCount(word)}>
                <strong className={styles.count}>{f.integer(counts[word])}</strong> {t.rollout.count[word]}
              </MarkedWord>
            </Link>
          </li>
        ))}
        {counts.offline > 0 && (
          <li>
            <MarkedWord kind="absent">
              <strong className={styles.count}>{f.integer(counts.offline)}</strong> {t.rollout.count.offline}
            </MarkedWord>
          </li>
        )}
      </ul>
    </section>
  );
}

function EventsPanel({ id }: { id: string }) {
  const { t } = useTexts();
  const query = useQuery(rolloutEventsQuery(id));
  return (
    <Panel title={t.rollout.events} flush>
      <Loaded query={query} what={t.rollout.eventsWhat} skeleton={<Bone height={160} />}>
        {({ items }) =>
          items.length === 0 ? (
            <p className={styles.calm}>
              <Mark kind="waiting" />
              <span>{t.rollout.noEvents}</span>
            </p>
          ) : (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
            <ol className={styles.events} tabIndex={0} aria-label={t.rollout.events}>
              {items.map((event) => (
                <li key={event.id} className={styles.event}>
                  <Clock at={event.at} />
                  <Mark kind={eventMark(event.kind, event.sentence)} />
                  <p lang="en">
                    {event.sentence}
                    {event.actor !== undefined && event.actor !== '' && (
                      <span className="muted"> · {event.actor}</span>
                    )}
                  </p>
                </li>
              ))}
            </ol>
          )
        }
      </Loaded>
    </Panel>
  );
}

function RolloutBones() {
  return (
    <div className={styles.bones}>
      <Bone height={24} width="60%" />
      <Bone height={280} />
      <div className={styles.columns}>
        <Bone height={340} />
        <Bone height={340} />
      </div>
    </div>
  );
}
