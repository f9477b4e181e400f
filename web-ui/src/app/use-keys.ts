import { useEffect, useEffectEvent } from 'react';
import { type GoTarget, type KeyState, onKey } from './keys';

const STORAGE_KEY = 'tinyfleet-single-keys';

export function singleKeysOn(): boolean {
  try {
    return localStorage.getItem(STORAGE_KEY) !== 'off';
  } catch {
    return true;
  }
}

export function setSingleKeys(on: boolean): void {
  try {
    localStorage.setItem(STORAGE_KEY, on ? 'on' : 'off');
  } catch {
    // Storage can be forbidden; then the keys stay on.
  }
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName);
}

export function useKeys(actions: {
  palette: () => void;
  help: () => void;
  go: (to: GoTarget) => void;
}): void {
  const perform = useEffectEvent((action: NonNullable<ReturnType<typeof onKey>['action']>): void => {
    switch (action.do) {
      case 'palette':
        actions.palette();
        return;
      case 'help':
        actions.help();
        return;
      case 'go':
        actions.go(action.to);
        return;
    }
  });
  useEffect(() => {
    let state: KeyState = {};
    function onKeyDown(event: KeyboardEvent): void {
      if (event.defaultPrevented || event.isComposing) return;
      const dialogOpen = document.querySelector('[role="dialog"][aria-modal="true"]') !== null;
      const result = onKey(
        state,
        {
          key: event.key,
          at: event.timeStamp,
          command: event.ctrlKey || event.metaKey,
          alt: event.altKey,
          typing: isTyping(event.target) || dialogOpen,
        },
        singleKeysOn(),
      );
      state = result.state;
      if (result.action === undefined) return;
      event.preventDefault();
      perform(result.action);
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}
