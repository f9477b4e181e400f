import * as z from 'zod/mini';

export const Role = z.enum(['viewer', 'data', 'operator', 'admin']);
export type Role = z.infer<typeof Role>;

export const Session = z.object({ name: z.string(), roles: z.array(Role), method: z.optional(z.string()) });
export type Session = z.infer<typeof Session>;

export function mayOperate(session: Session): boolean {
  return session.roles.includes('operator') || session.roles.includes('admin');
}

/** Only addresses of this console are followed after signing in, never another site's. */
export function safeNext(next: unknown): string {
  if (typeof next !== 'string' || !next.startsWith('/') || next.startsWith('//') || next.includes('\\'))
    return '/';
  if (next.startsWith('/login')) return '/';
  return next;
}
