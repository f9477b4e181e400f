// The console in Chromium against a running server with devices, rollouts that were judged and one that is planned but
// not started (there the dangerous and the disabled actions are):
//   BASE_URL=http://127.0.0.1:8080 CONSOLE_USER=admin CONSOLE_PASSWORD=… npm run test:browser
import {
  api,
  complaints,
  contextOf,
  equal,
  eventually,
  launch,
  PASSWORD,
  runAll,
  settled,
  signedInState,
  signIn,
  test,
  truth,
  violations,
} from './harness.mjs';

const MOST_ROWS_IN_DOM = 60;
const browser = await launch();

async function within(options, use) {
  const context = await contextOf(browser, options);
  try {
    return await use(await context.newPage(), context);
  } finally {
    await context.close();
  }
}

test('a wrong password is refused with a sentence and without a session', () =>
  within({}, async (page) => {
    await page.goto('/');
    await page.waitForURL(/\/login/);
    equal(
      await page.getByText('Your session has ended').count(),
      0,
      'words about an ended session at the first visit',
    );
    await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'j_username');
    await signIn(page, `${PASSWORD}-wrong`);
    await page.getByRole('alert').getByText('Name or password is wrong.').waitFor();
    equal(
      await page.evaluate(async () => (await fetch('/api/v1/session')).status),
      401,
      'status of the session',
    );
  }));

test('an empty form is refused before it is sent', () =>
  within({}, async (page) => {
    await page.goto('/login');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Enter name and password.').waitFor();
  }));

test('signing in leads to the page that was asked for', () =>
  within({}, async (page) => {
    await page.goto('/devices?state=HEALTHY&sort=p95&order=desc');
    await page.waitForURL(/\/login/);
    await signIn(page);
    await page.waitForURL(/\/devices\?state=HEALTHY&sort=p95&order=desc$/);
    await settled(page);
  }));

const state = await signedInState(browser);
const signedIn = (options = {}) => ({ state, ...options });

const { device, rollout, planned, rollouts } = await within(signedIn(), async (page) => {
  await page.goto('/');
  const devices = await api(page, '/devices?limit=1');
  const { items } = await api(page, '/rollouts?limit=100');
  return {
    device: devices.items[0],
    rollouts: items,
    rollout: items.find((each) => each.startedAt),
    planned: items.find((each) => !each.startedAt && !each.endedAt),
  };
});
if (!device || !rollout || !planned) {
  console.error(
    'The server needs a device, a rollout that was started and one that is planned but not started.',
  );
  process.exit(2);
}
const PAGES = [
  ['overview', '/'],
  ['devices', '/devices'],
  ['device', `/devices/${encodeURIComponent(device.id)}`],
  ['rollouts', '/rollouts'],
  ['rollout', `/rollouts/${rollout.id}`],
  ['planned rollout', `/rollouts/${planned.id}`],
];

test('the overview shows the fleet the server has', () =>
  within(signedIn(), async (page) => {
    await page.goto('/');
    await settled(page);
    const { fleetTotal } = await api(page, '/overview');
    const heading = await page.locator('h1').textContent();
    truth(
      heading.startsWith(fleetTotal.toLocaleString('en-GB')),
      `the heading is “${heading}”, the fleet ${fleetTotal}`,
    );
  }));

test('the stream is live on every page', () =>
  within(signedIn(), async (page) => {
    for (const [, path] of PAGES) {
      await page.goto(path);
      await page.locator('header [role="status"][data-word="live"]').waitFor();
    }
  }));

test('the device list shows each device once and keeps few rows in the document', () =>
  within(signedIn(), async (page) => {
    await page.goto('/devices');
    await settled(page);
    await page.getByRole('grid').locator('[role="gridcell"]').first().waitFor();
    const { total } = await api(page, '/devices?limit=1');
    const rows = await page
      .locator('[role="grid"] [role="row"][aria-rowindex]:not([aria-rowindex="1"])')
      .count();
    truth(rows > 0 && rows <= Math.min(total, MOST_ROWS_IN_DOM), `${rows} rows for ${total} devices`);
    equal(
      Number(await page.getByRole('grid').getAttribute('aria-rowcount')),
      total + 1,
      'rows told to assistive technology',
    );
  }));

test('a device page shows its state, slots and facts', () =>
  within(signedIn(), async (page) => {
    await page.goto(`/devices/${encodeURIComponent(device.id)}`);
    await settled(page);
    truth((await page.locator('h1').textContent()).includes(device.id), 'the heading names the device');
    for (const name of ['Slots', 'Facts', 'Events'])
      await page.getByRole('region', { name, exact: true }).waitFor();
  }));

