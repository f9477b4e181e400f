import * as z from 'zod/mini';
import { withoutNulls } from './nulls';

export interface Violation {
  readonly field: string;
  readonly rule: string;
  readonly value?: string | undefined;
}

/** An RFC 9457 problem, or what stands in for one when the server could not send it. */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string | undefined;
  readonly requestId: string | undefined;
  readonly violations: readonly Violation[];

  constructor(fields: {
    status: number;
    code: string;
    title: string;
    detail?: string | undefined;
    requestId?: string | undefined;
    violations?: readonly Violation[] | undefined;
  }) {
    super(fields.detail ?? fields.title);
    this.name = 'ProblemError';
    this.status = fields.status;
    this.code = fields.code;
    this.title = fields.title;
    this.detail = fields.detail;
    this.requestId = fields.requestId;
    this.violations = fields.violations ?? [];
  }
}

const Problem = z.object({
  title: z.optional(z.string()),
  status: z.optional(z.number()),
  detail: z.optional(z.string()),
  code: z.optional(z.string()),
  requestId: z.optional(z.string()),
  violations: z.optional(
    z.array(z.object({ field: z.string(), rule: z.string(), value: z.optional(z.coerce.string()) })),
  ),
});

export const NETWORK = 'network';
export const UNREADABLE = 'unreadable-answer';

/** Reads a problem from the body of a failed answer; a body that is none still gives its status. */
export function problemFrom(status: number, body: unknown, requestId?: string): ProblemError {
  const parsed = Problem.safeParse(withoutNulls(body));
  const problem = parsed.success ? parsed.data : {};
  return new ProblemError({
    status,
    code: problem.code ?? `http-${status}`,
    title: problem.title ?? `HTTP ${status}`,
    detail: problem.detail,
    requestId: problem.requestId ?? requestId,
    violations: problem.violations,
  });
}

export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new ProblemError({ status: 0, code: NETWORK, title: 'Network', detail });
}

/** Refusals stay refusals; only what may pass by itself is asked again. */
export function worthRetrying(error: unknown): boolean {
  const { status, code } = asProblem(error);
  return code !== UNREADABLE && (status === 0 || status === 429 || status >= 500);
}
