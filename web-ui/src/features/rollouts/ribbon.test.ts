import { describe, expect, it } from 'vitest';
import { devicesPerMark, markRuns } from './ribbon';

describe('a ribbon', () => {
  it('shows single devices for a small fleet and round numbers for a large one', () => {
    expect([3, 96, 97, 1600, 100_000].map((size) => devicesPerMark(size))).toEqual([1, 1, 2, 20, 2000]);
  });
  it('never loses a single failed device among ten thousand', () => {
    const runs = markRuns(
      [
        { state: 'HEALTHY', count: 9999 },
        { state: 'FAILED', count: 1 },
      ],
      200,
    );
    expect(runs.map((run) => [run.kind, run.marks])).toEqual([
      ['good', 50],
      ['bad', 1],
    ]);
  });
  it('puts what is done first and what waits last, and leaves out empty groups', () => {
    const runs = markRuns(
      [
        { state: 'PENDING', count: 5 },
        { state: 'OFFLINE', count: 1 },
        { state: 'DOWNLOADING', count: 0 },
        { state: 'PROBATION', count: 2 },
        { state: 'HEALTHY', count: 3 },
      ],
      1,
    );
    expect(runs.map((run) => run.kind)).toEqual(['good', 'busy', 'absent', 'waiting']);
  });
  it('draws a state it does not know as waiting instead of breaking', () => {
    expect(markRuns([{ state: 'DREAMING', count: 1 }], 1)[0]?.kind).toBe('waiting');
  });
});
