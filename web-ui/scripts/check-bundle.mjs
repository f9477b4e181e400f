// Fails the build when the first route outgrows its budget: gzip of all JavaScript and CSS the entry needs,
// the shell and the Overview page included.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const JS_BUDGET_KB = 260;
const CSS_BUDGET_KB = 50;
const OUT = 'target/classes/META-INF/resources';
const FIRST_ROUTE = ['index.html', 'src/features/overview/overview-page.tsx'];

const manifest = JSON.parse(readFileSync(`${OUT}/.vite/manifest.json`, 'utf8'));
const scripts = new Set();
const styles = new Set();

function collect(key) {
  const chunk = manifest[key];
  if (!chunk || scripts.has(chunk.file)) return;
  scripts.add(chunk.file);
  for (const sheet of chunk.css ?? []) styles.add(sheet);
  for (const imported of chunk.imports ?? []) collect(imported);
}

const kilobytes = (files) =>
  [...files].reduce((sum, file) => sum + gzipSync(readFileSync(`${OUT}/${file}`), { level: 9 }).length, 0) /
  1024;

FIRST_ROUTE.forEach(collect);
const js = kilobytes(scripts);
const css = kilobytes(styles);
const all = kilobytes(
  Object.values(manifest)
    .map((chunk) => chunk.file)
    .filter((file) => file.endsWith('.js')),
);
const line = `first route: ${js.toFixed(1)} KB JS of ${JS_BUDGET_KB}, ${css.toFixed(1)} KB CSS of ${CSS_BUDGET_KB} (gzip); all routes ${all.toFixed(1)} KB JS`;
rmSync(`${OUT}/.vite`, { recursive: true });
writeFileSync('target/bundle-size.txt', `${line}\n`);
console.log(line);
if (js > JS_BUDGET_KB || css > CSS_BUDGET_KB) {
  console.error('The first route is over its budget.');
  process.exit(1);
}
