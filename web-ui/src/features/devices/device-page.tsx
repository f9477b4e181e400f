import { Button, TextInput, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { type CSSProperties, type ReactNode, useState } from 'react';
import { asProblem } from '../../api';
import { useTexts } from '../../i18n';
import { useLiveTopic } from '../../live';
import { Ago, Clock, Loaded, Page } from '../../page';
import { Dialog } from '../../ui/dialog';
import { Mark, MarkedWord } from '../../ui/mark';
import { Panel } from '../../ui/panel';
import { Bone } from '../../ui/states';
import { useMayOperate } from '../session';
import { KindBadge, measured } from './columns';
import styles from './device.module.css';
import {
  type ArtifactRef,
  type Attempt,
  type DeviceDetail,
  deviceMark,
  inputMark,
  type Slot,
  type SlotInput,
  severityMark,
  shareDone,
} from './model';
import { wayWord } from './phase';
import { PhaseLine } from './phase-line';
import { deviceEventsQuery, deviceQuery, quarantine, release } from './queries';
import { ShadowPanel } from './shadow-panel';

export function DevicePage() {
  const { id } = useParams({ from: '/signed-in/devices/$id' });
  const { t } = useTexts();
  const query = useQuery(deviceQuery(id));
  const device = query.data;
  useLiveTopic(`device:${id}`);
  return (
    <Page
      name={id}
      crumb={<Link to="/devices">{t.device.back}</Link>}
      heading={
        <span className={styles.heading}>
          <span className="mono">{id}</span>
          {device && <KindBadge kind={device.kind} t={t} />}
        </span>
      }
      status={device && <DeviceStatus device={device} />}
      actions={device && <QuarantineButton device={device} />}
    >
      <Loaded query={query} what={t.devices.what} thing={t.device.what} skeleton={<DeviceBones />}>
        {(loaded) => (
          <div className={styles.columns}>
            <div className={styles.column}>
              <SlotsPanel device={loaded} />
              <ShadowPanel device={loaded} />
              <EventsPanel id={id} />
            </div>
            <FactsPanel device={loaded} />
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function DeviceStatus({ device }: { device: DeviceDetail }) {
  const { t } = useTexts();
  return (
    <p>
      <MarkedWord kind={deviceMark(device.state)}>{t.deviceState[device.state]}</MarkedWord>
      {given(device.stateReason) && <span> · {device.stateReason}</span>}
      {device.trouble !== undefined && device.trouble.sentence !== device.stateReason && (
        <span>
          {' '}
          · <code>{device.trouble.code}</code> {device.trouble.sentence}
        </span>
      )}
    </p>
  );
}

function SlotsPanel({ device }: { device: DeviceDetail }) {
  const { t } = useTexts();
  return (
    <Panel title={t.device.slots} flush>
      {device.slots.length === 0 ? (
        <p className={styles.calm}>
          <Mark kind="waiting" />
          <span>
            <strong>{t.device.noSlots}</strong>
            <br />
            <span className="muted">{t.device.noSlotsDetail}</span>
          </span>
        </p>
      ) : (
        device.slots.map((slot) => <SlotView key={slot.slot} slot={slot} />)
      )}
    </Panel>
  );
}

function SlotView({ slot }: { slot: Slot }) {
  const { t } = useTexts();
  return (
    <section className={styles.slot} aria-label={t.device.slot(slot.slot)}>
      <h3 className={styles.slotName}>
        <code>{slot.slot}</code>
      </h3>
      <dl className={styles.slotGrid}>
        <Fact name={t.device.active}>
          <Artifact artifact={slot.active} />
        </Fact>
        <Fact name={t.device.previous}>
          <Artifact artifact={slot.previous} />
        </Fact>
        {slot.input && (
          <Fact name={t.device.input}>
            <InputView input={slot.input} />
          </Fact>
        )}
        {((slot.askedByApplications ?? 0) > 0 || (slot.inputDropped ?? 0) > 0) && (
          <Fact name={t.device.newestWindow}>
            <WindowCounts slot={slot} />
          </Fact>
        )}
        {slot.attempt && (
          <Fact name={t.device.attempt}>
            <AttemptView attempt={slot.attempt} />
          </Fact>
        )}
      </dl>
    </section>
  );
}

function InputView({ input }: { input: SlotInput }) {
  const { t } = useTexts();
  return (
    <div className={styles.attempt}>
      <p>
        <MarkedWord kind={inputMark(input.state)}>{t.inputState[input.state]}</MarkedWord>
        <span className="muted">
          {' '}
          · <Ago at={input.since} />
        </span>
      </p>
      {given(input.reason) && <p className={styles.detail}>{input.reason}</p>}
    </div>
  );
}

function WindowCounts({ slot }: { slot: Slot }) {
  const { t, f } = useTexts();
  return (
    <>
      {(slot.askedByApplications ?? 0) > 0 && (
        <p className={styles.small}>
          {t.device.askedByApplications(f.integer(slot.askedByApplications ?? 0))}
        </p>
      )}
      {(slot.inputDropped ?? 0) > 0 && (
        <p className={styles.small}>{t.device.inputDropped(f.integer(slot.inputDropped ?? 0))}</p>
      )}
    </>
  );
}

function Artifact({ artifact }: { artifact: ArtifactRef | undefined }) {
  const { t } = useTexts();
  if (artifact === undefined) return <span className="muted">{t.device.nothing}</span>;
  return (
    <>
      {artifact.model} <strong>{artifact.version}</strong>
      {artifact.factory === true && <span className="muted"> · {t.device.factory}</span>}
      <br />
      <code className={styles.digest} title={artifact.sha256}>
        {artifact.sha256.slice(0, 12)}
      </code>
    </>
  );
}

function AttemptView({ attempt }: { attempt: Attempt }) {
  const { t, f } = useTexts();
  const size: CSSProperties = { width: `${100 * shareDone(attempt.bytesDone, attempt.bytesTotal)}%` };
  return (
    <div className={styles.attempt}>
      <PhaseLine attempt={attempt} />
      {attempt.bytesTotal > 0 && (
        <>
          <div className={styles.progress} aria-hidden="true">
            <span style={size} />
          </div>
          <p className={styles.small}>
            {t.device.progress(f.bytes(attempt.bytesDone), f.bytes(attempt.bytesTotal))}
          </p>
        </>
      )}
      {attempt.encoding !== undefined && (
        <p className={styles.small}>
          {t.device.onWire(f.bytes(attempt.bytesOnWire), wayWord(attempt.encoding, t))}
        </p>
      )}
      <p className={styles.small}>
        {t.device.chunks(
          f.integer(attempt.chunksWritten),
          f.integer(attempt.chunksRepeated),
          f.integer(attempt.chunksRefused),
        )}
      </p>
      {attempt.probationSeconds > 0 && (
        <p className={styles.small}>
          {t.device.probation(f.duration(attempt.probationSeconds), f.integer(attempt.probationInferences))}
        </p>
      )}
    </div>
  );
}

function FactsPanel({ device }: { device: DeviceDetail }) {
  const { t, f } = useTexts();
  const { facts } = device;
  const runtimes = (facts?.runtimes ?? []).map((runtime) =>
    `${runtime.name} ${runtime.version ?? ''}`.trim(),
  );
  const system = [facts?.os, facts?.libc].filter((part) => part !== undefined && part !== '').join(', ');
  return (
    <Panel title={t.device.facts}>
      <dl className={styles.facts}>
        <Fact name={t.device.lastSeen}>
          {device.lastSeen === undefined ? t.devices.never : <Ago at={device.lastSeen} />}
          <br />
          <span className="muted">{device.online ? t.device.online : t.device.offline}</span>
        </Fact>
        <Fact name={t.device.latency}>{measured(device.latencyP95Millis, 'ms', f)}</Fact>
        <Fact name={t.device.energy}>
          {measured(device.energyMillijoulesPerInference, 'mJ', f)}
          {device.energyLabel !== undefined && (
            <span className="muted"> · {device.energyLabel.toLowerCase()}</span>
          )}
        </Fact>
        <Fact name={t.device.hardware}>
          <Link to="/devices" search={{ hardware: [device.hardwareClass] }}>
            {device.hardwareClass}
          </Link>
        </Fact>
        {given(facts?.board) && <Fact name={t.device.board}>{facts?.board}</Fact>}
        {given(facts?.arch) && <Fact name={t.device.architecture}>{facts?.arch}</Fact>}
        {system !== '' && <Fact name={t.device.system}>{system}</Fact>}
        {facts?.ramBytes !== undefined && <Fact name={t.device.memory}>{f.bytes(facts.ramBytes)}</Fact>}
        {facts?.flashFreeBytes !== undefined && (
          <Fact name={t.device.flashFree}>{f.bytes(facts.flashFreeBytes)}</Fact>
        )}
        {runtimes.length > 0 && <Fact name={t.device.runtimes}>{runtimes.join(', ')}</Fact>}
        {given(device.agentVersion) && <Fact name={t.device.agent}>{device.agentVersion}</Fact>}
        {device.desiredSeq !== undefined && (
          <Fact name={t.device.desired}>
            {device.desiredSeq === device.reportedDesiredSeq
              ? t.device.desiredSame(f.integer(device.desiredSeq))
              : t.device.desiredBehind(
                  f.integer(device.desiredSeq),
                  f.integer(device.reportedDesiredSeq ?? 0),
                )}
          </Fact>
        )}
        {device.onlineSeconds !== undefined && (
          <Fact name={t.device.onlineFor}>{f.duration(device.onlineSeconds)}</Fact>
        )}
      </dl>
    </Panel>
  );
}

function given(text: string | undefined): boolean {
  return text !== undefined && text !== '';
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function EventsPanel({ id }: { id: string }) {
  const { t } = useTexts();
  const query = useQuery(deviceEventsQuery(id));
  return (
    <Panel title={t.device.timeline} flush>
      <Loaded query={query} what={t.device.events} skeleton={<Bone height={160} />}>
        {({ items }) =>
          items.length === 0 ? (
            <p className={styles.calm}>
              <Mark kind="waiting" />
              <span>{t.device.noEvents}</span>
            </p>
          ) : (
            <ol>
              {items.map((event, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: two events can agree in every field
                <li key={`${event.at} ${event.code} ${index}`} className={styles.event}>
                  <Clock at={event.at} />
                  <Mark kind={severityMark(event.severity)} />
                  <p>
                    <code>{event.code}</code>
                    {event.slot !== undefined && event.slot !== '' && (
                      <span className="muted"> · {event.slot}</span>
                    )}
                    {event.detail !== undefined && event.detail !== '' && <> {event.detail}</>}
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

function QuarantineButton({ device }: { device: DeviceDetail }) {
  const { t } = useTexts();
  const client = useQueryClient();
  const allowed = useMayOperate();
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState('');
  const held = device.state === 'QUARANTINED';
  const change = useMutation({
    mutationFn: () => (held ? release(device.id) : quarantine(device.id, reason.trim())),
    onSuccess: async () => {
      setAsking(false);
      setReason('');
      notifications.show({ message: held ? t.device.released(device.id) : t.device.quarantined(device.id) });
      await client.invalidateQueries({ queryKey: ['devices'] });
    },
    onError: (error) => notifications.show({ message: asProblem(error).message }),
  });
  return (
    <>
      <Tooltip label={t.rollout.needsRole} disabled={allowed}>
        <Button
          variant="default"
          aria-disabled={!allowed}
          {...(!allowed && { 'data-disabled': true })}
          loading={change.isPending && held}
          onClick={() => {
            if (!allowed) return;
            if (held) change.mutate();
            else setAsking(true);
          }}
        >
          {held ? t.device.release : t.device.quarantine}
        </Button>
      </Tooltip>
      <Dialog
        opened={asking}
        onClose={() => setAsking(false)}
        title={t.device.quarantineTitle(device.id)}
        closeLabel={t.app.close}
      >
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            if (reason.trim() !== '') change.mutate();
          }}
        >
          <p>{t.device.quarantineText}</p>
          <TextInput
            label={t.device.quarantineReason}
            value={reason}
            maxLength={200}
            data-autofocus
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <div className={styles.formActions}>
            <Button variant="default" onClick={() => setAsking(false)}>
              {t.device.keep}
            </Button>
            <Button
              type="submit"
              variant="default"
              className="danger-button"
              disabled={reason.trim() === ''}
              loading={change.isPending}
            >
              {t.device.quarantineNow}
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}

function DeviceBones() {
  return (
    <div className={styles.columns}>
      <div className={styles.column}>
        <Bone height={220} />
        <Bone height={240} />
      </div>
      <Bone height={420} />
    </div>
  );
}
