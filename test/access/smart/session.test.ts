/** The browser's session: cookies, forms, signing out, apps of a person. RELIABILITY §5.3: 28 login CSRF, 29 fixation, 31 frames. */
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Browser, backOf, formsOf, isApp, type Page } from './browser.ts';
import {
  askToken,
  authorizationOf,
  authorize,
  callback,
  createSmartHub,
  get,
  password,
  type SmartHub,
  signIn,
} from './smart-hub.ts';

let hub: SmartHub;
let secure: SmartHub;
let patient: string;
const scope = 'launch/patient patient/Patient.rs openid offline_access';
const login = 'maria@mail.test';
const bye = 'https://app.test/bye';

beforeAll(async () => {
  hub = await createSmartHub();
  secure = await createSmartHub({ change: (smart) => ({ ...smart, url: 'https://hub.test' }) });
  for (const one of [hub, secure])
    for (const id of ['app', 'other'])
      await one.client(id, {
        audience: 'patient',
        scopes: ['patient/*.rs', 'launch/patient', 'openid', 'offline_access'],
        postLogoutRedirectUris: [bye],
      });
  [patient] = (await hub.card(await hub.account(login), 'self', 'Тестова Мария', ['demo'])) as [string];
  await hub.account('pyotr@mail.test', { name: 'Тестов Пётр' });
});
afterAll(async () => {
  await hub.close();
  await secure.close();
});

const invalid = { status: 400, body: { error: 'invalid_grant' } };
const refresh = (token: string, client = 'app') =>
  askToken(hub, { grant_type: 'refresh_token', refresh_token: token, client_id: client });

function expectOver(page: Page): void {
  expect(page.status).toBe(400);
  expect(page.text).toContain('Сеанс входа закончился или начат в другом браузере.');
}

