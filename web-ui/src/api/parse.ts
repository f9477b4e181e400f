import type * as z from 'zod/mini';
import { withoutNulls } from './nulls';
import { ProblemError, UNREADABLE } from './problem';

/** Nothing from outside is used before its schema has seen it. */
export function parse<T extends z.ZodMiniType>(schema: T, body: unknown): z.infer<T> {
  const result = schema.safeParse(withoutNulls(body));
  if (result.success) return result.data;
  const first = result.error.issues[0];
  const place = first?.path.join('.') ?? '';
  throw new ProblemError({
    status: 200,
    code: UNREADABLE,
    title: 'Unreadable answer',
    detail: `${place || 'answer'}: ${first?.message ?? 'not understood'}`,
  });
}
