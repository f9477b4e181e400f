// Runs `npm ci` unless the installed packages already belong to this lock file and this Node.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const STAMP = 'node_modules/.installed-for';

const hash = createHash('sha256');
for (const file of ['package.json', 'package-lock.json', '.npmrc']) hash.update(readFileSync(file));
const wanted = `${hash.digest('hex')} node ${process.version}\n`;

if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) {
  console.log('packages are up to date');
} else {
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: 'inherit',
  });
  if (result.status !== 0) process.exit(result.status ?? 1);
  writeFileSync(STAMP, wanted);
}
