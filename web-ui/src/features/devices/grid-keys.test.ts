import { describe, expect, it } from 'vitest';
import { rowAfterKey } from './grid-keys';

describe('the grid', () => {
  it('moves by rows and pages and stays inside', () => {
    expect(rowAfterKey('ArrowDown', -1, 10, 5)).toBe(0);
    expect(rowAfterKey('ArrowDown', 9, 10, 5)).toBe(9);
    expect(rowAfterKey('ArrowUp', 0, 10, 5)).toBe(0);
    expect(rowAfterKey('PageDown', 2, 10, 5)).toBe(7);
    expect(rowAfterKey('PageUp', 2, 10, 5)).toBe(0);
    expect(rowAfterKey('End', 2, 10, 5)).toBe(9);
  });
  it('leaves other keys to the browser', () => {
    expect(rowAfterKey('Tab', 2, 10, 5)).toBeUndefined();
  });
});
