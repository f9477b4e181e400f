/** Where the keys of the grid lead from a row; undefined when the key is not the grid's. */
export function rowAfterKey(key: string, row: number, rows: number, page: number): number | undefined {
  const last = rows - 1;
  const within = (target: number) => Math.max(0, Math.min(last, target));
  switch (key) {
    case 'ArrowDown':
      return within(row + 1);
    case 'ArrowUp':
      return within(row < 0 ? 0 : row - 1);
    case 'PageDown':
      return within(row + page);
    case 'PageUp':
      return within(row - page);
    case 'Home':
      return within(0);
    case 'End':
      return within(last);
    default:
      return undefined;
  }
}