describe('29: cookies', () => {
  test('are out of reach for scripts and other sites', async () => {
    const browser = new Browser();
    await authorize(hub, { client: 'app', scope, login, browser });
    expect(browser.setCookies.length).toBeGreaterThan(4);
    for (const line of browser.setCookies) expect(line.toLowerCase()).toMatch(/; httponly/);
    for (const line of browser.setCookies) expect(line.toLowerCase()).toMatch(/; samesite=lax/);
    const value = browser.jar.get('medmost-session')!.value;
    expect(value.length).toBeGreaterThanOrEqual(22);
  });

  test('with https are sent by it alone, and can be set by this host alone', async () => {
    const browser = new Browser();
    browser.proxy = ['https://hub.test', secure.url];
    await secure.account(login);
    const begun = authorizationOf(secure, 'app', 'openid', { aud: 'https://hub.test/fhir' });
    const consent = await signIn(browser, begun.url.replace(secure.url, 'https://hub.test'), login);
    expect(consent.url).toMatch(/^https:\/\/hub\.test\/auth\/interaction\//);
    const names = new Set(browser.setCookies.map((line) => line.split('=')[0]));
    expect(names).toContain('__Secure-medmost-interaction');
    expect(names).toContain('__Host-medmost-session');
    for (const line of browser.setCookies) expect(line.toLowerCase()).toMatch(/; secure/);
    for (const line of browser.setCookies.filter((one) => one.startsWith('__Host-'))) {
      expect(line).toMatch(/; path=\/(;|$)/i);
      expect(line).not.toMatch(/domain=/i);
    }
  });

  test('a session that somebody else has planted is not taken, and each step has another id', async () => {
    const browser = new Browser();
    browser.jar.set('medmost-session', { value: 'planted', path: '/', attributes: '' });
    await authorize(hub, { client: 'app', scope, login, browser });
    const first = browser.jar.get('medmost-session')!.value;
    expect(first).not.toBe('planted');
    await authorize(hub, { client: 'app', scope, login, browser });
    expect(browser.jar.get('medmost-session')!.value).not.toBe(first);
    // One that was signed in before, without its signature.
    const thief = new Browser();
    thief.jar.set('medmost-session', { value: browser.jar.get('medmost-session')!.value, path: '/', attributes: '' });
    expect((await thief.go(authorizationOf(hub, 'app', scope).url)).text).toContain('/login"');
  });
});

describe('28: a form', () => {
  const send = (browser: Browser, page: Page, fields: Record<string, string>, headers: Record<string, string> = {}) => {
    const { action, fields: own } = formsOf(page)[0]!;
    const body = new URLSearchParams({ ...Object.fromEntries(own), ...fields }).toString();
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    return browser.go(new URL(action, page.url).href, isApp, {
      method: 'POST',
      body,
      headers: { ...type, ...headers },
    });
  };

  test('of another browser, another site, without its token, or with that of another page is refused', async () => {
    const browser = new Browser();
    const page = await browser.go(authorizationOf(hub, 'app', scope).url);
    const other = await browser.go(authorizationOf(hub, 'app', scope).url);
    const credentials = { login, password };
    expectOver(await send(new Browser(), page, credentials));
    expectOver(await send(browser, page, { ...credentials, token: '' }));
    expectOver(
      await send(browser, page, { ...credentials, token: Object.fromEntries(formsOf(other)[0]!.fields)['token']! }),
    );
    expectOver(await send(browser, page, credentials, { origin: 'https://evil.test' }));
    expectOver(await send(browser, page, credentials, { origin: 'null' }));
    expectOver(await send(browser, page, credentials, { 'sec-fetch-site': 'cross-site' }));
    expect(
      (await send(browser, page, credentials, { origin: hub.url, 'sec-fetch-site': 'same-origin' })).text,
    ).toContain('/consent"');
  });

  test('cannot be sent before its turn: nobody consents who has not signed in, nor chooses somebody else’s patient', async () => {
    const browser = new Browser();
    const page = await browser.go(authorizationOf(hub, 'app', scope).url);
    const [form] = formsOf(page);
    const at = (action: string): Page => ({
      ...page,
      text: page.text.replace(form!.action, form!.action.replace('/login', action)),
    });
    expectOver(await send(browser, at('/consent'), { scope: 'patient/Patient.rs' }));
    expectOver(await send(browser, at('/patient'), { patient }));
    expectOver(await send(browser, at('/role'), { role: 'operator' }));
    const choice = await signIn(browser, authorizationOf(hub, 'app', scope).url, 'pyotr@mail.test');
    expect(choice.text).toContain('пока никто не прикреплён');
    expect((await browser.submit(choice, '/patient', { patient })).status).toBe(400);
  });

  test('a scope that was not asked for cannot be ticked in', async () => {
    const browser = new Browser();
    const consent = await signIn(browser, authorizationOf(hub, 'app', 'patient/Patient.r').url, login);
    const back = await browser.submit(consent, '/consent', {
      scope: ['patient/*.rs', 'patient/Patient.r', 'offline_access'],
    });
    const { rows } = await hub.pool.query(
      `select payload from smart_record where model = 'AuthorizationCode' order by expires desc limit 1`,
    );
    expect(backOf(back).get('code')).not.toBeNull();
    expect(JSON.parse(rows[0].payload)).toMatchObject({ scope: 'patient/Patient.r' });
  });
});

test('31: no page can be framed, cached, or told of to others, and none runs anything', async () => {
  const browser = new Browser();
  const begun = authorizationOf(hub, 'app', scope);
  const pages = [
    await browser.go(begun.url),
    await signIn(browser, begun.url, login),
    await browser.go(`${hub.auth}/apps`),
    await browser.go(`${hub.auth}/end`),
    await new Browser().go(`${hub.auth}/authorize`),
  ];
  for (const page of pages) {
    const policy = page.headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|script-src/);
    expect(page.headers.get('x-frame-options')).toBe('DENY');
    expect(page.headers.get('referrer-policy')).toBe('same-origin');
    expect(page.headers.get('cache-control')).toContain('no-store');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('access-control-allow-origin')).toBeNull();
    expect(page.text).not.toMatch(/<script|\son[a-z]+=|style=/);
  }
});

test('text of clients and people stays text', async () => {
  await hub.client('odd', { audience: 'patient', scopes: ['patient/*.rs'], name: '<script>alert(1)</script>"\'' });
  const account = await hub.account('odd@mail.test', { name: '<b>Злая <img/src=x>' });
  await hub.card(account, 'self', '<i>Тест "><script>', ['demo']);
  const browser = new Browser();
  const page = await browser.go(authorizationOf(hub, 'odd', 'patient/Patient.rs').url);
  const wrong = await browser.submit(page, '/login', { login: '"><script>x', password: 'x' });
  const consent = await browser.submit(page, '/login', { login: 'odd@mail.test', password });
  for (const { text } of [page, wrong, consent]) expect(text).not.toMatch(/<script|<img|<b>|<i>/);
});