test('a rollout page shows its waves, gates, devices and events', () =>
  within(signedIn(), async (page) => {
    for (const each of rollouts.slice(0, 5)) {
      await page.goto(`/rollouts/${each.id}`);
      await settled(page);
      const full = await api(page, `/rollouts/${each.id}`);
      equal(
        await page.locator('section table thead tr').first().locator('th[data-mark]').count(),
        full.waves.length,
        'waves',
      );
      await page.getByRole('region', { name: 'Events', exact: true }).waitFor();
    }
  }));

async function listOf(page, wanted) {
  await page.waitForURL(/\/devices\?/);
  await page.getByRole('heading', { level: 1, name: `Devices ${wanted} of ` }).waitFor({ timeout: 5000 });
}

test('every state count of the overview leads to a list with exactly that total', () =>
  within(signedIn(), async (page) => {
    await page.goto('/');
    await settled(page);
    const links = await page.locator('a[href^="/devices?state="] strong').count();
    truth(links >= 5, `${links} linked counts`);
    for (let index = 0; index < links; index += 1) {
      await eventually(async () => {
        await page.goto('/');
        await settled(page);
        const count = page.locator('a[href^="/devices?state="] strong').nth(index);
        const wanted = await count.textContent();
        await count.click();
        await listOf(page, wanted);
      });
    }
  }));

test('every cell of versions by hardware leads to a list with exactly that total', () =>
  within(signedIn(), async (page) => {
    await page.goto('/');
    await settled(page);
    const cells = 'td a[href^="/devices?hardware="]';
    const count = Math.min(8, await page.locator(cells).count());
    truth(count > 0, 'the matrix has cells');
    for (let index = 0; index < count; index += 1) {
      await eventually(async () => {
        await page.goto('/');
        await settled(page);
        const wanted = await page.locator(cells).nth(index).textContent();
        await page.locator(cells).nth(index).click();
        await listOf(page, wanted);
      });
    }
  }));

test('every count of a rollout leads to a list with exactly that total', () =>
  within(signedIn(), async (page) => {
    for (const each of rollouts.slice(0, 3)) {
      await page.goto(`/rollouts/${each.id}`);
      await settled(page);
      const words = await page
        .locator('a[data-count]')
        .evaluateAll((links) => links.map((link) => link.dataset.count));
      truth(words.length >= 2, `${words.length} linked counts`);
      for (const word of words) {
        const address = await page.locator(`a[data-count="${word}"]`).getAttribute('href');
        await page.goto(address);
        await settled(page);
        // Both numbers are live, so they are read at the same moment.
        await page.waitForFunction(
          (name) =>
            document.querySelector(`a[data-count="${name}"] strong`)?.textContent ===
            document.querySelector('[data-testid="members-total"]')?.textContent,
          word,
        );
      }
    }
  }));

test('state chips count without their own selection', () =>
  within(signedIn(), async (page) => {
    await page.goto('/devices');
    await settled(page);
    const chips = page.locator('fieldset button');
    const before = await chips.allTextContents();
    await chips.first().click();
    await page.waitForURL(/state=/);
    await settled(page);
    equal((await chips.allTextContents()).length, before.length, 'chips after one is chosen');
  }));

test('a filter that matches nothing says so and can be cleared', () =>
  within(signedIn(), async (page) => {
    await page.goto('/devices?q=no-such-device-anywhere');
    await page.getByText('No device matches these filters').waitFor();
    await page.locator('main').getByRole('button', { name: 'Clear filters' }).last().click();
    await page.waitForURL(/\/devices$/);
    await page.getByRole('grid').waitFor();
  }));

test('an address of nothing says what is missing', () =>
  within(signedIn(), async (page) => {
    await page.goto('/devices/no-such-device');
    await page.getByText('There is no device here').waitFor();
    await page.goto('/rollouts/00000000-0000-7000-8000-000000000000');
    await page.getByText('There is no rollout here').waitFor();
    await page.goto('/no/such/page');
    await page.getByText('There is no page at this address').waitFor();
  }));

test('a deep link survives a reload', () =>
  within(signedIn(), async (page) => {
    const address = '/devices?q=a&state=HEALTHY,OFFLINE&sort=lastSeen&order=desc';
    await page.goto(address);
    await settled(page);
    await page.reload();
    await settled(page);
    equal(new URL(page.url()).pathname + new URL(page.url()).search, address, 'address after the reload');
    equal(await page.locator('input[type="search"]').inputValue(), 'a', 'search field');
    equal(await page.locator('fieldset button[aria-pressed="true"]').count(), 2, 'chosen chips');
  }));

