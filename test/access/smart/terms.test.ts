/** No consent, nothing for an app (FEATURES A2), by password as by an identity provider; and how it is withdrawn. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { consentHash } from '../../../src/access/account/registration.ts';
import { createAccounts } from '../../../src/access/account/sign-in.ts';
import { endWithdrawn } from '../../../src/access/consent/withdrawal.sql.ts';
import { smartOf } from '../../../src/authorization.ts';
import { loadConfig } from '../../../src/config.ts';
import { createEsia } from '../../../src/connectors/esia/index.ts';
import type { Outbound } from '../../../src/outbound.ts';
import { type EsiaTestSandbox, startEsiaSandbox } from '../../support/esia.ts';
import { Browser, backOf, formsOf, isApp, type Page } from './browser.ts';
import {
  askToken,
  authorizationOf,
  createSmartHub,
  exchange,
  get,
  password,
  type SmartHub,
  signIn,
} from './smart-hub.ts';

let hub: SmartHub;
let esia: EsiaTestSandbox;
let login: string;
let account: string;
let patient: string;
/** What is configured; a test may publish another version. */
let terms = { version: '1', text: '' };
const scope = 'launch/patient patient/Patient.rs openid offline_access';

beforeAll(async () => {
  hub = await createSmartHub({
    async providers(url) {
      esia = await startEsiaSandbox({ origins: [url] });
      return [createEsia(esia.settings, { clock: Date.now })];
    },
    change(smart, context) {
      const { signInBy } = createAccounts(context.accounts);
      const changed = { ...smart, accounts: { ...smart.accounts, signInBy } };
      return Object.defineProperty(changed, 'terms', { get: () => terms });
    },
  });
  await hub.client('app', { audience: 'patient', scopes: scope.split(' ') });
});
afterAll(async () => {
  await hub.close();
  await esia.close();
});

beforeEach(async () => {
  terms = { version: '1', text: 'Первый абзац <b>текста</b>.\n\nВторой абзац.' };
  login = `${randomUUID()}@mail.test`;
  account = await hub.account(login);
  [patient] = (await hub.card(account, 'self', 'Тестова Мария', ['demo'])) as [string];
});

const begin = (parameters: Record<string, string> = {}) => authorizationOf(hub, 'app', scope, parameters);
const agree = (browser: Browser, page: Page, version = terms.version) => browser.submit(page, '/terms', { version });
const asks = (page: Page) => page.text.includes('/terms"');

async function rows(of = account) {
  const text =
    'select version, hash, channel, withdrawn_at is not null as withdrawn from account_consent where account = $1 order by at';
  return (await hub.pool.query(text, [of])).rows;
}

/** Signs in, consents if he is asked, allows. */
async function enter(browser: Browser) {
  const begun = begin();
  let page = await browser.go(begun.url);
  if (page.text.includes('/login"')) page = await browser.submit(page, '/login', { login, password });
  const wasAsked = asks(page);
  if (wasAsked) page = await agree(browser, page);
  const { body } = await exchange(hub, 'app', begun, await browser.submit(page, '/consent'));
  return { wasAsked, body };
}

async function withdraw(browser: Browser): Promise<Page> {
  const apps = await browser.go(`${hub.auth}/apps`);
  const link = /href="([^"]*\/apps\/withdraw)"[^>]*>Отозвать согласие на обработку данных</.exec(apps.text)![1]!;
  return browser.submit(await browser.go(new URL(link, hub.url).href), '/apps/withdraw');
}

test('a person is asked once, between signing in and the choice, by a tick that he sets himself', async () => {
  const browser = new Browser();
  const begun = begin();
  const page = await signIn(browser, begun.url, login);
  expect(page.text).toContain('<p>Первый абзац &lt;b&gt;текста&lt;/b&gt;.</p><p>Второй абзац.</p>');
  expect(page.text).toContain('type="checkbox" name="version" value="1" required>');
  expect(page.headers.get('content-security-policy')).toContain("form-action 'self' https://app.test;");
  expect(await rows()).toEqual([]);
  const next = await agree(browser, page);
  expect(next.text).toContain('/consent"');
  expect(await rows()).toEqual([{ version: '1', hash: consentHash(terms.text), channel: 'web', withdrawn: false }]);
  const { body } = await exchange(hub, 'app', begun, await browser.submit(next, '/consent'));
  expect((await get(hub, body.access_token, `Patient/${patient}`)).status).toBe(200);
  for (const again of [browser, new Browser()]) expect((await enter(again)).wasAsked).toBe(false);
  expect(await rows()).toHaveLength(1);
});

