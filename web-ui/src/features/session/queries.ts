import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, read } from '../../api';
import { mayOperate, Session } from './model';

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => read(Session, api.GET('/api/v1/session', { signal })),
  staleTime: 5 * 60_000,
  retry: false,
});

const NOBODY: Session = { name: '', roles: [] };

/** The signed-in person; pages below the shell are shown only when there is one. */
export function useSession(): Session {
  return useQuery(sessionQuery).data ?? NOBODY;
}

export function useMayOperate(): boolean {
  return mayOperate(useSession());
}
