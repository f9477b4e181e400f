import { useRouter } from '@tanstack/react-router';
import type { MouseEvent, ReactNode } from 'react';

/** A link to an address the server chose. Anything that is not a path of this console is only text. */
export function PathLink(props: { path: string; className?: string | undefined; children: ReactNode }) {
  const router = useRouter();
  if (!props.path.startsWith('/') || props.path.startsWith('//')) return <span>{props.children}</span>;
  function follow(event: MouseEvent): void {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0) return;
    event.preventDefault();
    router.history.push(props.path);
  }
  return (
    <a href={props.path} onClick={follow} className={props.className}>
      {props.children}
    </a>
  );
}
