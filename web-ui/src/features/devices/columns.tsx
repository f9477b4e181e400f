import { Link } from '@tanstack/react-router';
import { type ColumnDef, tableFeatures } from '@tanstack/react-table';
import type { Catalogue, Formats } from '../../i18n';
import { Ago } from '../../page';
import { MarkedWord } from '../../ui/mark';
import styles from './devices.module.css';
import { type Device, type DeviceKind, deviceMark } from './model';
import { SORTS, type Sort } from './search';

export const features = tableFeatures({});

export type DeviceColumn = ColumnDef<typeof features, Device>;

export function isSort(id: string): id is Sort {
  return SORTS.some((sort) => sort === id);
}

export function KindBadge({ kind, t }: { kind: DeviceKind; t: Catalogue }) {
  if (kind === 'REAL') return null;
  return (
    <span className={styles.badge} title={t.kindHint[kind]}>
      {t.kind[kind]}
    </span>
  );
}

/** The columns of the grid; made anew only when the language changes. */
export function deviceColumns(t: Catalogue, f: Formats): readonly DeviceColumn[] {
  return [
    {
      id: 'id',
      header: t.devices.columns.id,
      cell: ({ row: { original: device } }) => (
        <>
          <Link
            to="/devices/$id"
            params={{ id: device.id }}
            tabIndex={-1}
            className={`mono plain-link ${styles.ellipsis}`}
            preload={false}
          >
            {device.id}
          </Link>
          <KindBadge kind={device.kind} t={t} />
        </>
      ),
    },
    {
      id: 'state',
      header: t.devices.columns.state,
      cell: ({ row: { original: device } }) => (
        <span title={device.stateReason}>
          <MarkedWord kind={deviceMark(device.state)}>{t.deviceState[device.state]}</MarkedWord>
        </span>
      ),
    },
    { id: 'hardware', header: t.devices.columns.hardware, cell: ({ row }) => row.original.hardwareClass },
    {
      id: 'model',
      header: t.devices.columns.model,
      cell: ({ row }) => {
        const active = row.original.slots.flatMap((slot) => (slot.active ? [slot.active] : []));
        if (active.length === 0) return <span className="muted">{t.devices.noModel}</span>;
        return active.map((model, index) => (
          <span key={model.sha256} className={styles.ellipsis}>
            {index > 0 && ', '}
            {model.model} <strong>{model.version}</strong>
          </span>
        ));
      },
    },
    {
      id: 'p95',
      header: t.devices.columns.p95,
      cell: ({ row }) => measured(row.original.latencyP95Millis, 'ms', f),
    },
    {
      id: 'energy',
      header: t.devices.columns.energy,
      cell: ({ row: { original: device } }) => (
        <span
          title={device.energyLabel === undefined ? undefined : t.devices.energyLabel(device.energyLabel)}
        >
          {measured(device.energyMillijoulesPerInference, 'mJ', f)}
        </span>
      ),
    },
    {
      id: 'lastSeen',
      header: t.devices.columns.lastSeen,
      cell: ({ row }) =>
        row.original.lastSeen === undefined ? (
          <span className="muted">{t.devices.never}</span>
        ) : (
          <Ago at={row.original.lastSeen} />
        ),
    },
  ];
}

/** A measured value with the digits it deserves; absent stays empty, never zero. */
export function measured(value: number | undefined, unit: string, f: Formats): string {
  if (value === undefined) return '–';
  const digits = value >= 100 ? 0 : value >= 1 ? 1 : value === 0 ? 0 : 3;
  return `${f.decimal(value, digits)} ${unit}`;
}
