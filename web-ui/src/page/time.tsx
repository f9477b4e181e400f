import { useTexts } from '../i18n';
import { useNow } from '../ui/use-now';

/** How long ago, with the exact instant (UTC, ISO 8601) on hover. */
export function Ago({ at }: { at: string }) {
  const { f } = useTexts();
  const now = useNow();
  return (
    <time dateTime={at} title={at}>
      {f.ago(Date.parse(at), now)}
    </time>
  );
}

/** The time of day; with seconds, since steps follow each other within a minute. */
export function Clock({ at }: { at: string }) {
  const { f } = useTexts();
  return (
    <time dateTime={at} title={at}>
      {f.clock(Date.parse(at))}
    </time>
  );
}
