import { MEMBER_STATES, type MemberState, ROLLOUT_STATES, type RolloutState } from './model';

/** The address of a rollout's page: the chosen cell, and the filter of its device list. */
export interface RolloutSearch {
  cell?: string;
  wave?: number;
  state?: readonly MemberState[];
}

export interface RolloutListSearch {
  state?: readonly RolloutState[];
}

function chosen<T extends string>(allowed: readonly T[], value: unknown): readonly T[] {
  const given = Array.isArray(value) ? value.map(String) : typeof value === 'string' ? value.split(',') : [];
  return allowed.filter((word) => given.includes(word));
}

export function rolloutSearch(input: Readonly<Record<string, unknown>>): RolloutSearch {
  const state = chosen(MEMBER_STATES, input.state);
  const wave = Number(input.wave ?? Number.NaN);
  const cell = parseCell(input.cell);
  return {
    ...(cell && { cell: cellName(cell) }),
    ...(Number.isInteger(wave) && wave >= 0 && { wave }),
    ...(state.length > 0 && { state }),
  };
}

export function rolloutListSearch(input: Readonly<Record<string, unknown>>): RolloutListSearch {
  const state = chosen(ROLLOUT_STATES, input.state);
  return state.length > 0 ? { state } : {};
}

export interface Cell {
  readonly wave: number;
  readonly gate: string;
}

export function cellName(cell: Cell): string {
  return `${cell.wave}.${cell.gate}`;
}

export function parseCell(value: unknown): Cell | undefined {
  if (typeof value !== 'string') return undefined;
  const match = /^(\d{1,4})\.([A-Za-z0-9_-]{1,40})$/.exec(value);
  const [, wave, gate] = match ?? [];
  return wave === undefined || gate === undefined ? undefined : { wave: Number(wave), gate };
}

interface Judged {
  readonly index: number;
  readonly gates: readonly {
    readonly gate: string;
    readonly verdict: string;
    readonly history: readonly unknown[];
  }[];
}

/** Without a choice, the cell that most likely brought somebody here: a failed one, else the newest with a history. */
export function defaultCell(waves: readonly Judged[]): Cell | undefined {
  const cells = waves.flatMap((wave) => wave.gates.map((gate) => ({ ...gate, wave: wave.index })));
  const cell =
    cells.findLast((each) => each.verdict === 'FAIL') ??
    cells.findLast((each) => each.history.length > 0) ??
    cells.at(-1);
  return cell && { wave: cell.wave, gate: cell.gate };
}
