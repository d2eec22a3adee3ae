/** RELIABILITY §5.3.28: every form that a page of ours has, sent by a page of somebody else: nothing comes of it, and its owner goes on. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Browser, formsOf, isApp, type Page } from './browser.ts';
import { authorizationOf, authorize, createSmartHub, password, type SmartHub, signIn } from './smart-hub.ts';

let hub: SmartHub;
const scope = 'launch/patient patient/Patient.rs openid';
const [owner, thief] = ['maria@mail.test', 'pyotr@mail.test'];
let terms: { version: string; text: string } | undefined;

beforeAll(async () => {
  hub = await createSmartHub({
    accountPages: true,
    change: (smart) => Object.defineProperty({ ...smart }, 'terms', { get: () => terms }),
  });
  await hub.client('app', { audience: 'patient', scopes: scope.split(' ') });
  await hub.client('cabinet', { audience: 'staff', scopes: ['user/*.rs'] });
  for (const login of [owner, thief]) {
    const account = await hub.account(login);
    await hub.card(account, 'self', 'Тестова Мария', ['demo', 'second']);
    for (const role of ['doctor', 'registrar']) await hub.staff(account, role, 'demo');
  }
});
afterAll(() => hub.close());
beforeEach(() => {
  terms = undefined;
});

type Reach = (browser: Browser, login: string) => Promise<Page>;
const begin = (browser: Browser, client = 'app', asks = scope) => browser.go(authorizationOf(hub, client, asks).url);
const enter = (browser: Browser, login: string, client = 'app', asks = scope) =>
  signIn(browser, authorizationOf(hub, client, asks).url, login);
const choose = async (browser: Browser, page: Page) =>
  browser.submit(page, '/patient', { patient: /name="patient" value="([\w-]{36})"/.exec(page.text)![1]! });
const account = (path: string) => (browser: Browser) => browser.go(`${hub.url}/account/${path}`);

interface Kind {
  readonly reach: Reach;
  /** What its owner would fill in. */
  readonly fields?: (page: Page) => Record<string, string>;
  /** Field that makes it ours. */
  readonly token?: string;
  /** The library looks at the token alone. */
  readonly byTokenAlone?: true;
  readonly refused?: number;
}

const patientOf = ({ text }: Page) => ({ patient: /name="patient" value="([\w-]{36})"/.exec(text)![1]! });
const kinds: Record<string, Kind> = {
  '/interaction/x/login': { reach: (browser) => begin(browser), fields: () => ({ login: owner, password }) },
  '/interaction/x/cancel': { reach: (browser) => begin(browser) },
  '/interaction/x/terms': {
    async reach(browser, login) {
      terms = { version: '1', text: 'Текст согласия.' };
      return enter(browser, login);
    },
    fields: () => ({ version: '1' }),
  },
  '/interaction/x/patient': { reach: (browser, login) => enter(browser, login), fields: patientOf },
  '/interaction/x/role': {
    reach: (browser, login) => enter(browser, login, 'cabinet', 'user/Slot.rs'),
    fields: () => ({ role: 'doctor' }),
  },
  '/interaction/x/consent': { reach: async (browser, login) => choose(browser, await enter(browser, login)) },
  '/apps': {
    async reach(browser, login) {
      const page = await enter(browser, login);
      const { patient } = patientOf(page);
      await authorize(hub, { client: 'app', scope, login, browser, patient });
      return browser.go(`${hub.auth}/apps`);
    },
  },
  '/apps/withdraw': {
    async reach(browser, login) {
      await enter(browser, login);
      return browser.go(`${hub.auth}/apps/withdraw`);
    },
  },
  '/end/confirm': {
    async reach(browser, login) {
      await enter(browser, login);
      return browser.go(`${hub.auth}/end`);
    },
    fields: () => ({ logout: 'yes' }),
    token: 'xsrf',
    byTokenAlone: true,
  },
  ...Object.fromEntries(
    ['register', 'confirm', 'recover', 'password', 'change-password', 'email', 'attach'].map((path) => [
      `/account/${path}`,
      { reach: account(path), token: 'form', refused: 403 },
    ]),
  ),
};

