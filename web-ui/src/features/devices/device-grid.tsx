import { useNavigate } from '@tanstack/react-router';
import { type Row, useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type CSSProperties, type KeyboardEvent, memo, useEffect, useMemo, useRef, useState } from 'react';
import { useTexts } from '../../i18n';
import { Icon } from '../../ui/icon';
import { deviceColumns, features, isSort } from './columns';
import styles from './devices.module.css';
import { rowAfterKey } from './grid-keys';
import type { Device } from './model';
import type { DeviceSearch, Sort } from './search';

const ROW_PIXELS = 34;
const OVERSCAN = 6;
/** The next page is asked for when so few loaded rows are left below the window. */
const LOAD_AHEAD = 30;

/** A window over the matching devices: the server sorts, filters and counts; only the visible rows exist. */
export function DeviceGrid(props: {
  devices: readonly Device[];
  total: number;
  search: DeviceSearch;
  busy: boolean;
  hasMore: boolean;
  onMore: () => void;
  onSort: (column: Sort) => void;
}) {
  const { t, f } = useTexts();
  const navigate = useNavigate();
  const scroller = useRef<HTMLDivElement>(null);
  const [activeRow, setActiveRow] = useState(-1);
  const columns = useMemo(() => [...deviceColumns(t, f)], [t, f]);
  const data = useMemo(() => [...props.devices], [props.devices]);
  const table = useTable({ features, columns, data, getRowId: (device) => device.id });
  const rows = table.getRowModel().rows;
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PIXELS,
    overscan: OVERSCAN,
    scrollMargin: ROW_PIXELS,
  });
  const items = virtualizer.getVirtualItems();
  const lastShown = items.at(-1)?.index ?? 0;
  const { hasMore, onMore } = props;

  useEffect(() => {
    if (hasMore && lastShown >= rows.length - LOAD_AHEAD) onMore();
  }, [hasMore, onMore, lastShown, rows.length]);

  function open(id: string): void {
    void navigate({ to: '/devices/$id', params: { id } });
  }

  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / ROW_PIXELS) - 2);
    const next = rowAfterKey(event.key, activeRow, rows.length, page);
    if (next !== undefined) {
      event.preventDefault();
      setActiveRow(next);
      virtualizer.scrollToIndex(next);
      return;
    }
    const active = rows[activeRow];
    if (event.key === 'Enter' && active) open(active.id);
  }

  const rendered = items.some((item) => item.index === activeRow);
  const body: CSSProperties = { height: virtualizer.getTotalSize() };
  const sort = props.search.sort ?? 'id';
  const order = props.search.order ?? 'asc';

  return (
    // biome-ignore lint/a11y/useSemanticElements: a virtual window cannot be a table element
    <div
      ref={scroller}
      role="grid"
      tabIndex={0}
      className={styles.grid}
      aria-label={t.devices.title}
      aria-rowcount={props.total + 1}
      aria-busy={props.busy}
      aria-activedescendant={rendered ? rowDomId(activeRow) : undefined}
      onKeyDown={onKeyDown}
    >
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div role="rowgroup" className={styles.head}>
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        {/* biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus */}
        <div role="row" aria-rowindex={1} className={styles.row}>
          {table.getHeaderGroups().flatMap((group) =>
            group.headers.map(({ id, column }) => {
              const name = String(column.columnDef.header);
              return (
                // biome-ignore lint/a11y/useSemanticElements: as above
                // biome-ignore lint/a11y/useFocusableInteractive: its button takes the focus
                <div
                  key={id}
                  role="columnheader"
                  data-column={id}
                  className={styles.cell}
                  aria-sort={sort !== id ? undefined : order === 'asc' ? 'ascending' : 'descending'}
                >
                  {isSort(id) ? (
                    <button type="button" className={styles.sort} onClick={() => props.onSort(id)}>
                      {name}
                      {sort === id && <Icon name={order === 'asc' ? 'arrowUp' : 'arrowDown'} size={14} />}
                    </button>
                  ) : (
                    name
                  )}
                </div>
              );
            }),
          )}
        </div>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: as above */}
      <div role="rowgroup" className={styles.rows} style={body} data-busy={props.busy}>
        {items.map((item) => {
          const row = rows[item.index];
          return (
            row && (
              <DeviceRow
                key={row.id}
                row={row}
                index={item.index}
                top={item.start - ROW_PIXELS}
                active={item.index === activeRow}
                onOpen={open}
              />
            )
          );
        })}
      </div>
    </div>
  );
}

function rowDomId(index: number): string {
  return `device-row-${index}`;
}

const DeviceRow = memo(function DeviceRow(props: {
  row: Row<typeof features, Device>;
  index: number;
  top: number;
  active: boolean;
  onOpen: (id: string) => void;
}) {
  const place: CSSProperties = { transform: `translateY(${props.top}px)` };
  return (
    // biome-ignore lint/a11y/useSemanticElements: as in the grid
    // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus and handles the keys
    // biome-ignore lint/a11y/useKeyWithClickEvents: as above
    <div
      role="row"
      id={rowDomId(props.index)}
      aria-rowindex={props.index + 2}
      className={styles.row}
      data-active={props.active}
      style={place}
      onClick={(event) => {
        const onLink = event.target instanceof Element && event.target.closest('a') !== null;
        if (!onLink && window.getSelection()?.isCollapsed !== false) props.onOpen(props.row.id);
      }}
    >
      {props.row.getAllCells().map((cell) => {
        const render = cell.column.columnDef.cell;
        return (
          // biome-ignore lint/a11y/useSemanticElements: as in the grid
          // biome-ignore lint/a11y/useFocusableInteractive: the grid holds the focus
          <div key={cell.id} role="gridcell" data-column={cell.column.id} className={styles.cell}>
            {typeof render === 'function' ? render(cell.getContext()) : null}
          </div>
        );
      })}
    </div>
  );
});
