import createClient, { type Middleware } from 'openapi-fetch';
import type * as z from 'zod/mini';
import type { paths } from './generated/schema';
import { parse } from './parse';
import { asProblem, problemFrom } from './problem';

const CSRF_HEADER = 'X-TinyFleet';
const REQUEST_ID_HEADER = 'X-Request-Id';

type Listener = () => void;
const signedOutListeners = new Set<Listener>();

/** Called when any request finds that nobody is signed in. */
export function onSignedOut(listener: Listener): () => void {
  signedOutListeners.add(listener);
  return () => signedOutListeners.delete(listener);
}

const consoleHeader: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET') request.headers.set(CSRF_HEADER, 'console');
    return request;
  },
};

export const api = createClient<paths>({ baseUrl: '/', credentials: 'same-origin' });
api.use(consoleHeader);

interface Answer {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly response: Response;
}

/** Waits for an answer and parses it; everything that is not a good answer is thrown as a ProblemError. */
export async function read<T extends z.ZodMiniType>(
  schema: T,
  pending: Promise<Answer>,
): Promise<z.infer<T>> {
  const { data, error, response } = await pending.catch((cause: unknown) => {
    throw asProblem(cause);
  });
  if (!response.ok) {
    if (response.status === 401) for (const listener of signedOutListeners) listener();
    throw problemFrom(response.status, error, response.headers.get(REQUEST_ID_HEADER) ?? undefined);
  }
  return parse(schema, data);
}

/** Form login; the answer sets the session cookie. */
export async function signIn(name: string, password: string): Promise<'signed-in' | 'refused'> {
  const response = await fetch('/auth/login', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', [CSRF_HEADER]: 'console' },
    body: new URLSearchParams({ j_username: name, j_password: password }),
  }).catch((cause: unknown) => {
    throw asProblem(cause);
  });
  if (response.ok) return 'signed-in';
  if (response.status === 401) return 'refused';
  throw problemFrom(
    response.status,
    await response.json().catch(() => undefined),
    response.headers.get(REQUEST_ID_HEADER) ?? undefined,
  );
}

export async function signOut(): Promise<void> {
  await fetch('/auth/logout', {
    method: 'POST',
    credentials: 'same-origin',
    headers: { [CSRF_HEADER]: 'console' },
  }).catch((cause: unknown) => {
    throw asProblem(cause);
  });
}
