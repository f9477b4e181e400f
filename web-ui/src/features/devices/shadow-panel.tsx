import { Button, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { asProblem } from '../../api';
import { type Catalogue, useTexts } from '../../i18n';
import { Ago, Loaded } from '../../page';
import { Mark, MarkedWord } from '../../ui/mark';
import { Panel } from '../../ui/panel';
import { Bone } from '../../ui/states';
import { useMayOperate } from '../session';
import { measured } from './columns';
import styles from './device.module.css';
import type { DeviceDetail, ReportedShadow } from './model';
import { PhaseLine } from './phase-line';
import { type Comparison, newestOf, shadowsQuery, stopShadow, type WantedShadow } from './shadow';

/** Models that run beside the device's own and never answer: what each is asked to do and how far it agrees. */
export function ShadowPanel({ device }: { device: DeviceDetail }) {
  const { t } = useTexts();
  const query = useQuery(shadowsQuery(device.id));
  return (
    <Panel title={t.shadow.title} flush>
      <Loaded query={query} what={t.shadow.what} skeleton={<Bone height={120} />}>
        {({ wanted, comparisons }) =>
          wanted.length === 0 ? (
            <p className={styles.calm}>
              <Mark kind="waiting" />
              <span>
                <strong>{t.shadow.none}</strong>
                <br />
                <span className="muted">{t.shadow.noneDetail}</span>
              </span>
            </p>
          ) : (
            wanted.map((shadow) => (
              <ShadowView
                key={shadow.slot}
                id={device.id}
                shadow={shadow}
                reported={reportedOf(device, shadow)}
                comparison={newestOf(comparisons, shadow)}
              />
            ))
          )
        }
      </Loaded>
    </Panel>
  );
}

/** What the device says of an older attempt says nothing of this one. */
function reportedOf(device: DeviceDetail, shadow: WantedShadow): ReportedShadow | undefined {
  const reported = device.slots.find((slot) => slot.slot === shadow.slot)?.shadow;
  return reported?.attemptId === shadow.attemptId ? reported : undefined;
}

function ShadowView(props: {
  id: string;
  shadow: WantedShadow;
  reported: ReportedShadow | undefined;
  comparison: Comparison | undefined;
}) {
  const { t, f } = useTexts();
  const { shadow, reported, comparison } = props;
  return (
    <section className={styles.slot} aria-label={t.shadow.of(shadow.slot)}>
      <h3 className={styles.slotName}>
        <code>{shadow.slot}</code> · {shadow.model} <strong>{shadow.version}</strong>
      </h3>
      <div className={styles.attempt}>
        <State reported={reported} />
        <Agreement comparison={comparison} />
        <p className={styles.small}>
          {t.shadow.asked(f.percent(shadow.share), shadow.startedBy)} <Ago at={shadow.startedAt} />
          {shadow.maxInputs !== undefined && <> · {t.shadow.maxInputs(f.integer(shadow.maxInputs))}</>}
          {shadow.maxSeconds !== undefined && <> · {t.shadow.maxTime(f.duration(shadow.maxSeconds))}</>}
        </p>
        <p>
          <StopButton id={props.id} slot={shadow.slot} />
        </p>
      </div>
    </section>
  );
}

function State({ reported }: { reported: ReportedShadow | undefined }) {
  const { t, f } = useTexts();
  if (reported === undefined) {
    return (
      <p>
        <MarkedWord kind="waiting">{t.shadow.notHeard}</MarkedWord>
      </p>
    );
  }
  return (
    <>
      <PhaseLine attempt={reported} />
      {reported.phase === 'DOWNLOADING' && (
        <p className={styles.small}>
          {t.device.progress(f.bytes(reported.bytesDone), f.bytes(reported.bytesTotal))}
        </p>
      )}
    </>
  );
}

function measureWord(measure: string, t: Catalogue): string {
  const { measures } = t.shadow;
  return Object.hasOwn(measures, measure)
    ? measures[measure as keyof typeof measures]
    : measure.toLowerCase();
}

function Agreement({ comparison }: { comparison: Comparison | undefined }) {
  const { t, f } = useTexts();
  const first = comparison?.agreements[0];
  if (comparison === undefined) return <p className="muted">{t.shadow.nothingCompared}</p>;
  return (
    <>
      {first?.agreedShare === undefined ? (
        <p className="muted">{t.shadow.nothingCompared}</p>
      ) : (
        <p>
          <strong>{t.shadow.agree(f.percent(first.agreedShare))}</strong>{' '}
          <span className="muted">{measureWord(first.measure, t)}</span>
        </p>
      )}
      {comparison.agreements.slice(1).map((one) => (
        <p key={one.measure} className={styles.small}>
          {measureWord(one.measure, t)}: {one.agreedShare === undefined ? '–' : f.percent(one.agreedShare)}
        </p>
      ))}
      <p className={styles.small}>
        {t.shadow.counts(f.integer(comparison.compared), f.integer(comparison.dropped))}
        {comparison.notComparable > 0 && (
          <> · {t.shadow.notComparable(f.integer(comparison.notComparable))}</>
        )}
        {comparison.failed > 0 && <> · {t.shadow.failed(f.integer(comparison.failed))}</>}
      </p>
      {comparison.latencyP95Millis !== undefined && (
        <p className={styles.small}>
          {t.shadow.latency(
            measured(comparison.latencyP50Millis, 'ms', f),
            measured(comparison.latencyP95Millis, 'ms', f),
          )}
        </p>
      )}
    </>
  );
}

function StopButton({ id, slot }: { id: string; slot: string }) {
  const { t } = useTexts();
  const client = useQueryClient();
  const allowed = useMayOperate();
  const stop = useMutation({
    mutationFn: () => stopShadow(id, slot),
    onSuccess: async () => {
      notifications.show({ message: t.shadow.stopped(slot) });
      await client.invalidateQueries({ queryKey: ['devices'] });
    },
    onError: (error) => notifications.show({ message: asProblem(error).message }),
  });
  return (
    <Tooltip label={t.rollout.needsRole} disabled={allowed}>
      <Button
        variant="default"
        size="xs"
        aria-disabled={!allowed}
        {...(!allowed && { 'data-disabled': true })}
        loading={stop.isPending}
        onClick={() => {
          if (allowed) stop.mutate();
        }}
      >
        {t.shadow.stop}
      </Button>
    </Tooltip>
  );
}
