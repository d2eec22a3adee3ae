/** A gateway before ЕСИА: an ordinary OAuth server, in the shapes that settings can take. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createGateway, gatewaySettings } from '../../../src/connectors/esia/gateway.ts';
import { IdentityError } from '../../../src/identity.ts';

const redirectUri = 'https://hub.example/auth/gateway';
const state = '5f2f2b0e-7d5a-4f0e-9a53-0d6a1f3c7f11';
const now = Date.parse('2026-11-22T10:00:00Z');

const info = {
  oid: '1000600010',
  firstName: 'Анна',
  lastName: 'Мостова',
  middleName: null,
  birthDate: '14.03.1986',
  gender: 'F',
  snils: '000-000-600 10',
  trusted: true,
  email: 'anna@esia.example',
  mobilePhone: '+7(000)0000010',
  documents: [],
};

interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

let server: Server;
let origin = '';
let asked: Asked[] = [];
let answers: Readonly<Record<string, { status?: number; body: unknown }>>;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const one = await read(request);
    asked.push(one);
    const { status = 200, body } = answers[one.url.pathname] ?? { status: 404, body: {} };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked = [];
  answers = {
    '/auth/token': { body: { access_token: 'opaque', token_type: 'Bearer' } },
    '/auth/userinfo': { body: { sub: '5', info } },
  };
});
afterAll(() => server.close());

async function read(request: IncomingMessage): Promise<Asked> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  const form = new URLSearchParams(Buffer.concat(parts).toString());
  const { authorization } = request.headers;
  return { method: request.method!, url: new URL(request.url!, origin), form, authorization };
}

const create = (settings: object = {}) =>
  createGateway(gatewaySettings.parse({ url: origin, clientId: 'hub', clientSecret: 'a secret+', ...settings }), {
    clock: () => now,
  });
const identify = (settings: object = {}, callback: object = { code: 'a code' }) =>
  create(settings).identify({ state, redirectUri, ...callback });

async function failureOf(settings: object = {}, callback?: object): Promise<string> {
  const error = await identify(settings, callback).catch((problem: unknown) => problem);
  expect(error).toBeInstanceOf(IdentityError);
  expect(inspect(error, { depth: 9 })).not.toMatch(/Мостова|600 10|anna@|a secret|opaque|a code/);
  return (error as IdentityError).code;
}

test('the way there, the exchange and the person, as the known gateway has them', async () => {
  const url = new URL(await create().authorizationUrl({ state, redirectUri }));
  expect(url.origin + url.pathname).toBe(`${origin}/auth/authorize`);
  expect(Object.fromEntries(url.searchParams)).toEqual({
    provider: 'esia_oauth',
    client_id: 'hub',
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: 'openid fullname birthdate gender snils',
    state,
  });
  expect(await identify()).toEqual({
    subject: '1000600010',
    confirmed: true,
    family: 'Мостова',
    given: 'Анна',
    birthDate: '1986-03-14',
    gender: 'female',
    snils: '00000060010',
    children: [],
  });
  expect(asked.map(({ method, url: { pathname } }) => `${method} ${pathname}`)).toEqual([
    'POST /auth/token',
    'POST /auth/userinfo',
  ]);
  expect(Object.fromEntries(asked[0]!.form)).toEqual({
    grant_type: 'authorization_code',
    code: 'a code',
    redirect_uri: redirectUri,
    client_id: 'hub',
    client_secret: 'a secret+',
  });
  expect(asked[1]!.authorization).toBe('Bearer opaque');
});

test('the secret goes where the settings put it', async () => {
  await identify({ clientAuthentication: 'basic' });
  await identify({ clientAuthentication: 'query' });
  const [basic, , query] = asked;
  expect(Buffer.from(basic!.authorization!.slice(6), 'base64').toString()).toBe('hub:a+secret%2B');
  expect(basic!.form.has('client_secret')).toBe(false);
  expect(query!.url.searchParams.get('client_secret')).toBe('a secret+');
  expect(query!.form.size).toBe(0);
});

test('PKCE: the challenge is of the verifier, another for each state', async () => {
  const settings = { pkce: true };
  const url = new URL(await create(settings).authorizationUrl({ state, redirectUri }));
  await identify(settings);
  const verifier = asked[0]!.form.get('code_verifier')!;
  expect(verifier).toMatch(/^[\w-]{43}$/);
  expect(url.searchParams.get('code_challenge')).toBe(createHash('sha256').update(verifier).digest('base64url'));
  const other = new URL(await create(settings).authorizationUrl({ state: 'another', redirectUri }));
  expect(other.searchParams.get('code_challenge')).not.toBe(url.searchParams.get('code_challenge'));
});

test('contacts only where the gateway vouches for them', async () => {
  expect(await identify({ contactsVerified: true })).toMatchObject({
    email: 'anna@esia.example',
    phone: '+70000000010',
  });
});

test('other names, other places, GET, dates of ISO', async () => {
  const body = {
    sub: '77',
    family_name: 'Ли',
    given_name: 'Мей',
    birthdate: '2001-02-17',
    gender: 'female',
    confirmed: true,
  };
  answers = { ...answers, '/auth/userinfo': { body } };
  const members = {
    subject: 'sub',
    family: 'family_name',
    given: 'given_name',
    birthDate: 'birthdate',
    confirmed: 'confirmed',
  };
  expect(await identify({ person: '', members, userinfoMethod: 'GET' })).toEqual({
    subject: '77',
    confirmed: true,
    family: 'Ли',
    given: 'Мей',
    birthDate: '2001-02-17',
    gender: 'female',
    children: [],
  });
  expect(asked[1]!.method).toBe('GET');
});

test('logout where there is one', () => {
  expect(create().logoutUrl('https://hub.example/bye')).toBeUndefined();
  const settings = { logoutPath: '/auth/logout', logoutParameter: 'redirect_uri' };
  expect(create(settings).logoutUrl('https://hub.example/bye')).toBe(
    `${origin}/auth/logout?client_id=hub&redirect_uri=https%3A%2F%2Fhub.example%2Fbye`,
  );
});

test('accounts that are not confirmed', async () => {
  answers = { ...answers, '/auth/userinfo': { body: { info: { ...info, trusted: false } } } };
  expect(await failureOf()).toBe('ESIA-007055');
  expect(await identify({ confirmedOnly: false })).toMatchObject({ confirmed: false });
  answers = { ...answers, '/auth/userinfo': { body: { info: { ...info, trusted: undefined } } } };
  expect(await identify({ confirmedOnly: false })).toMatchObject({ confirmed: false });
});

test.each([
  [
    '/auth/token',
    { status: 400, body: { error: 'invalid_grant', error_description: 'ESIA-007011: …' } },
    'ESIA-007011',
  ],
  ['/auth/token', { status: 401, body: { error: 'invalid_client' } }, 'esia-unknown'],
  ['/auth/token', { status: 502, body: {} }, 'esia-unavailable'],
  ['/auth/token', { body: {} }, 'esia-answer'],
  ['/auth/token', { body: [] }, 'esia-answer'],
  ['/auth/userinfo', { status: 403, body: {} }, 'esia-scope'],
  ['/auth/userinfo', { status: 401, body: {} }, 'esia-answer'],
  ['/auth/userinfo', { body: {} }, 'esia-person'],
  ['/auth/userinfo', { body: { info: { ...info, oid: 'x' } } }, 'esia-person'],
  ['/auth/userinfo', { body: { info: { ...info, birthDate: '31.02.2000' } } }, 'esia-person'],
  ['/auth/userinfo', { body: { info: { ...info, lastName: 'Мо\u0000' } } }, 'esia-person'],
])('%s answers %j: %s', async (path, answer, code) => {
  answers = { ...answers, [path]: answer };
  expect(await failureOf()).toBe(code);
});

test.each([
  [{ error: 'access_denied' }, 'esia-denied'],
  [{ error: 'access_denied', errorDescription: 'ESIA-007004: …' }, 'ESIA-007004'],
  [{}, 'esia-unknown'],
])('a callback with %j: %s', async (callback, code) => {
  expect(await failureOf({}, callback)).toBe(code);
});

describe('id token', async () => {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const stranger = await generateKeyPair('RS256');
  const claims = { iss: 'https://gateway.example', aud: 'hub', sub: '5', iat: now / 1000, exp: now / 1000 + 600 };
  const tokenOf = (change: object = {}, key = privateKey) =>
    new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'RS256' }).sign(key);
  const settings = () => ({ idToken: { issuer: 'https://gateway.example', jwks: `${origin}/keys` } });
  const withToken = async (idToken: unknown) => {
    const keys = { keys: [{ ...(await exportJWK(publicKey)), alg: 'RS256' }] };
    answers = {
      ...answers,
      '/keys': { body: keys },
      '/auth/token': { body: { access_token: 'opaque', id_token: idToken } },
    };
  };

  test('of this person and for this hub', async () => {
    await withToken(await tokenOf());
    expect(await identify(settings())).toMatchObject({ family: 'Мостова' });
  });

  test.each([
    ['none', async () => undefined],
    ['of another person', () => tokenOf({ sub: '6' })],
    ['for another client', () => tokenOf({ aud: 'other' })],
    ['of another issuer', () => tokenOf({ iss: 'https://evil.example' })],
    ['that ran out', () => tokenOf({ exp: now / 1000 - 61 })],
    ['without exp', () => tokenOf({ exp: undefined })],
    ['signed by a stranger', () => tokenOf({}, stranger.privateKey)],
  ])('%s', async (_, make) => {
    await withToken(await make());
    expect(await failureOf(settings())).toBe('esia-token');
  });
});
