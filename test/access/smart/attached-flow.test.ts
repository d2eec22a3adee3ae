/** A person without Госуслуги at a real browser: the registry's QR code attaches his account, a third-party app books for him. */
import { randomUUID } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashPassword } from '../../../src/access/account/password.ts';
import { createAccounts } from '../../../src/access/account/sign-in.ts';
import { syncSchedule } from '../../../src/workflows/sync.ts';
import { openChromium } from '../../support/chromium.ts';
import { ask } from '../../support/hub.ts';
import { begin as firstDay, quarterSlots, schedules } from '../../support/memory-mis.ts';
import { type FhirclientApp, startApp } from './fhirclient-app.ts';
import { createSmartHub, type SmartHub } from './smart-hub.ts';

const scope = 'launch/patient openid fhirUser offline_access patient/Patient.rs patient/Appointment.cruds user/Slot.rs';
const [email, password] = ['pavel@mail.test', 'осенний лист 2026'];
let hub: SmartHub;
let app: FhirclientApp;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await openChromium();
  app = await startApp('app', scope);
  hub = await createSmartHub({
    accountPages: true,
    origins: [app.url],
    slots: quarterSlots(schedules[0].key, firstDay, 4),
    change: (smart, context) => ({ ...smart, accounts: createAccounts(context.accounts) }),
  });
  await syncSchedule(hub.sync, hub.clinics.byKey('demo')!, AbortSignal.timeout(10_000));
  await hub.client('app', {
    name: 'Запись к врачу',
    audience: 'patient',
    scopes: scope.split(' '),
    redirectUris: [`${app.url}/app`],
  });
  const context = await browser.newContext({ locale: 'ru-RU', viewport: { width: 390, height: 844 } });
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
}, 600_000);
afterAll(async () => {
  await browser?.close();
  await app?.close();
  await hub?.close();
});

/** Who has registered and whom a moderator has confirmed. */
async function addAccount(): Promise<string> {
  const account = randomUUID();
  await hub.pool.query(
    `insert into account (id, login, password, password_since, state, family, given, birth_date, email, email_confirmed, phone)
     values ($1, $2, $3, now(), 'confirmed', 'Мостов', 'Павел', '1990-05-05', $2, now(), '+79990000077')`,
    [account, email, await hashPassword(password)],
  );
  return account;
}

async function signIn(): Promise<void> {
  await page.goto(`${app.url}/?iss=${encodeURIComponent(hub.fhir)}`);
  await page.getByLabel('Электронная почта или логин').fill(email);
  await page.getByLabel('Пароль').fill(password);
  await page.keyboard.press('Enter');
}

const shown = async () => {
  const out = page.locator('#out', { hasNotText: '…' });
  await out.waitFor();
  return out.innerText();
};

test('a code that the registry has printed attaches the account; then the app books, refreshes, and is signed out', async () => {
  const account = await addAccount();
  const clinic = { clinics: ['demo'] };
  const identifier = [{ system: 'urn:oid:1.2.643.100.3', value: '000-000-600 15' }];
  const name = [{ family: 'Мостов', given: ['Павел'] }];
  const body = { resourceType: 'Patient', name, birthDate: '1990-05-05', identifier };
  const patient = (await ask(hub, 'POST', 'Patient', { body, token: await hub.token(clinic) })).body.id!;
  const registrar = await hub.token({ ...clinic, role: 'registrar' });
  const issued = await ask(hub, 'POST', `Patient/${patient}/$issue-access-code`, { token: registrar });
  const parts = issued.body['parameter'] as { name: string; valueUri?: string }[];
  const { pathname, hash } = new URL(parts.find((p) => p.name === 'link')!.valueUri!);

  // The telephone has opened what it scanned.
  await page.goto(`${hub.url}${pathname}${hash}`);
  await page.waitForFunction(() => location.hash === '');
  await page.getByLabel('Электронная почта или логин').fill(email);
  await page.getByLabel('Пароль').fill(password);
  await page.getByRole('button', { name: 'Прикрепить' }).click();
  await page.getByText('Клиника добавлена').waitFor();

  await signIn();
  await page.getByRole('button', { name: 'Разрешить', exact: true }).click();
  await page.waitForURL(`${app.url}/app**`);
  expect(JSON.parse(await shown())).toMatchObject({
    id: patient,
    name: 'Мостов',
    fresh: true,
    booked: 'booked',
    user: `Person/${account}`,
  });
  const { rows } = await hub.pool.query('select account, patient from booking');
  expect(rows).toEqual([{ account, patient }]);

  await page.goto(`${hub.auth}/end`);
  await page.getByRole('button', { name: 'Выйти' }).click();
  await page.waitForURL(`${hub.auth}/**`);
  const { rows: open } = await hub.pool.query('select from smart_grant where ended is null');
  expect(open).toEqual([]);
}, 120_000);

test('an account that nobody is attached to is told so, and how to mend it', async () => {
  await hub.pool.query('delete from card_patient');
  await signIn();
  await page.getByText('К вашей учётной записи пока никто не прикреплён.').waitFor();
}, 60_000);

test.each(['the sign-in', 'the choice of a person'])(
  'who gives up at %s comes back to the app, which is told so',
  async (where) => {
    await page.context().clearCookies();
    if (where === 'the sign-in') await page.goto(`${app.url}/?iss=${encodeURIComponent(hub.fhir)}`);
    else await signIn();
    await page.getByRole('button', { name: 'Отмена' }).click();
    await page.waitForURL((url) => url.href.startsWith(app.url) && url.searchParams.get('error') === 'access_denied');
  },
  60_000,
);
