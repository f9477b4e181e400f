import { useSyncExternalStore } from 'react';

const TICK_MILLIS = 5000;
const observers = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function observe(observer: () => void): () => void {
  observers.add(observer);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of observers) each();
  }, TICK_MILLIS);
  return () => {
    observers.delete(observer);
    if (observers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time for relative times, one clock for the whole page. */
export function useNow(): number {
  return useSyncExternalStore(observe, () => now);
}
