import { type InfiniteData, type Query, type QueryClient, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState, useSyncExternalStore } from 'react';
import { type ConnectionState, LiveConnection } from './connection';
import { type Key, mayRefetch, staleKeys, startsWith, TICK_MILLIS } from './stale';

export type { ConnectionState } from './connection';

const LiveContext = createContext<LiveConnection | undefined>(undefined);

function pagesOf(query: Query): number {
  const data = query.state.data as Partial<InfiniteData<unknown>> | undefined;
  return Array.isArray(data?.pages) ? data.pages.length : 1;
}

/** Collects what became old and asks for it again, at most once a second for each answer. */
function createInvalidator(client: QueryClient): (keys: readonly Key[]) => void {
  let pending: readonly Key[] = [];
  let _timer: ReturnType<typeof setTimeout> | undefined;

  function flush(): void {
    _timer = undefined;
    const now = Date.now();
    const keys = pending;
    const late = new Set<Key>();
    for (const query of client.getQueryCache().getAll()) {
      const key = keys.find((prefix) => startsWith(query.queryKey, prefix));
      if (key === undefined) continue;
      const ready = mayRefetch(pagesOf(query), now - query.state.dataUpdatedAt);
      if (ready || !query.isActive())
        void client.invalidateQueries({ queryKey: query.queryKey, exact: true });
      else late.add(key);
    }
    pending = [...late];
    if (pending.length > 0) _timer = setTimeout(flush, TICK_MILLIS);
  }

  return (keys) => {
    pending = [...pending, ...keys.filter((key) => !pending.some((known) => startsWith(key, known)))];
    _timer ??= setTimeout(flush, 0);
  };
}

export function LiveProvider({ children }: { children: ReactNode }) {
  const client = useQueryClient();
  const [connection] = useState(() => {
    const invalidate = createInvalidator(client);
    return new LiveConnection({
      event: (event) => invalidate(staleKeys(event)),
      began: () => invalidate(staleKeys({ type: 'gap' })),
      refused: () => void client.invalidateQueries({ queryKey: ['session'] }),
    });
  });
  return <LiveContext.Provider value={connection}>{children}</LiveContext.Provider>;
}

function useConnection(): LiveConnection {
  const connection = useContext(LiveContext);
  if (connection === undefined) throw new Error('useLiveTopic needs a LiveProvider around it');
  return connection;
}

/** Keeps the stream subscribed to a topic while the calling page is shown. */
export function useLiveTopic(topic: string): void {
  const connection = useConnection();
  useEffect(() => connection.want(topic), [connection, topic]);
}

export function useConnectionState(): ConnectionState {
  const connection = useConnection();
  return useSyncExternalStore(connection.observe, connection.getState);
}
