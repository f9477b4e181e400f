import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { withoutNulls } from './nulls';
import { parse } from './parse';
import { asProblem, ProblemError, problemFrom, worthRetrying } from './problem';

describe('an answer of the server', () => {
  const Schema = z.object({ id: z.string(), lastSeen: z.optional(z.string()) });

  it('may write what is absent as null', () => {
    expect(parse(Schema, { id: 'a', lastSeen: null })).toEqual({ id: 'a' });
    expect(withoutNulls([{ a: null, b: [null, 1] }])).toEqual([{ b: [null, 1] }]);
  });
  it('is refused with the place that is wrong', () => {
    expect(() => parse(Schema, { id: 7 })).toThrow(/^id: /);
    expect(() => parse(Schema, 'text')).toThrow(ProblemError);
  });
});

describe('a problem', () => {
  it('keeps code, request id and the field with its rule', () => {
    const problem = problemFrom(422, {
      title: 'Invalid',
      detail: 'waves over 100 %',
      code: 'invalid',
      requestId: 'r-1',
      violations: [{ field: 'waves', rule: 'at most 100 %', value: 130 }],
    });
    expect(problem).toMatchObject({
      status: 422,
      code: 'invalid',
      requestId: 'r-1',
      message: 'waves over 100 %',
    });
    expect(problem.violations).toEqual([{ field: 'waves', rule: 'at most 100 %', value: '130' }]);
  });
  it('is made from the status when the body is not one', () => {
    expect(problemFrom(502, '<html>', 'r-2')).toMatchObject({ code: 'http-502', requestId: 'r-2' });
    expect(problemFrom(500, undefined)).toMatchObject({ status: 500 });
  });
  it('is worth a retry only when it may pass by itself', () => {
    expect(worthRetrying(problemFrom(403, {}))).toBe(false);
    expect(worthRetrying(problemFrom(409, {}))).toBe(false);
    expect(worthRetrying(problemFrom(503, {}))).toBe(true);
    expect(worthRetrying(asProblem(new TypeError('Failed to fetch')))).toBe(true);
    expect(worthRetrying(new ProblemError({ status: 200, code: 'unreadable-answer', title: '' }))).toBe(
      false,
    );
  });
});