describe('signing out', () => {
  const leave = async (browser: Browser, parameters: Record<string, string>, yes = true) => {
    const page = await browser.go(`${hub.auth}/end?${new URLSearchParams(parameters)}`);
    expect(page.text).toContain('Выйти?');
    return browser.submit(page, '/end/confirm', yes ? { logout: 'yes' } : {});
  };

  test('ends the session and everything that was given in it, of all apps', async () => {
    const browser = new Browser();
    const one = await authorize(hub, { client: 'app', scope, login, browser });
    const two = await authorize(hub, { client: 'other', scope, login, browser });
    const elsewhere = await authorize(hub, { client: 'app', scope, login });
    const back = await leave(browser, {
      id_token_hint: String(one.body['id_token']),
      post_logout_redirect_uri: bye,
      state: 'x',
    });
    expect(back.url).toBe(`${bye}?state=x`);
    hub.later(1.1);
    for (const { body } of [one, two]) {
      expect((await get(hub, body.access_token, `Patient/${patient}`)).status).toBe(401);
      expect(await refresh(body.refresh_token, decodeJwt(body.access_token)['client_id'] as string)).toMatchObject(
        invalid,
      );
    }
    expect((await get(hub, elsewhere.body.access_token, `Patient/${patient}`)).status).toBe(200);
    expect((await browser.go(authorizationOf(hub, 'app', scope).url)).text).toContain('/login"');
  });

  test('says so where no app waits, and goes to no address that is not registered', async () => {
    const browser = new Browser();
    await authorize(hub, { client: 'app', scope, login, browser });
    expect(
      (await browser.go(`${hub.auth}/end?client_id=app&post_logout_redirect_uri=https%3A%2F%2Fevil.test`)).status,
    ).toBe(400);
    expect((await leave(browser, {})).text).toContain('Вы вышли');
  });

  test('who stays is signed in still', async () => {
    const browser = new Browser();
    const { body } = await authorize(hub, { client: 'app', scope, login, browser });
    await leave(browser, {}, false);
    hub.later(1.1);
    expect((await get(hub, body.access_token, `Patient/${patient}`)).status).toBe(200);
    expect((await browser.go(`${hub.auth}/apps`)).text).toContain('Тестова Мария');
  });

  test('a form without its token signs nobody out', async () => {
    const browser = new Browser();
    const { body } = await authorize(hub, { client: 'app', scope, login, browser });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    await browser.go(`${hub.auth}/end/confirm`, isApp, { method: 'POST', body: 'logout=yes&xsrf=x', headers });
    hub.later(1.1);
    expect((await get(hub, body.access_token, `Patient/${patient}`)).status).toBe(200);
  });

  test('another person who signs in at the same browser ends what the first has left', async () => {
    const browser = new Browser();
    const first = await authorize(hub, { client: 'app', scope, login, browser });
    const begun = authorizationOf(hub, 'app', scope, { prompt: 'login' });
    const page = await browser.go(begun.url);
    const next = await browser.submit(page, '/login', { login: 'pyotr@mail.test', password });
    const consent = await browser.submit(next, '/patient');
    expect(consent.text).toContain('Вы вошли как Тестов Пётр');
    expect((await browser.submit(consent, '/consent')).url.startsWith(callback)).toBe(true);
    hub.later(1.1);
    expect((await get(hub, first.body.access_token, `Patient/${patient}`)).status).toBe(401);
  });
});

test('tabs that go on at the same moment all come to their end', async () => {
  const browser = new Browser();
  await authorize(hub, { client: 'app', scope, login, browser });
  const tabs = await Promise.all(Array.from({ length: 8 }, () => browser.go(authorizationOf(hub, 'app', scope).url)));
  const backs = await Promise.all(tabs.map((tab) => browser.submit(tab, '/consent')));
  expect(backs.map((back) => backOf(back).has('code'))).toEqual(tabs.map(() => true));
  // And signing out is not undone by any of them.
  await browser.submit(await browser.go(`${hub.auth}/end`), '/end/confirm', { logout: 'yes' });
  expect((await browser.go(authorizationOf(hub, 'app', scope).url)).text).toContain('/login"');
});

test('a browser whose account has been blocked asks who is there, and lets another person in', async () => {
  const account = await hub.account('blocked@mail.test', { name: 'Тестов Блок' });
  const browser = new Browser();
  const begun = authorizationOf(hub, 'app', scope);
  await browser.submit(await signIn(browser, begun.url, 'blocked@mail.test'), '/patient');
  await hub.pool.query(`update account set state = 'blocked' where id = $1`, [account]);
  const page = await browser.go(authorizationOf(hub, 'app', scope).url);
  expect(page.text).toContain('/login"');
  const consent = await browser.submit(page, '/login', { login, password });
  expect(consent.text).toContain('Вы вошли как Тестова Мария');
  expect(backOf(await browser.submit(consent, '/consent')).get('code')).not.toBeNull();
});

