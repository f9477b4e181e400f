import { describe, expect, it } from 'vitest';
import { parseSearch, stringifySearch } from './search-params';

describe('an address', () => {
  it('is readable and comes back the same', () => {
    const search = stringifySearch({ state: ['FAILING', 'DEGRADED'], q: 'a b&c', sort: undefined, wave: 0 });
    expect(search).toBe('?state=FAILING,DEGRADED&q=a+b%26c&wave=0');
    expect(parseSearch(search)).toEqual({ state: 'FAILING,DEGRADED', q: 'a b&c', wave: '0' });
  });
  it('without anything to say has no question mark', () => {
    expect(stringifySearch({ q: '' })).toBe('');
  });
});
