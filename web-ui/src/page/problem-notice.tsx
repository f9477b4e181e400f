import { asProblem, NETWORK, UNREADABLE } from '../api';
import { useSession } from '../features/session';
import { useTexts } from '../i18n';
import { Notice } from '../ui/states';

/** What failed, why, what to do, and the id that finds it in the server's log. */
export function ProblemNotice(props: { error: unknown; what: string; thing?: string; onRetry?: () => void }) {
  const { t, f } = useTexts();
  const { roles } = useSession();
  const problem = asProblem(props.error);
  const footnote =
    problem.requestId === undefined ? undefined : <code>{t.problem.requestId(problem.requestId)}</code>;
  if (problem.status === 403) {
    const names = roles.length === 0 ? t.app.none : f.list(roles.map((role) => t.roles[role]));
    return (
      <Notice
        alert
        mark="held"
        title={t.problem.forbidden}
        detail={t.problem.forbiddenDetail(names)}
        footnote={footnote}
      />
    );
  }
  if (problem.status === 404 && props.thing !== undefined) {
    return <Notice alert mark="absent" title={t.problem.notFound(props.thing)} detail={problem.detail} />;
  }
  const detail =
    problem.code === NETWORK
      ? t.problem.network
      : problem.code === UNREADABLE
        ? t.problem.unreadable
        : problem.message;
  return (
    <Notice
      alert
      mark="bad"
      title={t.problem.failed(props.what)}
      detail={detail}
      {...(props.onRetry && { action: { label: t.app.retry, onClick: props.onRetry } })}
      footnote={footnote ?? (problem.code === UNREADABLE ? <code>{problem.detail}</code> : undefined)}
    />
  );
}
