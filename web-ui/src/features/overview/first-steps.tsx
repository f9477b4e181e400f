import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTexts } from '../../i18n';
import { Mark } from '../../ui/mark';
import { Panel } from '../../ui/panel';
import { allDone, type Overview, type StepsDone } from './model';
import styles from './overview.module.css';
import { modelListQuery } from './queries';

const STORAGE_KEY = 'tinyfleet-first-steps';
const COPIED_MILLIS = 2000;

function storedHidden(): boolean {
  try {
    return localStorage.getItem(STORAGE_KEY) === 'hidden';
  } catch {
    return false;
  }
}

function storeHidden(hidden: boolean): void {
  try {
    localStorage.setItem(STORAGE_KEY, hidden ? 'hidden' : 'shown');
  } catch {
    // Storage can be forbidden; then the list comes back with the next load.
  }
}

/** What a new fleet needs, ticked off by what the server knows. Gone when all is done. */
export function FirstSteps({ overview }: { overview: Overview }) {
  const { t } = useTexts();
  const [hidden, setHidden] = useState(storedHidden);
  const models = useQuery(modelListQuery);
  const empty = overview.fleetTotal === 0;
  const steps: StepsDone = {
    device: !empty,
    model: models.data?.items.some((model) => model.releases.length > 0) ?? false,
    rollout: overview.rollouts.length > 0 || overview.matrix.length > 0,
  };
  if (!empty && (models.data === undefined || allDone(steps))) return null;
  function hide(value: boolean): void {
    setHidden(value);
    storeHidden(value);
  }
  if (hidden && !empty) {
    return (
      <p>
        <button type="button" className={styles.linkButton} onClick={() => hide(false)}>
          {t.overview.first.show}
        </button>
      </p>
    );
  }
  const command = `java -cp 'device-agent.jar:lib/*' io.tinyfleet.agent.Agent enrol --home ./device-1 --server ${window.location.origin} --token TOKEN --id device-1`;
  return (
    <Panel
      title={t.overview.first.title}
      {...(!empty && {
        aside: (
          <button type="button" className={styles.linkButton} onClick={() => hide(true)}>
            {t.overview.first.hide}
          </button>
        ),
      })}
    >
      <ol className={styles.steps}>
        <Step
          done={steps.device}
          title={t.overview.first.device}
          how={t.overview.first.deviceHow}
          command={command}
        />
        <Step done={steps.model} title={t.overview.first.model} how={t.overview.first.modelHow} />
        <Step done={steps.rollout} title={t.overview.first.rollout} how={t.overview.first.rolloutHow} />
      </ol>
      <p className={styles.hint}>{t.overview.first.tryAll}</p>
    </Panel>
  );
}

function Step(props: { done: boolean; title: string; how: string; command?: string }) {
  const { t } = useTexts();
  const [copied, setCopied] = useState(false);
  const { command } = props;
  async function copy(text: string): Promise<void> {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MILLIS);
  }
  return (
    <li className={styles.step}>
      <span className={styles.stepMark}>
        <Mark kind={props.done ? 'good' : 'absent'} size={14} />
      </span>
      <div>
        <p>
          <strong>{props.title}</strong>{' '}
          <span className="muted">{props.done ? t.overview.first.done : t.overview.first.open}</span>
        </p>
        {!props.done && <p className={styles.stepHow}>{props.how}</p>}
        {!props.done && command !== undefined && (
          <div className={styles.command}>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
            <code tabIndex={0}>{command}</code>
            <button type="button" onClick={() => void copy(command)}>
              {copied ? t.app.copied : t.app.copy}
            </button>
          </div>
        )}
      </div>
    </li>
  );
}
