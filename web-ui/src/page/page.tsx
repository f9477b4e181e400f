import { type ReactNode, useEffect } from 'react';
import { useTexts } from '../i18n';
import styles from './page.module.css';

/** The frame of a page: names the document, and holds breadcrumb, title, status line and actions. */
export function Page(props: {
  name: string;
  heading: ReactNode;
  crumb?: ReactNode;
  status?: ReactNode;
  actions?: ReactNode;
  full?: boolean;
  children: ReactNode;
}) {
  const { t } = useTexts();
  useEffect(() => {
    document.title = `${props.name} · ${t.app.name}`;
  }, [props.name, t]);
  return (
    <div className={props.full ? styles.full : styles.page}>
      <header className={styles.header}>
        <div className={styles.headings}>
          {props.crumb !== undefined && <div className={styles.crumb}>{props.crumb}</div>}
          <h1>{props.heading}</h1>
          {props.status !== undefined && <div className={styles.status}>{props.status}</div>}
        </div>
        {props.actions !== undefined && <div className={styles.actions}>{props.actions}</div>}
      </header>
      {props.children}
    </div>
  );
}
