import { describe, expect, it } from 'vitest';
import { de } from '../../i18n/de';
import { en } from '../../i18n/en';
import { formatsFor } from '../../i18n/format';
import { actionsOf, consequences } from './actions';
import { Rollout } from './model';

const f = formatsFor('en');

const rollout = (more: object = {}): Rollout =>
  Rollout.parse({
    id: '0190f3a2-7c11-7b3e-9d2c-1f2e3d4c5b6a',
    state: 'RUNNING',
    release: { id: 'x', model: 'vad', version: '6' },
    from: [
      { model: 'vad', version: '4', devices: 1 },
      { model: 'vad', version: '5', devices: 9 },
    ],
    slot: 'vad',
    author: 'admin',
    createdAt: '2026-01-01T00:00:00Z',
    counts: { healthy: 7, inFlight: 2, pending: 1, offline: 1 },
    version: 4,
    waves: [],
    verbs: { pause: { allowed: true }, advance: { allowed: false, why: 'No wave soaks.' } },
    ...more,
  });

describe('the actions of a rollout', () => {
  it('say in the words of the server why they are not possible now', () => {
    const advance = actionsOf(rollout(), true, en).find((action) => action.verb === 'advance');
    expect(advance).toMatchObject({ enabled: false, why: 'No wave soaks.' });
  });
  it('name the missing role to a viewer, whatever the server allows', () => {
    const actions = actionsOf(rollout(), false, en);
    expect(actions.every((action) => !action.enabled && action.why === en.rollout.needsRole)).toBe(true);
  });
  it('stay disabled when the server says nothing about them', () => {
    const rollback = actionsOf(rollout(), true, en).find((action) => action.verb === 'rollback');
    expect(rollback).toMatchObject({ enabled: false, why: en.rollout.notNow, dangerous: true });
  });
  it('are gone when the rollout has ended', () => {
    expect(
      actionsOf(rollout({ state: 'COMPLETED', verbs: { rollback: { allowed: false } } }), true, en),
    ).toEqual([]);
  });
  it('include one the server allows though the state would not suggest it', () => {
    const ended = rollout({ state: 'COMPLETED', verbs: { rollback: { allowed: true } } });
    expect(actionsOf(ended, true, en).map((action) => action.verb)).toEqual(['rollback']);
  });
});

describe('the confirmation', () => {
  it('of a roll back says how many return to which version, how many stop, how many follow', () => {
    expect(consequences(rollout(), 'rollback', en, f)).toEqual([
      '7 devices go back to vad 5. It is still on their disks, so nothing is downloaded.',
      '2 updates in progress are cancelled.',
      '1 offline device follows when it connects.',
    ]);
  });
  it('of an abort says what stays', () => {
    const sentences = consequences(rollout(), 'abort', de, formatsFor('de'));
    expect(sentences[0]).toBe('7 Geräte behalten vad 6 und werden nicht zurückgestellt.');
    expect(sentences).toHaveLength(3);
  });
});
