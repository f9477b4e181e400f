import { Fragment, useState } from 'react';
import { useTexts } from '../i18n';
import { Dialog } from '../ui/dialog';
import styles from './keys-dialog.module.css';
import { setSingleKeys, singleKeysOn } from './use-keys';

export function KeysDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTexts();
  const [single, setSingle] = useState(singleKeysOn);
  const rows: readonly [keys: readonly string[], joint: string, meaning: string][] = [
    [['Ctrl K', '/'], t.keys.or, t.keys.palette],
    [['g', 'o'], t.keys.joint, t.keys.toOverview],
    [['g', 'd'], t.keys.joint, t.keys.toDevices],
    [['g', 'r'], t.keys.joint, t.keys.toRollouts],
    [['↑', '↓'], t.keys.or, t.keys.gridMove],
    [['Enter'], '', t.keys.gridOpen],
    [['?'], '', t.keys.help],
    [['Esc'], '', t.keys.close],
  ];
  return (
    <Dialog opened={opened} onClose={onClose} title={t.keys.title} closeLabel={t.app.close}>
      <dl className={styles.list}>
        {rows.map(([keys, joint, meaning]) => (
          <div key={meaning} className={styles.row}>
            <dt>{meaning}</dt>
            <dd>
              {keys.map((key, index) => (
                <Fragment key={key}>
                  {index > 0 && <span className={styles.joint}>{joint}</span>}
                  <kbd className={styles.kbd}>{key}</kbd>
                </Fragment>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <label className={styles.switch}>
        <input
          type="checkbox"
          checked={single}
          onChange={(event) => {
            setSingle(event.currentTarget.checked);
            setSingleKeys(event.currentTarget.checked);
          }}
        />
        {t.keys.singleKeys}
      </label>
    </Dialog>
  );
}
