import styles from './brand.module.css';

export function Brand() {
  return (
    <span className={styles.brand}>
      <svg width="18" height="18" viewBox="0 0 24 24" aria-hidden="true" fill="currentColor">
        <path d="M7 7h10v10H7zM10.5 1.5h3v4h-3zM10.5 18.5h3v4h-3zM1.5 10.5h4v3h-4zM18.5 10.5h4v3h-4z" />
      </svg>
      <span className={styles.name}>TinyFleet</span>
    </span>
  );
}
