/** Programs that act for themselves: SMART Backend Services. RELIABILITY §5.3: 9 assertions, 10 keys that change. */
import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { allowInsecureRequests, clientCredentialsGrant, discovery, PrivateKeyJwt } from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOutbound } from '../../../src/outbound.ts';
import { askToken, createSmartHub, get, type SmartHub, type TokenAnswer } from './smart-hub.ts';

interface Key {
  readonly alg: 'RS384' | 'ES384';
  readonly kid: string;
  readonly priv: CryptoKey;
  readonly pub: JWK;
}

let hub: SmartHub;
let keys: Key[];
let host: Server;
/** What the client's own server publishes, how often it was asked, and whether it answers. */
const published = { keys: [] as JWK[], asked: 0, status: 200 };

async function makeKey(alg: Key['alg'], kid: string = randomUUID()): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, priv: privateKey, pub: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

const scopes = ['system/Slot.rs', 'system/Appointment.r'];

beforeAll(async () => {
  hub = await createSmartHub();
  keys = [await makeKey('RS384'), await makeKey('ES384')];
  host = createServer((_request, response) => {
    published.asked++;
    response
      .writeHead(published.status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ keys: published.keys }));
  });
  await new Promise<void>((done) => host.listen(0, '127.0.0.1', done));
  const { port } = host.address() as { port: number };
  await hub.client('registry', {
    audience: 'system',
    role: 'registry',
    scopes,
    jwks: { keys: keys.map((k) => k.pub as never) },
  });
  await hub.client('one-clinic', {
    audience: 'system',
    role: 'app',
    scopes: ['system/Patient.rs'],
    clinics: ['second'],
    jwks: { keys: [keys[0]!.pub as never] },
  });
  await hub.client('hosted', {
    audience: 'system',
    role: 'registry',
    scopes,
    jwksUri: `http://127.0.0.1:${port}/jwks`,
  });
});
afterAll(async () => {
  host.close();
  await hub.close();
});

const now = () => Math.floor(Date.now() / 1000);

function assertion(client: string, key: Key, claims: JWTPayload = {}, header: object = {}): Promise<string> {
  const usual = { iss: client, sub: client, aud: `${hub.auth}/token`, exp: now() + 200, jti: randomUUID() };
  const given = Object.entries({ ...usual, ...claims }).filter(([, value]) => value !== null);
  return new SignJWT(Object.fromEntries(given))
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header })
    .sign(key.priv);
}

const ask = (jwt: string, more: Record<string, string> = {}): Promise<TokenAnswer> =>
  askToken(hub, {
    grant_type: 'client_credentials',
    scope: 'system/Slot.rs',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: jwt,
    ...more,
  });

test('a program proves itself by RS384 or ES384 and reads what it may, and nothing else', async () => {
  for (const key of keys) {
    const { status, body, headers } = await ask(await assertion('registry', key));
    expect(status, JSON.stringify(body)).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 300, scope: 'system/Slot.rs' });
    expect(body.refresh_token).toBeUndefined();
    expect((await get(hub, body.access_token, 'Slot')).status).toBe(200);
    expect((await get(hub, body.access_token, 'Patient')).status).toBe(403);
  }
});

test('a client of one clinic sees no other', async () => {
  const account = await hub.account('maria@mail.test');
  const [first, second] = await hub.card(account, 'self', 'Тестова Мария', ['demo', 'second']);
  const { body } = await ask(await assertion('one-clinic', keys[0]!), { scope: 'system/Patient.rs' });
  expect((await get(hub, body.access_token, `Patient/${second}`)).status).toBe(200);
  expect((await get(hub, body.access_token, `Patient/${first}`)).status).toBe(404);
});

test('openid-client finds everything by discovery', async () => {
  const privateKey = { key: keys[1]!.priv, kid: keys[1]!.kid };
  const config = await discovery(new URL(hub.auth), 'registry', undefined, PrivateKeyJwt(privateKey), {
    execute: [allowInsecureRequests],
  });
  const answer = await clientCredentialsGrant(config, { scope: 'system/Slot.rs' });
  expect((await get(hub, answer.access_token, 'Slot')).status).toBe(200);
});