test('without the tick, or with another version, he goes no further', async () => {
  const browser = new Browser();
  const page = await signIn(browser, begin().url, login);
  const unticked = await browser.submit(page, '/terms');
  expect(unticked.status).toBe(400);
  expect(unticked.text).toContain('отметьте, что даёте согласие');
  expect(asks(unticked)).toBe(true);
  // The text has changed while he read it.
  terms = { version: '2', text: 'Новый текст.' };
  const changed = await agree(browser, page, '1');
  expect(changed.status).toBe(400);
  expect(changed.text).toContain('Новый текст.');
  expect(await rows()).toEqual([]);
  // Nor by sending the forms of later pages.
  for (const action of ['/patient', '/consent']) {
    const text = changed.text.replace('/terms"', `${action}"`);
    expect((await browser.submit({ ...changed, text }, action, { patient, scope: 'patient/Patient.rs' })).status).toBe(
      400,
    );
  }
  // Coming anew with the session is no way round.
  expect(asks(await browser.go(begin().url))).toBe(true);
  expect((await hub.pool.query('select from smart_grant where account = $1', [account])).rowCount).toBe(0);
});

test('who cancels sends the app away with access_denied, and nothing is granted', async () => {
  const browser = new Browser();
  const begun = begin();
  const back = await browser.submit(await signIn(browser, begun.url, login), '/cancel');
  expect(isApp(back.url)).toBe(true);
  expect(backOf(back).get('error')).toBe('access_denied');
  expect(backOf(back).get('state')).toBe(begun.state);
  expect(await rows()).toEqual([]);
  expect((await hub.pool.query('select from smart_grant where account = $1', [account])).rowCount).toBe(0);
});

test('a form of another browser or without its token consents for nobody', async () => {
  const browser = new Browser();
  const page = await signIn(browser, begin().url, login);
  expect((await agree(new Browser(), page)).status).toBe(400);
  expect((await browser.submit(page, '/terms', { version: '1', token: 'x' })).status).toBe(400);
  expect(await rows()).toEqual([]);
});

test('a new version of the text asks anew', async () => {
  const browser = new Browser();
  await enter(browser);
  terms = { version: '2', text: 'Новый текст.' };
  expect((await enter(browser)).wasAsked).toBe(true);
  expect((await enter(browser)).wasAsked).toBe(false);
  expect((await rows()).map((row) => row.version)).toEqual(['1', '2']);
});

test('whom nobody can ask (prompt=none) is told interaction_required', async () => {
  const browser = new Browser();
  await signIn(browser, begin().url, login);
  const silent = await browser.go(authorizationOf(hub, 'app', 'patient/Patient.rs', { prompt: 'none' }).url);
  expect(backOf(silent).get('error')).toBe('interaction_required');
  expect(backOf(silent).get('error_description')).toContain('processing of data');
});

test('nobody is asked where no text is configured', async () => {
  terms = undefined as never;
  const browser = new Browser();
  expect((await enter(browser)).wasAsked).toBe(false);
  expect((await browser.go(`${hub.auth}/apps`)).text).not.toContain('/apps/withdraw');
});

test('the text is that of accounts.consent', () => {
  const { context, accessKeys: keys, authenticate, smart, url } = hub;
  const ground = { context, keys, authenticate, outbound: smart.outbound as Outbound, url };
  const { accounts, server } = loadConfig(join(import.meta.dirname, '../../../config/demo.yaml'));
  const config = { server, accounts, mail: undefined, esia: undefined, esiaGateway: undefined };
  expect(accounts.consent?.version).toBe('demo-1');
  expect(smartOf(config, ground).terms).toEqual(accounts.consent);
});

