// A browser, a signed-in context, and a list of tests that are run in order and counted.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const WAIT_MILLIS = 15_000;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const BASE_URL = required('BASE_URL').replace(/\/$/, '');
export const USER = process.env.CONSOLE_USER ?? 'admin';
export const PASSWORD = required('CONSOLE_PASSWORD');

function required(name) {
  const value = process.env[name];
  if (value) return value;
  console.error(`Set ${name}: BASE_URL, CONSOLE_USER and CONSOLE_PASSWORD of a running server.`);
  process.exit(2);
}

export function launch() {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

/** What the browser itself complained about; each entry fails the run. */
export const complaints = [];

/** A context with theme, language and width; refused requests are part of some tests and no complaint. */
export async function contextOf(
  browser,
  { theme = 'light', language = 'en', width = 1280, height = 900, state, headers } = {},
) {
  const context = await browser.newContext({
    baseURL: BASE_URL,
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: 'reduce',
    ...(state && { storageState: state }),
    ...(headers && { extraHTTPHeaders: headers }),
  });
  context.setDefaultTimeout(WAIT_MILLIS);
  await context.addInitScript((words) => {
    try {
      if (localStorage.getItem('tinyfleet-language') === null)
        localStorage.setItem('tinyfleet-language', words);
    } catch {
      // A page without an address has no storage.
    }
  }, language);
  context.on('page', (page) => {
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
    page.on('console', (message) => {
      const text = message.text();
      if (message.type() === 'error' && !text.startsWith('Failed to load resource')) {
        complaints.push(`${page.url()}: ${text}`);
      }
    });
  });
  return context;
}

export async function signIn(page, password = PASSWORD) {
  await page.locator('input[name="j_username"]').fill(USER);
  await page.locator('input[name="j_password"]').fill(password);
  await page.locator('button[type="submit"]').click();
}

/** Signs in once; the returned state opens further contexts. */
export async function signedInState(browser) {
  const context = await contextOf(browser);
  const page = await context.newPage();
  await page.goto('/login');
  await signIn(page);
  await page.locator('main#content h1').waitFor();
  const state = await context.storageState();
  await context.close();
  return { ...state, origins: [] };
}

/** Waits until the page shows its content and no skeleton. */
export async function settled(page) {
  await page.locator('main h1').first().waitFor();
  await page.waitForFunction(
    () =>
      document.querySelector('main [aria-hidden="true"] [class*="bone"], main h1 [class*="bone"]') === null,
  );
}

/** The API as the page's own session sees it. */
export async function api(page, path) {
  return page.evaluate(async (address) => {
    const response = await fetch(address);
    if (!response.ok) throw new Error(`${address}: ${response.status}`);
    return response.json();
  }, `/api/v1${path}`);
}

export async function violations(page) {
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ['violations'] }),
  );
  return found.map(
    ({ id, nodes }) =>
      `${id}: ${nodes.map((node) => `${node.target.join(' ')} (${node.failureSummary ?? ''})`).join('; ')}`,
  );
}

export function equal(actual, expected, what) {
  const [a, b] = [actual, expected].map((value) => JSON.stringify(value));
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`);
}

export function truth(claim, what) {
  if (!claim) throw new Error(what);
}

/** Live numbers may change between two looks: a comparison holds when one of a few attempts agrees. */
export async function eventually(attempt, times = 4) {
  for (let left = times; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left <= 1) throw error;
    }
  }
}

const tests = [];
export const test = (name, run) => tests.push({ name, run });

export async function runAll() {
  const only = process.env.ONLY;
  let passed = 0;
  let failed = 0;
  for (const { name, run } of tests.filter((each) => !only || each.name.includes(only))) {
    const start = performance.now();
    try {
      await run();
      passed += 1;
      console.log(`ok    ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL  ${name}\n      ${String(error.message ?? error).replaceAll('\n', '\n      ')}`);
    }
  }
  return { passed, failed };
}
