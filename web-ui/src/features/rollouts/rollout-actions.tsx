import { Button, TextInput, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { asProblem } from '../../api';
import { useTexts } from '../../i18n';
import { Dialog } from '../../ui/dialog';
import { useMayOperate } from '../session';
import { type Action, actionsOf, consequences } from './actions';
import { type Rollout, shortId, type Verb } from './model';
import { act, rolloutQuery } from './queries';
import styles from './rollout.module.css';

export function RolloutActions({ rollout }: { rollout: Rollout }) {
  const { t } = useTexts();
  const client = useQueryClient();
  const mayOperate = useMayOperate();
  const [confirming, setConfirming] = useState<'rollback' | 'abort'>();
  const perform = useMutation({
    mutationFn: (verb: Verb) => act(rollout.id, verb, rollout.version),
    onSuccess: (changed, verb) => {
      setConfirming(undefined);
      client.setQueryData(rolloutQuery(rollout.id).queryKey, changed);
      notifications.show({ message: t.rollout.verbDone[verb] });
    },
    onError: (error, verb) => {
      setConfirming(undefined);
      notifications.show({
        title: t.rollout.verbFailed(t.rollout.verb[verb].replace(/ ?…$/, '')),
        message: asProblem(error).message,
        autoClose: 10_000,
      });
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['rollouts'] }),
  });

  function press(action: Action): void {
    if (!action.enabled || perform.isPending) return;
    if (action.verb === 'rollback' || action.verb === 'abort') setConfirming(action.verb);
    else perform.mutate(action.verb);
  }

  return (
    <>
      {actionsOf(rollout, mayOperate, t).map((action) => (
        <Tooltip
          key={action.verb}
          label={action.why}
          disabled={action.why === undefined}
          events={{ hover: true, focus: true, touch: true }}
        >
          <Button
            variant={action.verb === 'start' || action.verb === 'resume' ? 'filled' : 'default'}
            className={action.dangerous ? 'danger-button' : ''}
            aria-disabled={!action.enabled}
            {...(!action.enabled && { 'data-disabled': true })}
            loading={perform.isPending && perform.variables === action.verb && !action.dangerous}
            onClick={() => press(action)}
          >
            {t.rollout.verb[action.verb]}
          </Button>
        </Tooltip>
      ))}
      {confirming !== undefined && (
        <ConfirmDialog
          rollout={rollout}
          verb={confirming}
          busy={perform.isPending}
          onClose={() => setConfirming(undefined)}
          onConfirm={() => perform.mutate(confirming)}
        />
      )}
    </>
  );
}

/** Says what will happen with counts, asks for the short id, and keeps the focus on the safe button. */
function ConfirmDialog(props: {
  rollout: Rollout;
  verb: 'rollback' | 'abort';
  busy: boolean;
  onClose: () => void;
  onConfirm: () => void;
}) {
  const { t, f } = useTexts();
  const [typed, setTyped] = useState('');
  const { rollout, verb } = props;
  const [main] = [...rollout.from].sort((a, b) => b.devices - a.devices);
  const wanted = shortId(rollout.id);
  const title =
    verb === 'rollback'
      ? t.rollout.confirm.rollbackTitle(
          main ? `${main.model} ${main.version}` : t.rollout.confirm.rollbackNoPrevious,
        )
      : t.rollout.confirm.abortTitle;
  return (
    <Dialog opened onClose={props.onClose} title={title} closeLabel={t.app.close}>
      <form
        className={styles.confirm}
        onSubmit={(event) => {
          event.preventDefault();
          if (typed.trim() === wanted) props.onConfirm();
        }}
      >
        <ul className={styles.consequences}>
          {consequences(rollout, verb, t, f).map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
        <TextInput
          label={t.rollout.confirm.type(wanted)}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
          classNames={{ input: 'mono' }}
        />
        <div className={styles.confirmActions}>
          <Button variant="default" data-autofocus onClick={props.onClose}>
            {t.rollout.confirm.keepRunning}
          </Button>
          <Button
            type="submit"
            variant="default"
            className="danger-button"
            disabled={typed.trim() !== wanted}
            loading={props.busy}
          >
            {verb === 'rollback' ? t.rollout.confirm.rollback : t.rollout.confirm.abort}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