test('a client that is switched off is refused, and its token within a second', async () => {
  const { body } = await ask(await assertion('registry', keys[0]!));
  expect((await get(hub, body.access_token, 'Slot')).status).toBe(200);
  await hub.pool.query(`update client set disabled = now() where id = 'registry'`);
  hub.later(1.1);
  expect((await get(hub, body.access_token, 'Slot')).status).toBe(401);
  expect((await ask(await assertion('registry', keys[0]!))).status).toBe(401);
  await hub.pool.query(`update client set disabled = null where id = 'registry'`);
});

describe('scopes of programs', () => {
  test.each([
    'system/*.rs',
    'system/Patient.rs',
    'patient/Slot.rs',
    'user/Slot.rs',
    'openid',
    'offline_access',
    '',
    'system/Slot.cruds',
  ])('%j is not given', async (scope) => {
    expect(await ask(await assertion('registry', keys[0]!), { scope })).toMatchObject({
      status: 400,
      body: { error: 'invalid_scope' },
    });
  });

  test('what may be given of several is given', async () => {
    const { body } = await ask(await assertion('registry', keys[0]!), {
      scope: 'system/Slot.rs system/Patient.rs openid system/Slot.s',
    });
    expect(body.scope).toBe('system/Slot.rs system/Slot.s');
  });
});

