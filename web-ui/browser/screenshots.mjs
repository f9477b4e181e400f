// Writes docs/screenshots/{overview,devices,rollout}{,-dark}.png from a running server.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { api, contextOf, launch, settled, signedInState } from './harness.mjs';

const OUT = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));
const MOST_TELLING = [
  'RUNNING',
  'ROLLING_BACK',
  'PAUSED',
  'ROLLED_BACK',
  'COMPLETED',
  'READY',
  'DRAFT',
  'ABORTED',
];

mkdirSync(OUT, { recursive: true });
const browser = await launch();
const state = await signedInState(browser);
for (const theme of ['light', 'dark']) {
  const context = await contextOf(browser, { state, theme, width: 1440, height: 900 });
  const page = await context.newPage();
  await page.goto('/');
  const { items } = await api(page, '/rollouts?limit=100');
  const [rollout] = items.sort((a, b) => MOST_TELLING.indexOf(a.state) - MOST_TELLING.indexOf(b.state));
  const pages = {
    overview: '/',
    devices: '/devices',
    ...(rollout && { rollout: `/rollouts/${rollout.id}` }),
  };
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(path);
    await settled(page);
    await page.locator('header [data-word="live"]').waitFor();
    await page.evaluate(() => document.fonts.ready);
    const file = `${OUT}${name}${theme === 'dark' ? '-dark' : ''}.png`;
    await page.screenshot({ path: file });
    console.log(file);
  }
  await context.close();
}
await browser.close();