test('whom Госуслуги has identified is asked as well, and the channel is kept', async () => {
  const browser = new Browser();
  const page = await browser.go(begin().url);
  const link = /href="([^"]*\/by\/esia)"/.exec(page.text)![1]!;
  const portal = await browser.go(new URL(link, page.url).href, (url) => url.startsWith(esia.url));
  const asked = await browser.go((await esia.signIn(portal.url, 1000600010)).href);
  expect(asks(asked)).toBe(true);
  expect((await agree(browser, asked)).text).toContain('/patient"');
  const { rows: found } = await hub.pool.query(`select id from account where provider = 'esia'`);
  expect(await rows(found[0].id)).toEqual([
    { version: '1', hash: consentHash(terms.text), channel: 'esia', withdrawn: false },
  ]);
});

test('who withdraws is asked first; then all that was given ends at once, in every browser, and he is asked anew', async () => {
  const [browser, other] = [new Browser(), new Browser()];
  const given = [await enter(browser), await enter(other)];
  const page = await browser.go(`${hub.auth}/apps/withdraw`);
  expect(page.text).toContain('Отозвать согласие?');
  expect((await rows())[0].withdrawn).toBe(false);
  expect((await withdraw(browser)).text).toContain('Согласие отозвано');
  expect((await rows()).map((row) => row.withdrawn)).toEqual([true]);
  hub.later(1.1);
  for (const { body } of given) {
    expect((await get(hub, body.access_token, `Patient/${patient}`)).status).toBe(401);
    const again = { grant_type: 'refresh_token', refresh_token: body.refresh_token, client_id: 'app' };
    expect((await askToken(hub, again)).body.error).toBe('invalid_grant');
  }
  for (const one of [browser, other]) expect((await one.go(begin().url)).text).toContain('/login"');
  const renewed = await enter(browser);
  expect(renewed.wasAsked).toBe(true);
  expect((await rows()).map((row) => row.withdrawn)).toEqual([true, false]);
  // The sweep takes the new consent for what it is.
  await endWithdrawn(hub.pool, '0');
  hub.later(1.1);
  expect((await get(hub, renewed.body.access_token, `Patient/${patient}`)).status).toBe(200);
});

test('an authorization that was under way when he withdrew ends nowhere', async () => {
  const [browser, other] = [new Browser(), new Browser()];
  await enter(browser);
  const underWay = await signIn(other, begin().url, login);
  expect(underWay.text).toContain('/consent"');
  await withdraw(browser);
  const back = await other.submit(underWay, '/consent');
  expect(isApp(back.url)).toBe(false);
  expect(back.status).toBe(400);
});

test('a text that he does not consent to does not keep him from withdrawing what he consented to before', async () => {
  await enter(new Browser());
  terms = { version: '2', text: 'Новый текст.' };
  const browser = new Browser();
  const page = await browser.submit(await browser.go(`${hub.auth}/apps`), '/login', { login, password });
  expect(page.url).toBe(`${hub.auth}/apps`);
  expect((await withdraw(browser)).text).toContain('Согласие отозвано');
  expect((await rows()).map((row) => row.withdrawn)).toEqual([true]);
});

test('nobody withdraws for another: not without a session, not with the token of the page of apps', async () => {
  const browser = new Browser();
  await enter(browser);
  const apps = await browser.go(`${hub.auth}/apps`);
  const page = await browser.go(`${hub.auth}/apps/withdraw`);
  const token = Object.fromEntries(formsOf(apps)[0]!.fields)['token']!;
  const stranger = new Browser();
  await signIn(stranger, begin().url, await strangerLogin());
  for (const [one, values] of [
    [new Browser(), {}],
    [stranger, {}],
    [browser, { token }],
  ] as const)
    expect((await one.submit(page, '/apps/withdraw', values)).status).toBe(400);
  expect((await rows()).map((row) => row.withdrawn)).toEqual([false]);
});

async function strangerLogin(): Promise<string> {
  const name = `${randomUUID()}@mail.test`;
  await hub.account(name, { name: 'Тестов Пётр' });
  return name;
}