test('a chosen cell is part of the address', () =>
  within(signedIn(), async (page) => {
    const judged = [];
    for (const each of rollouts) {
      const full = await page.goto('/').then(() => api(page, `/rollouts/${each.id}`));
      if (full.waves.some((wave) => (wave.gates ?? []).length > 0)) judged.push(full);
    }
    truth(judged.length > 0, 'a rollout with a judged gate');
    await page.goto(`/rollouts/${judged[0].id}`);
    await settled(page);
    await page.locator('td a[href*="cell="]').first().click();
    await page.waitForURL(/cell=/);
    await page.reload();
    await settled(page);
    equal(await page.locator('td[data-chosen="true"]').count(), 1, 'chosen cells after the reload');
  }));

test('the keyboard alone goes from the overview to a device and back', () =>
  within(signedIn(), async (page) => {
    await page.goto('/');
    await settled(page);
    await page.keyboard.press('Tab');
    equal(
      await page.evaluate(() => document.activeElement?.getAttribute('href')),
      '#content',
      'first stop of Tab',
    );
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    await page.waitForURL(/\/devices$/);
    await page.locator('[role="gridcell"]').first().waitFor();
    for (let stop = 0; stop < 40; stop += 1) {
      if (await page.evaluate(() => document.activeElement?.getAttribute('role') === 'grid')) break;
      await page.keyboard.press('Tab');
    }
    equal(
      await page.evaluate(() => document.activeElement?.getAttribute('role')),
      'grid',
      'role of the focused element',
    );
    await page.keyboard.press('ArrowDown');
    const active = await page.getByRole('grid').getAttribute('aria-activedescendant');
    equal(await page.locator(`#${active}`).count(), 1, 'rendered active rows');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/devices\/.+/);
    await page.keyboard.press('g');
    await page.keyboard.press('r');
    await page.waitForURL(/\/rollouts$/);
  }));

test('the palette finds a device and a page', () =>
  within(signedIn(), async (page) => {
    await page.goto('/');
    await settled(page);
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').locator('input').waitFor();
    await page.keyboard.type(device.id);
    await page.getByRole('dialog').getByText(device.id, { exact: true }).waitFor();
    equal(await violations(page), [], 'axe on the palette');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/devices/);
    await page.keyboard.press('/');
    await page.getByRole('dialog').locator('input').waitFor();
    await page.keyboard.type('rollo');
    await page.getByRole('dialog').getByText('Rollouts', { exact: true }).first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }));

test('the list of shortcuts opens with a question mark, closes with Escape, and single keys can be turned off', () =>
  within(signedIn(), async (page) => {
    await page.goto('/');
    await settled(page);
    await page.keyboard.press('?');
    const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await dialog.waitFor();
    equal(await violations(page), [], 'axe on the shortcuts');
    await dialog.getByRole('checkbox').uncheck();
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.keyboard.press('g');
    await page.keyboard.press('d');
    await page.keyboard.press('?');
    equal(await page.getByRole('dialog').count(), 0, 'dialogs after a key that is off');
    truth(!page.url().endsWith('/devices'), 'g d does nothing when single keys are off');
  }));

test('a dangerous action says its counts, keeps the focus on the safe button and asks for the id', () =>
  within(signedIn(), async (page) => {
    await page.goto(`/rollouts/${planned.id}`);
    await settled(page);
    await page.locator('button.danger-button:not([aria-disabled="true"])').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    await page.waitForFunction(() => document.activeElement?.textContent === 'Keep it as it is');
    truth(/\d/.test(await dialog.textContent()), 'the dialog says counts');
    const submit = dialog.locator('button[type="submit"]');
    truth(await submit.isDisabled(), 'the dangerous button waits for the id');
    await dialog.getByRole('textbox').first().fill('not-the-id');
    truth(await submit.isDisabled(), 'the dangerous button waits for the right id');
    equal(await violations(page), [], 'axe on the confirmation');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    equal((await api(page, `/rollouts/${planned.id}`)).state, planned.state, 'state after Escape');
  }));

test('a viewer sees everything, may do nothing and is told why', async () => {
  const made = await within(signedIn(), async (page) => {
    await page.goto('/');
    return page.evaluate(async () => {
      const response = await fetch('/api/v1/tokens', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-TinyFleet': 'console' },
        body: JSON.stringify({ name: 'browser test viewer', roles: ['viewer'] }),
      });
      return response.ok ? response.json() : { status: response.status };
    });
  });
  truth(made.token, `a viewer token could be made (status ${made.status})`);
  await within({ headers: { Authorization: `Bearer ${made.token}` } }, async (page) => {
    await page.goto(`/devices/${encodeURIComponent(device.id)}`);
    await settled(page);
    equal(
      await page.locator('main header:has(h1) button:not([aria-disabled="true"])').count(),
      0,
      'actions of a viewer on a device',
    );
    await page.goto(`/rollouts/${planned.id}`);
    await settled(page);
    const actions = page.locator('main header:has(h1) button');
    const count = await actions.count();
    truth(count > 0, 'a planned rollout shows its actions');
    for (let index = 0; index < count; index += 1) {
      equal(
        await actions.nth(index).getAttribute('aria-disabled'),
        'true',
        'disabled for a viewer, on a rollout',
      );
      await actions.nth(index).hover();
      const words = page.getByRole('tooltip').filter({ visible: true });
      await words.first().waitFor();
      truth((await words.first().textContent()).length > 3, 'the tooltip has words');
      await page.mouse.move(0, 0);
      await words.first().waitFor({ state: 'hidden' });
    }
    const refused = await page.evaluate(async (id) => {
      const response = await fetch(`/api/v1/rollouts/${id}/abort`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-TinyFleet': 'console' },
        body: JSON.stringify({ version: 0 }),
      });
      return response.status;
    }, planned.id);
    equal(refused, 403, 'status of a forbidden action');
    equal(await violations(page), [], 'axe for a viewer');
  });
});

