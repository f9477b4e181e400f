/** Keyboard shortcuts as a small machine: what has been pressed, and what that means. */

export const GO_TO = { o: '/', d: '/devices', r: '/rollouts' } as const;
export type GoTarget = (typeof GO_TO)[keyof typeof GO_TO];

export type KeyAction =
  | { readonly do: 'palette' }
  | { readonly do: 'help' }
  | { readonly do: 'go'; to: GoTarget };

export interface KeyPress {
  readonly key: string;
  readonly at: number;
  readonly command: boolean;
  readonly alt: boolean;
  readonly typing: boolean;
}

export interface KeyState {
  /** When `g` was pressed, if it still waits for its second letter. */
  readonly goSince?: number;
}

const GO_MILLIS = 1500;

export function onKey(
  state: KeyState,
  press: KeyPress,
  singleKeys: boolean,
): { readonly state: KeyState; readonly action?: KeyAction } {
  const key = press.key.toLowerCase();
  if (press.command && !press.alt && key === 'k') return { state: {}, action: { do: 'palette' } };
  if (press.command || press.alt || press.typing || !singleKeys) return { state: {} };
  if (state.goSince !== undefined && press.at - state.goSince <= GO_MILLIS && isGoLetter(key)) {
    return { state: {}, action: { do: 'go', to: GO_TO[key] } };
  }
  if (key === 'g') return { state: { goSince: press.at } };
  if (key === '/') return { state: {}, action: { do: 'palette' } };
  if (key === '?') return { state: {}, action: { do: 'help' } };
  return { state: {} };
}

function isGoLetter(key: string): key is keyof typeof GO_TO {
  return Object.hasOwn(GO_TO, key);
}
