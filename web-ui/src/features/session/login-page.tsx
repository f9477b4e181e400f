import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearch } from '@tanstack/react-router';
import { type FormEvent, useEffect, useId, useRef, useState } from 'react';
import { asProblem, NETWORK, signIn } from '../../api';
import { useTexts } from '../../i18n';
import { Brand } from '../../ui/brand';
import { Mark } from '../../ui/mark';
import styles from './login.module.css';
import { safeNext } from './model';
import { sessionQuery } from './queries';

export function LoginPage() {
  const { t } = useTexts();
  const router = useRouter();
  const client = useQueryClient();
  const search = useSearch({ strict: false });
  const errorId = useId();
  const passwordField = useRef<HTMLInputElement>(null);
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    document.title = `${t.login.title} · ${t.app.name}`;
  }, [t]);

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = String(form.get('j_username') ?? '').trim();
    const password = String(form.get('j_password') ?? '');
    if (name === '' || password === '') {
      setError(t.login.missing);
      return;
    }
    setBusy(true);
    setError(undefined);
    try {
      if ((await signIn(name, password)) === 'refused') {
        setError(t.login.refused);
        passwordField.current?.select();
        return;
      }
      await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
      router.history.push(safeNext(search.next));
    } catch (cause) {
      const problem = asProblem(cause);
      setError(problem.code === NETWORK ? t.problem.network : problem.message);
    } finally {
      setBusy(false);
    }
  }

  return (
    <main className={styles.page}>
      <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate>
        <Brand />
        <h1>{t.login.title}</h1>
        {search.next !== undefined && search.ended && <p className="muted">{t.login.ended}</p>}
        <TextInput
          name="j_username"
          label={t.login.name}
          autoComplete="username"
          autoFocus
          autoCapitalize="none"
          spellCheck={false}
          required
          withAsterisk={false}
          aria-describedby={error === undefined ? undefined : errorId}
        />
        <PasswordInput
          ref={passwordField}
          name="j_password"
          label={t.login.password}
          autoComplete="current-password"
          required
          withAsterisk={false}
          visibilityToggleButtonProps={{ 'aria-label': t.login.showPassword }}
          aria-describedby={error === undefined ? undefined : errorId}
        />
        <div role="alert" id={errorId} className={styles.error}>
          {error !== undefined && (
            <>
              <Mark kind="bad" /> {error}
            </>
          )}
        </div>
        <Button type="submit" loading={busy}>
          {t.login.submit}
        </Button>
        <p className={styles.hint}>{t.login.firstTime}</p>
      </form>
    </main>
  );
}
