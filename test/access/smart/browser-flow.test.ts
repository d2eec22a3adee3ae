/** A person at a real browser: an app with fhirclient, sign-in by password or with Госуслуги, choice, consent, refresh, signing out. */
import { mkdirSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAccounts } from '../../../src/access/account/sign-in.ts';
import { createEsia } from '../../../src/connectors/esia/index.ts';
import { syncSchedule } from '../../../src/workflows/sync.ts';
import { openChromium } from '../../support/chromium.ts';
import { type EsiaTestSandbox, startEsiaSandbox } from '../../support/esia.ts';
import { ask } from '../../support/hub.ts';
import { begin as firstDay, quarterSlots, schedules } from '../../support/memory-mis.ts';
import { type FhirclientApp, startApp } from './fhirclient-app.ts';
import { createSmartHub, password, type SmartHub } from './smart-hub.ts';

let hub: SmartHub;
let app: FhirclientApp;
let esia: EsiaTestSandbox;
let browser: Browser;
let page: Page;
let child: string;
const troubles: string[] = [];
const scope = 'launch/patient openid fhirUser offline_access patient/Patient.rs patient/Appointment.cruds user/Slot.rs';
/** Set to look at the pages. */
const pictures = process.env['PAGES'];

beforeAll(async () => {
  browser = await openChromium();
  app = await startApp('app', scope);
  hub = await createSmartHub({
    origins: [app.url],
    slots: quarterSlots(schedules[0].key, firstDay, 4),
    async providers(url) {
      esia = await startEsiaSandbox({ origins: [url] });
      return [createEsia(esia.settings, { clock: Date.now })];
    },
    change: (smart, context) => ({
      ...smart,
      accounts: { ...smart.accounts, signInBy: createAccounts(context.accounts).signInBy },
    }),
  });
  await hub.client('app', {
    name: 'Запись к врачу',
    audience: 'patient',
    scopes: scope.split(' '),
    redirectUris: [`${app.url}/app`],
    postLogoutRedirectUris: [`${app.url}/app?bye`],
    policyUri: 'https://app.test/policy',
  });
  const account = await hub.account('maria@mail.test', { name: 'Тестова Мария' });
  await hub.card(account, 'self', 'Тестова Мария', ['demo', 'second']);
  [child] = (await hub.card(account, 'child', 'Тестов Пётр', ['demo'])) as [string];
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await app?.close();
  await hub?.close();
  await esia?.close();
});

beforeEach(async () => {
  const context = await browser.newContext({
    locale: 'ru-RU',
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
  });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  troubles.length = 0;
  page.on('console', (message) => {
    // The portal has no icon.
    const ours = !message.location().url.startsWith(esia.url);
    if (ours && message.type() === 'error') troubles.push(message.text());
  });
  page.on('pageerror', (error) => troubles.push(error.message));
});
afterEach(() => page.context().close());

async function picture(name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
}

async function addPatient(family: string, given: string, snils: string, birthDate: string): Promise<string> {
  const identifier = [{ system: 'urn:oid:1.2.643.100.3', value: snils }];
  const body = { resourceType: 'Patient', name: [{ family, given: [given] }], birthDate, identifier };
  const { status, body: created } = await ask(hub, 'POST', 'Patient', {
    body,
    token: await hub.token({ clinics: ['demo'] }),
  });
  expect(status, JSON.stringify(created)).toBe(201);
  return created.id!;
}

const begin = () => page.goto(`${app.url}/?iss=${encodeURIComponent(hub.fhir)}`);

test('signs in by password, chooses a child, allows, and comes back to an app that reads and refreshes; then signs out', async () => {
  await begin();
  await page.getByLabel('Электронная почта или логин').fill('maria@mail.test');
  await picture('sign-in');
  await page.getByLabel('Пароль').fill('wrong');
  await page.getByRole('button', { name: 'Войти', exact: true }).click();
  await page.getByRole('alert').waitFor();
  await picture('sign-in-wrong');
  expect(troubles.splice(0).filter((text) => !text.includes('401'))).toEqual([]);
  await page.getByLabel('Пароль').fill(password);
  await page.keyboard.press('Enter');

  await page.getByRole('heading', { name: 'За кого вы записываетесь?' }).waitFor();
  await picture('choice');
  await page.getByLabel('Тестов Пётр').check();
  await page.getByRole('button', { name: 'Продолжить' }).click();

  await page.getByRole('heading', { name: 'Разрешить доступ приложению «Запись к врачу»?' }).waitFor();
  await picture('consent');
  await page.getByRole('button', { name: 'Разрешить', exact: true }).click();

  await page.waitForURL(`${app.url}/app**`);
  const shown = page.locator('#out', { hasNotText: '…' });
  await shown.waitFor();
  expect(JSON.parse(await shown.innerText())).toMatchObject({ name: 'Тестов', id: child, fresh: true });
  expect(troubles).toEqual([]);

  const idToken = await page.evaluate('window.idToken');
  await page.goto(`${hub.auth}/apps`);
  await page.getByText('Запись к врачу').waitFor();
  await picture('apps');
  const back = encodeURIComponent(`${app.url}/app?bye`);
  await page.goto(`${hub.auth}/end?id_token_hint=${idToken}&post_logout_redirect_uri=${back}`);
  await picture('leave');
  await page.getByRole('button', { name: 'Выйти' }).click();
  await page.waitForURL(`${app.url}/app?bye**`);
  await page.goto(`${hub.auth}/end/success`);
  await picture('left');
  expect(troubles).toEqual([]);
});

test('signs in with Госуслуги, books for a child whom the portal knows, and signs out', async () => {
  await syncSchedule(hub.sync, hub.clinics.byKey('demo')!, AbortSignal.timeout(10_000));
  const sonya = await addPatient('Мостова', 'Соня', '000-000-600 12', '2016-06-02');
  await addPatient('Мостова', 'Анна', '000-000-600 10', '1986-03-14');
  await begin();
  await page.getByRole('link', { name: 'Войти через Госуслуги' }).click();
  await page.waitForURL(`${esia.url}/**`);
  await page
    .getByRole('button', { name: /Мостова Анна/ })
    .first()
    .click();
  await page.getByLabel('Мостова Соня').check();
  await picture('choice-esia');
  await page.getByRole('button', { name: 'Продолжить' }).click();
  await page.getByText('Вы вошли как Мостова Анна Сергеевна. Данные: Мостова Соня').waitFor();
  await page.getByRole('button', { name: 'Разрешить', exact: true }).click();
  await page.waitForURL(`${app.url}/app**`);
  const shown = page.locator('#out', { hasNotText: '…' });
  await shown.waitFor();
  expect(JSON.parse(await shown.innerText())).toMatchObject({ id: sonya, fresh: true, booked: 'booked' });
  await page.goto(`${hub.auth}/end`);
  await page.getByRole('button', { name: 'Выйти' }).click();
  const onward = page.getByRole('link', { name: 'Выйти также из Госуслуги' });
  expect(await onward.getAttribute('href')).toContain(esia.url);
  expect(troubles).toEqual([]);
});

test('can do all of it by the keyboard, in the dark, in English', async () => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await begin();
  await page.getByRole('link', { name: 'English' }).click();
  await page.getByLabel('E-mail or login').focus();
  await page.keyboard.type('maria@mail.test');
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await picture('dark-sign-in');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'For whom is it?' }).waitFor();
  // Skip link, language, then the group: arrows go through it.
  for (let i = 0; i < 3; i++) await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  expect(await page.getByLabel('Тестов Пётр').isChecked()).toBe(true);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Allow access for Запись к врачу?' }).waitFor();
  await picture('dark-consent');
});