describe('9: an assertion', () => {
  const refused = { status: 401, body: { error: 'invalid_client' } };

  test('is taken once', async () => {
    const jwt = await assertion('registry', keys[0]!);
    expect((await ask(jwt)).status).toBe(200);
    expect(await ask(jwt)).toMatchObject(refused);
  });

  test('is taken once, however many come at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const jwt = await assertion('registry', keys[1]!);
      const answers = await Promise.all(Array.from({ length: 8 }, () => ask(jwt)));
      expect(answers.filter((a) => a.status === 200)).toHaveLength(1);
    }
  });

  test.each<[string, JWTPayload, object?]>([
    ['that lasts longer than five minutes', { exp: now() + 3600 }],
    ['that has expired', { exp: now() - 60 }],
    ['without exp', { exp: null as never }],
    ['without jti', { jti: null as never }],
    ['whose sub is not its iss', { iss: 'one-clinic' }],
    ['without iss', { iss: null as never }],
    ['for another server', { aud: 'https://evil.test/token' }],
    ['for the FHIR API', { aud: 'fhir' }],
    ['without aud', { aud: null as never }],
    ['without kid', {}, { kid: undefined }],
    ['with a kid that is not known', {}, { kid: 'nobody' }],
    ['with a path as kid', {}, { kid: '../../../../dev/null' }],
    ['with a jku of its own', {}, { jku: 'https://evil.test/jwks' }],
    ['of a time to come', { nbf: now() + 3600 }],
  ])('%s is refused', async (_name, claims, header = {}) => {
    expect(await ask(await assertion('registry', keys[0]!, claims, header))).toMatchObject(refused);
  });

  test('signed by another key, with a key of its own in the header, by a secret, or not at all, is refused', async () => {
    const stranger = await makeKey('RS384', keys[0]!.kid);
    expect(await ask(await assertion('registry', stranger))).toMatchObject(refused);
    expect(await ask(await assertion('registry', stranger, {}, { jwk: stranger.pub }))).toMatchObject(refused);
    const claims = { iss: 'registry', sub: 'registry', aud: `${hub.auth}/token`, exp: now() + 200, jti: randomUUID() };
    const hmac = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS384', kid: keys[0]!.kid })
      .sign(Buffer.from(JSON.stringify(keys[0]!.pub)));
    expect(await ask(hmac)).toMatchObject(refused);
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    expect(await ask(`${part({ alg: 'none', kid: keys[0]!.kid })}.${part(claims)}.`)).toMatchObject(refused);
    const good = await assertion('registry', keys[1]!);
    expect(await ask(`${good.slice(0, good.lastIndexOf('.'))}.${'A'.repeat(128)}`)).toMatchObject(refused);
    const rs256 = await generateKeyPair('RS256');
    expect(
      await ask(
        await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: keys[0]!.kid }).sign(rs256.privateKey),
      ),
    ).toMatchObject(refused);
  });

  test('of a client that is not known looks the same as one that is wrong', async () => {
    const unknown = await ask(await assertion('nobody', keys[0]!));
    const wrong = await ask(await assertion('registry', await makeKey('RS384')));
    expect(unknown.body).toEqual(wrong.body);
    expect(unknown.status).toBe(wrong.status);
  });

  test('of another kind, or none', async () => {
    const jwt = await assertion('registry', keys[0]!);
    expect(
      (await ask(jwt, { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' })).status,
    ).toBe(400);
    for (const odd of ['', 'x', 'a.b.c', '....', '\u0000']) expect((await ask(odd)).status).toBeLessThan(500);
    expect(
      (await askToken(hub, { grant_type: 'client_credentials', client_id: 'registry', scope: 'system/Slot.rs' }))
        .status,
    ).toBe(401);
  });
});

describe('10: keys that a client publishes', () => {
  test('are fetched once; a new one is taken and an old one refused when they are fetched again; unknown ones cause no fetches', async () => {
    const [old, next] = [await makeKey('ES384'), await makeKey('ES384')];
    published.keys = [old.pub];
    for (let i = 0; i < 5; i++) expect((await ask(await assertion('hosted', old))).status).toBe(200);
    expect(published.asked).toBe(1);
    const strangers = await Promise.all(
      Array.from({ length: 50 }, async () => ask(await assertion('hosted', await makeKey('ES384')))),
    );
    expect(strangers.every((a) => a.status === 401)).toBe(true);
    expect(published.asked).toBe(1);
    published.keys = [next.pub];
    await forgetKeys();
    expect((await ask(await assertion('hosted', next))).status).toBe(200);
    expect((await ask(await assertion('hosted', old))).status).toBe(401);
    expect(published.asked).toBe(2);
  });

  test('that cannot be had refuse the client, and are not asked for by everybody', async () => {
    published.status = 503;
    const before = published.asked;
    await forgetKeys();
    const key = await makeKey('ES384');
    for (let i = 0; i < 10; i++) expect((await ask(await assertion('hosted', key))).status).toBeGreaterThanOrEqual(400);
    expect(published.asked - before).toBeLessThanOrEqual(1);
    published.status = 200;
  });

  test('are not fetched from inside, however it is spelled (19)', async () => {
    const { port } = host.address() as { port: number };
    const strict = openOutbound({ allowHttp: true, allow: [], ports: [port] });
    const own = await createSmartHub({ change: (smart) => ({ ...smart, outbound: strict }) });
    const before = published.asked;
    const hosts = [
      '127.0.0.1',
      'localhost',
      'localhost.',
      '127.1',
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '0.0.0.0',
    ];
    for (const [i, name] of hosts.entries()) {
      await own.pool.query(
        `insert into client (id, name, audience, authentication, jwks_uri, scopes, role)
         values ($1, 'x', 'system', 'private_key_jwt', $2, '{system/Slot.rs}', 'registry')`,
        [`inside-${i}`, `http://${name}:${port}/jwks`],
      );
      const answer = await askToken(own, {
        grant_type: 'client_credentials',
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: await assertion(`inside-${i}`, keys[0]!, { aud: `${own.auth}/token` }),
      });
      expect(answer.status, name).toBeGreaterThanOrEqual(400);
      expect(answer.status, name).toBeLessThan(500);
    }
    expect(published.asked).toBe(before);
    await strict.close();
    await own.close();
  });

  /** The library keeps keys by what it knows of the client: another name is another client to it. */
  const forgetKeys = () => hub.pool.query(`update client set name = name || '.' where id = 'hosted'`);
});
