/** The page of the API as an app developer sees it: in a browser, with a token of his. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { syncSchedule } from '../../src/workflows/sync.ts';
import { openChromium } from '../support/chromium.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { createTestHub, type TestHub } from '../support/hub.ts';
import { createMemoryMis, openMemoryClinic, quarterSlots, schedules } from '../support/memory-mis.ts';

let database: TestDatabase;
let hub: TestHub;
let browser: Browser;
let page: Page;
let address: string;
const troubles: string[] = [];

beforeAll(async () => {
  browser = await openChromium();
  database = await createDatabase();
  const mis = createMemoryMis();
  mis.slots = quarterSlots(schedules[0].key, Math.ceil(Date.now() / 86_400_000 + 1) * 86_400_000, 3);
  hub = await createTestHub(database.url, (numbers) => [openMemoryClinic('demo', numbers.get('demo')!, mis)]);
  await syncSchedule(hub.sync, hub.clinics.byKey('demo')!, AbortSignal.timeout(10_000));
  address = await hub.app.listen({ host: '127.0.0.1', port: 0 });
  page = await browser.newPage({ viewport: { width: 1200, height: 1400 } });
  // The document is 600 kB: on a busy machine the page takes ten seconds to be drawn.
  page.setDefaultTimeout(25_000);
  page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()));
  page.on('pageerror', (error) => troubles.push(error.message));
  page.on('request', (request) => request.url().startsWith(address) || troubles.push(`asks ${request.url()}`));
  page.on(
    'response',
    (response) => response.status() >= 400 && troubles.push(`${response.status()} ${response.url()}`),
  );
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await hub?.close();
  await database?.drop();
});

async function openSearch(): Promise<void> {
  await page.click('h3.opblock-tag[data-tag="Slot"]');
  await page.locator('.opblock-summary', { hasText: 'Search Slot' }).first().click();
  await page.click('button.try-out__btn');
}

test('shows every type, asks nobody else, refuses in words without a token, and finds slots with the one that was typed in', async () => {
  await page.goto(`${address}/docs/`);
  const tags = page.locator('h3.opblock-tag');
  await tags.first().waitFor();
  const shown = await tags.evaluateAll((all) => all.map((tag) => tag.getAttribute('data-tag')));
  expect(shown).toEqual(expect.arrayContaining([...hub.context.declarations.keys()]));

  await openSearch();
  // A parameter may come several times.
  const status = page.locator('tr[data-param-name="status"]');
  await status.locator('button').first().click();
  await status.locator('input').fill('free');
  await page.click('button.execute');
  const answer = page.locator('.live-responses-table tbody');
  await answer.getByText('Send an access token').first().waitFor();
  expect(troubles.splice(0).filter((text) => !text.includes('401'))).toEqual([]);

  await page.click('button.authorize');
  await page.fill('.auth-container input', await hub.token({ clinics: ['demo'] }));
  await page.click('.auth-btn-wrapper button.authorize');
  await page.click('.btn-done');
  await page.click('button.execute');
  await answer.getByText('"searchset"').first().waitFor();
  const text = await answer.textContent();
  expect(text?.match(/"resourceType": "Slot"/g)).toHaveLength(3);
  expect(text).toContain('status=free');
  expect(troubles).toEqual([]);
}, 180_000);
