import { Button } from '@mantine/core';
import type { CSSProperties, ReactNode } from 'react';
import { Mark, type MarkKind } from './mark';
import styles from './states.module.css';

/** A grey block with the size of what will come, so that nothing jumps. */
export function Bone({ width = '100%', height = 14 }: { width?: string | number; height?: number }) {
  const size: CSSProperties = { width, height };
  return <span className={styles.bone} style={size} />;
}

/** A message in place of content: what it is, and one thing to do. */
export function Notice(props: {
  mark?: MarkKind;
  title: string;
  detail?: ReactNode;
  action?: { label: string; onClick: () => void };
  footnote?: ReactNode;
  alert?: boolean;
}) {
  return (
    <div className={styles.notice} role={props.alert ? 'alert' : undefined}>
      {props.mark && <Mark kind={props.mark} size={18} />}
      <p className={styles.title}>{props.title}</p>
      {props.detail !== undefined && <div className={styles.detail}>{props.detail}</div>}
      {props.action && (
        <Button variant="default" onClick={props.action.onClick}>
          {props.action.label}
        </Button>
      )}
      {props.footnote !== undefined && <div className={styles.footnote}>{props.footnote}</div>}
    </div>
  );
}