test('a session that ends leads to the login and back', () =>
  within(signedIn(), async (page, context) => {
    await page.goto('/');
    await settled(page);
    await context.clearCookies();
    await page.locator('nav a[href="/devices"]').click();
    await page.waitForURL(/\/login/);
    await page.getByText('Your session has ended').waitFor();
    await signIn(page);
    await page.waitForURL(/\/devices/);
  }));

test('a server that does not answer is told, with a way to try again', () =>
  within(signedIn(), async (page, context) => {
    await page.goto('/');
    await settled(page);
    await context.route('**/api/v1/devices?**', (route) => route.abort());
    await page.locator('nav a[href="/devices"]').click();
    await page.getByText('Could not load the devices').waitFor({ timeout: 30_000 });
    equal(await violations(page), [], 'axe on the error');
    await context.unroute('**/api/v1/devices?**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('grid').waitFor();
  }));

test('the theme is set before the first paint', () =>
  within(signedIn({ theme: 'dark' }), async (page) => {
    await page.goto('/', { waitUntil: 'commit' });
    await page.waitForFunction(
      () => document.head !== null && document.documentElement.dataset.mantineColorScheme !== undefined,
    );
    equal(await page.evaluate(() => document.documentElement.dataset.mantineColorScheme), 'dark', 'scheme');
    await settled(page);
    equal(
      await page.evaluate(() => getComputedStyle(document.body).backgroundColor),
      'rgb(14, 20, 18)',
      'background',
    );
    await page.getByRole('button', { name: 'Light theme' }).click();
    await page.reload();
    await settled(page);
    equal(
      await page.evaluate(() => document.documentElement.dataset.mantineColorScheme),
      'light',
      'scheme after the choice',
    );
  }));

test('the language changes from the account menu and stays', () =>
  within(signedIn(), async (page) => {
    await page.goto('/devices');
    await settled(page);
    await page.getByRole('button', { name: /^Account: / }).click();
    equal(await violations(page), [], 'axe on the account menu');
    await page.getByRole('menuitemradio', { name: 'Deutsch' }).click();
    await page.getByRole('heading', { name: /^Geräte/ }).waitFor();
    equal(await page.evaluate(() => document.documentElement.lang), 'de', 'language of the document');
  }));

test('the login page has no axe violation in both themes and languages', async () => {
  for (const theme of ['light', 'dark']) {
    for (const language of ['en', 'de']) {
      await within({ theme, language, width: 320 }, async (page) => {
        await page.goto('/login');
        await page.locator('form').waitFor();
        equal(await violations(page), [], `axe on the login page, ${theme}, ${language}`);
      });
    }
  }
});

for (const [name, path] of PAGES) {
  for (const theme of ['light', 'dark']) {
    for (const width of [1280, 320]) {
      test(`${name}, ${theme}, ${width} px: no axe violation, nothing wider than the window`, async () => {
        for (const language of ['en', 'de']) {
          await within(signedIn({ theme, width, language }), async (page) => {
            await page.goto(path);
            await settled(page);
            equal(await page.evaluate(() => document.documentElement.lang), language, 'language');
            equal(await violations(page), [], `axe, ${language}`);
            const wider = await page.evaluate(
              () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
            );
            equal(wider, 0, `pixels beyond the window, ${language}`);
          });
        }
      });
    }
  }
}

test('signing out ends the session', () =>
  within({}, async (page) => {
    await page.goto('/login');
    await signIn(page);
    await page.locator('main#content h1').waitFor();
    await page.getByRole('button', { name: /^Account: / }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.waitForURL(/\/login/);
    await page.goto('/devices');
    await page.waitForURL(/\/login/);
  }));

test('the browser had nothing to complain about', () => equal(complaints, [], 'errors in the console'));

const { passed, failed } = await runAll();
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