test('what fails on our side says so and shows nothing of it', async () => {
  const broken = await createSmartHub({ change: (smart) => ({ ...smart, pool: Object.create(smart.pool) }) });
  await broken.client('app', { audience: 'patient', scopes: ['patient/*.rs'] });
  const page = await new Browser().go(authorizationOf(broken, 'app', 'patient/Patient.rs').url);
  expect(page.status).toBe(200);
  broken.smart.pool.query = (() => Promise.reject(new Error('secret of the database'))) as never;
  const answers = await Promise.all([
    askToken(broken, { grant_type: 'refresh_token', refresh_token: 'x', client_id: 'app' }),
    new Browser().go(page.url),
    new Browser().go(authorizationOf(broken, 'app', 'patient/Patient.rs').url),
  ]);
  for (const answer of answers) expect(JSON.stringify(answer)).not.toContain('secret of the database');
  expect(answers[0].status).toBe(500);
  expect(answers[2].status).toBe(500);
  await broken.close();
});

describe('the apps of a person', () => {
  beforeEach(() => hub.pool.query('update smart_grant set ended = now()'));

  test('are shown to him, and each can be taken its access', async () => {
    const browser = new Browser();
    const one = await authorize(hub, { client: 'app', scope, login, browser });
    const two = await authorize(hub, { client: 'other', scope, login });
    const page = await browser.go(`${hub.auth}/apps`);
    expect(page.text).toContain('Приложение app');
    expect(page.text).toContain('Приложение other');
    const mine = formsOf(page).findIndex((f) => Object.fromEntries(f.fields)['client'] === 'other');
    const only = { ...page, text: [...page.text.matchAll(/<form.*?<\/form>/gs)][mine]![0] };
    const after = await browser.submit(only, '/apps');
    expect(after.text).toContain('Доступ отозван.');
    expect(after.text).not.toContain('Приложение other');
    hub.later(1.1);
    expect((await get(hub, two.body.access_token, `Patient/${patient}`)).status).toBe(401);
    expect(await refresh(two.body.refresh_token, 'other')).toMatchObject(invalid);
    expect((await get(hub, one.body.access_token, `Patient/${patient}`)).status).toBe(200);
  });

  test('are shown after signing in there, too, without asking for more; and that gives nothing', async () => {
    await authorize(hub, { client: 'app', scope, login });
    const browser = new Browser();
    const page = await browser.submit(await browser.go(`${hub.auth}/apps`), '/login', { login, password });
    expect(page.url).toBe(`${hub.auth}/apps`);
    expect(page.text).toContain('Приложение app');
    expect(page.text).not.toContain('medmost</strong>');
    const refused = new Browser();
    const back = await refused.submit(await refused.go(`${hub.auth}/apps`), '/cancel');
    expect(back.status).toBe(401);
    const more = { redirect_uri: `${hub.auth}/apps` };
    const asked = await new Browser().go(authorizationOf(hub, 'medmost-apps', 'patient/Patient.rs', more).url);
    expect(new URL(asked.url).searchParams.get('error') ?? asked.url).toMatch(/invalid_scope|error=/);
  });

  test('are nobody else’s to see or to end', async () => {
    const browser = new Browser();
    const { body } = await authorize(hub, { client: 'app', scope, login, browser });
    const page = await browser.go(`${hub.auth}/apps`);
    const stranger = new Browser();
    await signIn(stranger, authorizationOf(hub, 'app', scope).url, 'pyotr@mail.test');
    expectOver(await stranger.submit(page, '/apps'));
    hub.later(1.1);
    expect((await get(hub, body.access_token, `Patient/${patient}`)).status).toBe(200);
  });
});

test('pages speak the language that is chosen, else that of the browser', async () => {
  const browser = new Browser();
  browser.language = 'en-GB,en;q=0.9,ru;q=0.5';
  const page = await browser.go(authorizationOf(hub, 'app', scope).url);
  expect(page.text).toContain('<html lang="en">');
  const russian = await browser.go(`${page.url}?language=ru`);
  expect(russian.text).toContain('<html lang="ru">');
  expect((await browser.go(page.url)).text).toContain('<html lang="ru">');
});