/** POSTs that no page sends: of apps, with tokens or keys of their own, or such as only lead on to a page. */
const ofApps = ['/auth/token', '/auth/introspect', '/auth/revoke', '/auth/authorize', '/auth/launch', '/auth/*'];

test('these are all forms that there are', () => {
  const routes: string[] = [];
  const path: string[] = [];
  for (const line of hub.app.printRoutes({ commonPrefix: true }).split('\n')) {
    const [, before = '', text = '', methods = ''] =
      /^((?:│ {3}| {4})*[├└]── )(.*?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? [];
    if (before === '') continue;
    path.length = before.length / 4 - 1;
    path.push(text.replace(/ \(.*/, ''));
    const route = path.join('').replace(/:\w+/g, 'x');
    if (methods.split(', ').includes('POST') && /^\/(auth|account)\//.test(route)) routes.push(route);
  }
  const tried = Object.keys(kinds).map((name) => (name.startsWith('/account') ? name : `/auth${name}`));
  const ofLibrary = ['/auth/end/confirm'];
  expect([...routes, ...ofLibrary].sort()).toEqual([...tried, ...ofApps].sort());
});

/** What all of it has come to so far. */
async function state(): Promise<unknown> {
  const { rows } = await hub.pool.query(
    `select (select count(*) from smart_grant) as grants, (select count(*) from smart_grant where ended is not null) as ended,
       (select count(*) from smart_record where model in ('AuthorizationCode', 'AccessToken')) as given,
       (select count(*) from account_consent) as consents, (select count(*) from account_consent where withdrawn_at is not null) as withdrawn,
       (select count(*) from smart_record where model = 'Session' and payload like '%accountId%') as sessions,
       (select count(*) from attempt) as attempts, (select count(*) from mail) as letters`,
  );
  return rows[0];
}

describe.each(Object.entries(kinds))('%s', (path, kind) => {
  test('by another browser, another site, without its token or with that of another is refused', async () => {
    const { fields = () => ({}), token = 'token', refused = 400, byTokenAlone } = kind;
    const end = path.replace('/interaction/x', '').replace('/account', '');
    const [victim, attacker] = [new Browser(), new Browser()];
    const [page, his] = [await kind.reach(victim, owner), await kind.reach(attacker, thief)];
    const formOf = (of: Page) => formsOf(of).find((form) => form.action.endsWith(end))!;
    const { action, fields: own } = formOf(page);
    const whole: Record<string, string> = { ...Object.fromEntries(own), ...fields(page) };
    expect(whole[token]).toMatch(/^[\w-]{20,}$/);
    const send = (browser: Browser, values: Record<string, string>, headers: Record<string, string> = {}) =>
      browser.go(new URL(action, page.url).href, isApp, {
        method: 'POST',
        body: new URLSearchParams(values).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      });
    const stolen = new Map(formOf(his).fields).get(token)!;
    const { [token]: _token, ...without } = whole;
    const before = await state();
    const forged: [string, Page][] = [
      ['another browser', await send(new Browser(), whole)],
      ['the browser of another person', await send(attacker, whole)],
      ['without the token', await send(victim, without)],
      ['an empty token', await send(victim, { ...whole, [token]: '' })],
      ['the token of another', await send(victim, { ...whole, [token]: stolen })],
    ];
    if (!byTokenAlone)
      for (const headers of [
        { origin: 'https://evil.test' },
        { origin: 'null' },
        { origin: `${hub.url}.evil.test` },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
      ])
        forged.push([JSON.stringify(headers), await send(victim, whole, headers)]);
    for (const [how, answer] of forged) expect([how, answer.status]).toEqual([how, refused]);
    const query = new URLSearchParams(whole);
    const byGet = await victim.send(`${new URL(action, page.url).href}?${query}`);
    expect([200, 303, 400, 404, 405]).toContain(byGet.status);
    expect(await state()).toEqual(before);
    // Its owner goes on with it.
    const after = await send(victim, whole, { origin: hub.url, 'sec-fetch-site': 'same-origin' });
    expect(after.text).not.toMatch(/Сеанс входа закончился|Страница устарела/);
  });
});
