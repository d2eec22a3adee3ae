/** The sandbox's register of people answers as the real one: by scope, with its envelope, to the owner of the token alone. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEsia, esiaSettings } from '../../../src/connectors/esia/index.ts';
import { callbackOf, type EsiaTestSandbox, newState, startEsiaSandbox } from '../../support/esia.ts';

const redirectUri = 'https://hub.example/auth/esia';
let now = Date.parse('2026-11-22T10:00:00Z');
const clock = () => now;

let sandbox: EsiaTestSandbox;
beforeAll(async () => {
  sandbox = await startEsiaSandbox({ clock });
});
afterAll(() => sandbox.close());

/** The access token of a sign-in with these scopes, caught on its way. */
async function accessTokenFor(scopes: readonly string[], person = 1000600010): Promise<string> {
  let token = '';
  const listening = async (url: string, init: RequestInit) => {
    token = new Headers(init.headers).get('authorization')?.slice(7) ?? token;
    return fetch(url, init);
  };
  const settings = esiaSettings.parse({ ...sandbox.settings, scopes });
  const esia = createEsia(settings, { clock, fetch: (url, init) => listening(url, init as RequestInit) });
  const url = await sandbox.signIn(await esia.authorizationUrl({ state: newState(), redirectUri }), person);
  await esia.identify(callbackOf(url, redirectUri));
  return token;
}

async function get(path: string, token: string) {
  const answer = await fetch(`${sandbox.url}/rs/prns/${path}`, { headers: { authorization: `Bearer ${token}` } });
  return { status: answer.status, body: (await answer.json()) as { elements?: unknown[]; [name: string]: unknown } };
}

describe('with every scope', () => {
  let token = '';
  beforeAll(async () => {
    token = await accessTokenFor(sandbox.settings.scopes);
  });

  test('the person, without oid', async () => {
    const { body } = await get('1000600010', token);
    expect(body).toMatchObject({
      stateFacts: ['EntityRoot'],
      lastName: 'Мостова',
      birthDate: '14.03.1986',
      trusted: true,
    });
    expect(body).not.toHaveProperty('oid');
  });

  test('a list is URLs, and objects when they are embedded', async () => {
    const plain = await get('1000600010/kids', token);
    expect(plain.body).toMatchObject({
      stateFacts: ['hasSize'],
      size: 2,
      eTag: expect.stringMatching(/^[\dA-F]{40}$/),
    });
    expect(plain.body.elements).toEqual([
      `${sandbox.url}/rs/prns/1000600010/kids/1000600011`,
      `${sandbox.url}/rs/prns/1000600010/kids/1000600012`,
    ]);
    const embedded = await get('1000600010/kids?embed=(elements)', token);
    expect(embedded.body.elements).toMatchObject([{ id: 1000600011 }, { id: 1000600012, firstName: 'Соня' }]);
    expect((await get('1000600010/kids/1000600012', token)).body).toMatchObject({ firstName: 'Соня' });
    expect((await get('1000600010/kids/1000600099', token)).status).toBe(404);
  });

  test('nobody else may be read', async () => {
    for (const path of ['1000600030', '1000600030/docs', '1000600011', '1000600030/kids/1/docs'])
      expect((await get(path, token)).status).toBe(403);
  });

  test('a token is good for an hour', async () => {
    now += 3_599_000;
    expect((await get('1000600010', token)).status).toBe(200);
    now += 1000;
    expect((await get('1000600010', token)).status).toBe(401);
  });
});

test('a scope that was not granted is not there', async () => {
  const token = await accessTokenFor(['openid', 'fullname', 'kid_fullname', 'mobile']);
  const { body } = await get('1000600010', token);
  expect(body).toMatchObject({ firstName: 'Анна' });
  for (const name of ['birthDate', 'gender', 'snils']) expect(body).not.toHaveProperty(name);
  expect((await get('1000600010/docs', token)).status).toBe(403);
  expect((await get('1000600010/kids/1000600011/docs', token)).status).toBe(403);
  const { body: kids } = await get('1000600010/kids?embed=(elements)', token);
  expect(Object.keys(kids.elements![0] as object).sort()).toEqual(
    ['eTag', 'firstName', 'id', 'lastName', 'middleName', 'stateFacts'].sort(),
  );
  const { body: contacts } = await get('1000600010/ctts?embed=(elements)', token);
  expect(contacts.elements).toMatchObject([{ type: 'MBT', vrfStu: 'VERIFIED' }]);
});

test('no token, and one that nobody gave', async () => {
  expect((await get('1000600010', '')).status).toBe(401);
  expect((await get('1000600010', 'eyJhbGciOiJub25lIn0.e30.')).status).toBe(401);
});

describe('the login page', () => {
  let page: URL;
  beforeEach(async () => {
    const esia = createEsia(sandbox.settings, { clock });
    const answer = await fetch(await esia.authorizationUrl({ state: newState(), redirectUri }), { redirect: 'manual' });
    page = new URL(answer.headers.get('location')!);
  });
  const enter = (form: Record<string, string>) =>
    fetch(`${sandbox.url}/login`, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ request: page.searchParams.get('request')!, ...form }),
    });

  test('has everybody on it, and is Russian', async () => {
    const html = await (await fetch(page)).text();
    expect(html).toContain('<html lang="ru">');
    for (const { oid, lastName } of sandbox.control.people)
      expect(html).toMatch(new RegExp(`value="${oid}">${lastName}`));
  });

  test.each(['anna@esia.example', 'ANNA@esia.example ', '000-000-600 10', '00000060010', '+7 (000) 000-00-10'])(
    'lets %j in with the password',
    async (login) => {
      const wrong = await enter({ login, password: 'wrong' });
      expect([wrong.status, await wrong.text()]).toEqual([401, expect.stringContaining('Неверный логин или пароль')]);
      expect((await enter({ login, password: '11111111' })).headers.get('location')).toContain('code=eyJ');
    },
  );

  test.each(['', '0', 'nobody@esia.example', '-'])('lets nobody in as %j', async (login) => {
    expect((await enter({ login, password: '11111111' })).status).toBe(401);
  });

  test('is good once', async () => {
    expect((await enter({ person: '1000600010' })).status).toBe(302);
    expect((await enter({ person: '1000600010' })).status).toBe(400);
  });
});
