import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTexts } from '../i18n';
import { ProblemNotice } from './problem-notice';

/** The data when there is some, even old; else the skeleton in the final geometry, or what went wrong. */
export function Loaded<T>(props: {
  query: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>;
  what: string;
  thing?: string;
  skeleton: ReactNode;
  children: (data: T) => ReactNode;
}) {
  const { t } = useTexts();
  const { data, error, refetch } = props.query;
  if (data !== undefined) return props.children(data);
  if (error !== null) {
    return (
      <ProblemNotice
        error={error}
        what={props.what}
        {...(props.thing !== undefined && { thing: props.thing })}
        onRetry={() => void refetch()}
      />
    );
  }
  return (
    <>
      <span className="visually-hidden" role="status">
        {t.app.loading}
      </span>
      <div aria-hidden="true">{props.skeleton}</div>
    </>
  );
}
