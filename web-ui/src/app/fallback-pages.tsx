import type { ErrorComponentProps } from '@tanstack/react-router';
import { useTexts } from '../i18n';
import { Notice } from '../ui/states';

export function MissingPage() {
  const { t } = useTexts();
  return (
    <Notice
      mark="absent"
      title={t.problem.noPage}
      action={{ label: t.problem.toOverview, onClick: () => window.location.assign('/') }}
    />
  );
}

export function CrashPage({ error }: ErrorComponentProps) {
  const { t } = useTexts();
  return (
    <Notice
      alert
      mark="bad"
      title={t.problem.crashed}
      detail={t.problem.crashedDetail}
      action={{ label: t.app.retry, onClick: () => window.location.reload() }}
      footnote={<code>{error instanceof Error ? error.message : String(error)}</code>}
    />
  );
}
