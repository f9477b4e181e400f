import { describe, expect, it } from 'vitest';
import { deviceSearch, isFiltered, modelsAndVersions, sortedBy, toggled } from './search';

describe('the address of the device list', () => {
  it('keeps what it understands', () => {
    expect(deviceSearch({ q: ' dev ', state: 'FAILING,DEGRADED', sort: 'p95', order: 'desc' })).toEqual({
      q: 'dev',
      state: ['DEGRADED', 'FAILING'],
      sort: 'p95',
      order: 'desc',
    });
  });
  it('drops what it does not understand', () => {
    expect(deviceSearch({ state: 'BROKEN', sort: 'colour', order: 'up', kind: 7, q: {}, page: '3' })).toEqual(
      {},
    );
  });
  it('is the same whether a link or a browser wrote it', () => {
    expect(deviceSearch({ hardware: ['a', 'b'] })).toEqual(deviceSearch({ hardware: 'a,b,a,' }));
  });
  it('takes a number in the search for text, as a device id may be one', () => {
    expect(deviceSearch({ q: 17 })).toEqual({ q: '17' });
  });
  it('cuts a text that is too long', () => {
    expect(deviceSearch({ q: 'x'.repeat(5000) }).q?.length).toBe(200);
  });
});

describe('a model version', () => {
  it('is asked for by model and version', () => {
    expect(modelsAndVersions(['silero-vad 6.0.0', 'silero-vad 5.0.0'])).toEqual({
      model: 'silero-vad',
      version: '6.0.0,5.0.0',
    });
  });
});

describe('a filter', () => {
  it('is not the same as an order', () => {
    expect(isFiltered({ sort: 'p95', order: 'asc' })).toBe(false);
    expect(isFiltered({ q: 'a' })).toBe(true);
  });
  it('leaves the address with its last word', () => {
    expect(toggled(['FAILING'], 'FAILING')).toBeUndefined();
    expect(toggled(['FAILING'], 'OFFLINE')).toEqual(['FAILING', 'OFFLINE']);
  });
});

describe('sorting', () => {
  it('begins with the largest for numbers and turns round on the second click', () => {
    expect(sortedBy({}, 'p95')).toEqual({ sort: 'p95', order: 'desc' });
    expect(sortedBy({ sort: 'p95', order: 'desc' }, 'p95')).toEqual({ sort: 'p95', order: 'asc' });
  });
  it('by id is the default, so the first click on it turns it round', () => {
    expect(sortedBy({}, 'id')).toEqual({ sort: 'id', order: 'desc' });
  });
});
