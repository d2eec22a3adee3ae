/** Signing in by ЕСИА, against its sandbox; RELIABILITY §5.3, 28: whose browser it is. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAccounts } from '../../../src/access/account/sign-in.ts';
import { createEsia } from '../../../src/connectors/esia/index.ts';
import { type EsiaTestSandbox, startEsiaSandbox } from '../../support/esia.ts';
import { Browser, type Page } from './browser.ts';
import { authorizationOf, createSmartHub, exchange, get, type SmartHub } from './smart-hub.ts';

let hub: SmartHub;
let esia: EsiaTestSandbox;
const mother = 1000600010;
const scope = 'launch/patient patient/Patient.rs openid fhirUser';

beforeAll(async () => {
  hub = await createSmartHub({
    async providers(url) {
      esia = await startEsiaSandbox({ origins: [url] });
      return [createEsia(esia.settings, { clock: Date.now })];
    },
    change: (smart, context) => ({ ...smart, accounts: createAccounts(context.accounts) }),
  });
  await hub.client('app', { audience: 'patient', scopes: ['patient/*.cruds', 'launch/patient', 'openid', 'fhirUser'] });
});
afterAll(async () => {
  await hub.close();
  await esia.close();
});

const isEsia = (url: string) => url.startsWith(esia.url);

/** As far as the portal, whose address it is. */
async function setOut(browser: Browser, begun = authorizationOf(hub, 'app', scope)): Promise<string> {
  const login = await browser.go(begun.url);
  expect(login.text).toContain('Войти через Госуслуги');
  const link = /href="([^"]*\/by\/esia)"/.exec(login.text)![1]!;
  return (await browser.go(new URL(link, login.url).href, isEsia)).url;
}

function expectOver(page: Page): void {
  expect(page.status).toBe(400);
  expect(page.text).toContain('Сеанс входа закончился или начат в другом браузере.');
}

test('a person signs in with Госуслуги, and the app gets what it would by a password', async () => {
  const browser = new Browser();
  const begun = authorizationOf(hub, 'app', scope);
  const callback = await esia.signIn(await setOut(browser, begun), mother);
  const next = await browser.go(callback.href);
  // Nobody of hers is a Patient here yet.
  expect(next.text).toContain('К вашей учётной записи пока никто не прикреплён.');
  const consent = await browser.submit(next, '/patient');
  expect(consent.text).toContain('Вы вошли как Мостова Анна Сергеевна.');
  const { status, body } = await exchange(hub, 'app', begun, await browser.submit(consent, '/consent'));
  expect(status).toBe(200);
  expect(body['patient']).toBeUndefined();
  expect((await get(hub, body.access_token, 'Patient')).status).toBe(200);
  const { rows } = await hub.pool.query('select method from smart_grant');
  expect(rows).toEqual([{ method: 'esia' }]);
});

test('who refuses at the portal reads a sentence, and can try again', async () => {
  const browser = new Browser();
  const callback = await esia.signIn(await setOut(browser), undefined);
  const page = await browser.go(callback.href);
  expect(page.status).toBe(400);
  expect(page.text).toMatch(/role="alert">[А-Я]/);
  expect(page.text).toContain('/login"');
  const english = new Browser();
  english.language = 'en';
  const login = await english.go(authorizationOf(hub, 'app', scope).url);
  const link = /href="([^"]*\/by\/esia)"/.exec(login.text)![1]!;
  const portal = (await english.go(new URL(link, login.url).href, isEsia)).url;
  const told = await english.go((await esia.signIn(portal, undefined)).href);
  expect(told.text).toMatch(/role="alert">[A-Z]/);
});

describe('28: a callback', () => {
  test('is good once', async () => {
    const browser = new Browser();
    const callback = (await esia.signIn(await setOut(browser), mother)).href;
    const first = await browser.send(callback);
    expect(first.status).toBe(303);
    expectOver(await browser.go(callback));
    const arrived = new URL(first.headers.get('location')!, hub.url).href;
    expect((await browser.go(arrived)).text).toContain('/patient"');
    expectOver(await browser.go(arrived));
  });

  test('without a state, with one that is not known, or with two, is nothing', async () => {
    const browser = new Browser();
    const callback = await esia.signIn(await setOut(browser), mother);
    const state = callback.searchParams.get('state')!;
    for (const odd of [
      '',
      `&state=${randomUUID()}`,
      `&state=${state}&state=${state}`,
      '&state=%00',
      "&state=x' or 1=1",
    ])
      expectOver(await browser.go(`${hub.auth}/esia/callback?code=${callback.searchParams.get('code')}${odd}`));
    expect((await browser.go(callback.href)).text).toContain('/patient"');
  });

  test('in the browser of somebody else signs nobody in: not the attacker as his victim', async () => {
    const attacker = new Browser();
    const victim = new Browser();
    // The attacker sends his victim to the portal with his own state; the victim signs in there and comes back.
    const callback = await esia.signIn(await setOut(attacker), mother);
    expectOver(await victim.go(callback.href));
    const state = callback.searchParams.get('state')!;
    const uid = [...attacker.jar.values()].map((c) => /\/interaction\/([\w-]+)$/.exec(c.path)?.[1]).find(Boolean)!;
    expectOver(await attacker.go(`${hub.auth}/interaction/${uid}/from/esia?state=${state}`));
    // Not even when the victim was at the hub before and has a cookie of its own.
    await setOut(victim);
    const again = await esia.signIn(await setOut(attacker), mother);
    expectOver(await victim.go(again.href));
  });

  test('nor the victim as the attacker', async () => {
    const attacker = new Browser();
    const victim = new Browser();
    await setOut(victim);
    const callback = (await esia.signIn(await setOut(attacker), mother)).href;
    expectOver(await victim.go(callback));
    const arrived = new URL((await attacker.send(callback)).headers.get('location')!, hub.url).href;
    expectOver(await victim.go(arrived));
  });

  test('of one interaction signs nobody in at another of the same browser', async () => {
    const browser = new Browser();
    const [one, other] = [await setOut(browser), await setOut(browser)];
    await browser.send((await esia.signIn(one, mother)).href);
    const location = (await browser.send((await esia.signIn(other, mother)).href)).headers.get('location')!;
    const [, uid] = /interaction\/([\w-]+)\//.exec(location)!;
    const uids = [...browser.jar.values()].flatMap((c) => /\/interaction\/([\w-]+)$/.exec(c.path)?.[1] ?? []);
    const wrong = uids.find((u) => u !== uid);
    if (wrong !== undefined) expectOver(await browser.go(new URL(location.replace(uid!, wrong), hub.url).href));
    expect((await browser.go(new URL(location, hub.url).href)).text).toContain('/patient"');
  });
});

test('when the portal is away, the page says so and stays', async () => {
  const away = await createSmartHub({
    providers: async () => [
      {
        name: 'esia',
        title: 'Госуслуги',
        authorizationUrl: async () => {
          throw new Error('no network');
        },
        identify: async () => {
          throw new Error('no network');
        },
        logoutUrl: () => undefined,
      },
    ],
  });
  await away.client('app', { audience: 'patient', scopes: ['patient/*.rs', 'launch/patient'] });
  const browser = new Browser();
  const login = await browser.go(authorizationOf(away, 'app', 'patient/Patient.rs').url);
  const link = /href="([^"]*\/by\/esia)"/.exec(login.text)![1]!;
  const page = await browser.go(new URL(link, login.url).href);
  expect(page.status).toBe(400);
  expect(page.text).toContain('Войти сейчас не получилось.');
  await away.close();
});
