import { describe, expect, it } from 'vitest';
import { subjectOf } from './connection';

describe('the payload of an event', () => {
  it('names its device or rollout', () => {
    expect(subjectOf('{"deviceId":"dev-7","version":3}')).toBe('dev-7');
    expect(subjectOf('{"id":"r-1"}')).toBe('r-1');
  });
  it('may be anything else without harm', () => {
    for (const data of ['', 'not json', 'null', '[]', '{"id":7}', undefined])
      expect(subjectOf(data)).toBeUndefined();
  });
});
