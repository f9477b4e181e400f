import { describe, expect, it } from 'vitest';
import { type KeyPress, type KeyState, onKey } from './keys';

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  at: 0,
  command: false,
  alt: false,
  typing: false,
  ...more,
});

function type(presses: readonly KeyPress[], singleKeys = true) {
  let state: KeyState = {};
  let last: ReturnType<typeof onKey>['action'];
  for (const each of presses) {
    const result = onKey(state, each, singleKeys);
    state = result.state;
    last = result.action;
  }
  return last;
}

describe('the keyboard', () => {
  it('goes to a page with g and its letter', () => {
    expect(type([press('g'), press('d', { at: 400 })])).toEqual({ do: 'go', to: '/devices' });
  });
  it('forgets a g that stands alone too long, or is followed by something else', () => {
    expect(type([press('g'), press('d', { at: 1600 })])).toBeUndefined();
    expect(type([press('g'), press('x'), press('d')])).toBeUndefined();
    expect(type([press('g'), press('toString')])).toBeUndefined();
  });
  it('opens the palette from anywhere with Ctrl or Cmd K, with / only outside a field', () => {
    expect(type([press('k', { command: true, typing: true })])).toEqual({ do: 'palette' });
    expect(type([press('/')])).toEqual({ do: 'palette' });
    expect(type([press('/', { typing: true })])).toBeUndefined();
  });
  it('leaves the shortcuts of the browser alone', () => {
    expect(type([press('g'), press('d', { command: true })])).toBeUndefined();
    expect(type([press('?', { alt: true })])).toBeUndefined();
  });
  it('can do without single letters', () => {
    expect(type([press('g'), press('d')], false)).toBeUndefined();
    expect(type([press('/')], false)).toBeUndefined();
    expect(type([press('k', { command: true })], false)).toEqual({ do: 'palette' });
  });
});
