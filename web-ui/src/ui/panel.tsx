import { type ReactNode, useId } from 'react';
import styles from './panel.module.css';

/** A titled box; the title names the region for assistive technology. */
export function Panel(props: {
  title: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  flush?: boolean;
  overflowing?: boolean;
}) {
  const id = useId();
  return (
    <section className={props.overflowing ? styles.open : styles.panel} aria-labelledby={id}>
      <header className={styles.header}>
        <h2 id={id}>{props.title}</h2>
        {props.aside !== undefined && <div className={styles.aside}>{props.aside}</div>}
      </header>
      <div className={props.flush ? undefined : styles.body}>{props.children}</div>
    </section>
  );
}
