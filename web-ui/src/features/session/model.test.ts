import { describe, expect, it } from 'vitest';
import { mayOperate, safeNext } from './model';

describe('after signing in', () => {
  it('the console returns to the page that was asked for', () => {
    expect(safeNext('/rollouts/1?cell=0.canary')).toBe('/rollouts/1?cell=0.canary');
  });
  it('it follows no address outside the console, and never back to the form', () => {
    for (const next of [
      undefined,
      7,
      'https://example.org',
      '//example.org',
      '/\\example.org',
      '/login?next=/',
    ]) {
      expect(safeNext(next)).toBe('/');
    }
  });
});

describe('a person', () => {
  it('without the role operator may not act', () => {
    expect(mayOperate({ name: 'v', roles: ['viewer', 'data'] })).toBe(false);
    expect(mayOperate({ name: 'o', roles: ['viewer', 'operator'] })).toBe(true);
  });
});
