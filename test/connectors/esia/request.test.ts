/** The bytes of a request: what is signed, how it is written, and what the sandbox refuses of the known mistakes. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEsia, esiaSettings } from '../../../src/connectors/esia/index.ts';
import { certificateHash, publicKeyIn, readCertificates } from '../../../src/gost/certificate.ts';
import { verifyCms } from '../../../src/gost/cms.ts';
import { readPrivateKey } from '../../../src/gost/key.ts';
import { sign, verify } from '../../../src/gost/signature.ts';
import { streebog256 } from '../../../src/gost/streebog.ts';
import { type EsiaTestSandbox, newState, startEsiaSandbox } from '../../support/esia.ts';

const redirectUri = 'https://hub.example/auth/esia?next=запись&x=a+b';
const clock = () => Date.parse('2026-11-22T10:00:00Z');
const state = newState();

let sandbox: EsiaTestSandbox;
beforeAll(async () => {
  sandbox = await startEsiaSandbox({ clock, settings: { scopes: ['openid', 'fullname', 'snils'] } });
});
afterAll(() => sandbox.close());

const urlOf = async (settings: object = {}) =>
  new URL(
    await createEsia(esiaSettings.parse({ ...sandbox.settings, ...settings }), { clock }).authorizationUrl({
      state,
      redirectUri,
    }),
  );
const certificate = () => readCertificates(sandbox.system.certificate)[0]!;
const secretOf = (url: URL) => Buffer.from(url.searchParams.get('client_secret')!, 'base64url');

test('profile v2: its parameters, and 64 bytes over six of them', async () => {
  const url = await urlOf();
  expect(url.pathname).toBe('/aas/oauth2/v2/ac');
  expect(Object.fromEntries(url.searchParams)).toEqual({
    client_id: 'MEDMOST',
    client_secret: expect.stringMatching(/^[\w-]{86}$/),
    client_certificate_hash: certificateHash(certificate()),
    redirect_uri: redirectUri,
    scope: 'openid fullname snils',
    state,
    timestamp: '2026.11.22 10:00:00 +0000',
    response_type: 'code',
    access_type: 'online',
    person_filter: Buffer.from('conf_acc').toString('base64'),
  });
  // In the address a plus means a space.
  expect(url.search).toContain('timestamp=2026.11.22+10%3A00%3A00+%2B0000');
  const message = `MEDMOSTopenid fullname snils2026.11.22 10:00:00 +0000${state}${redirectUri}`;
  expect(verify(Buffer.from(message), secretOf(url), publicKeyIn(certificate()))).toBe(true);
});

test('profile v2: scope_org is signed after scope', async () => {
  const url = await urlOf({ organizationScopes: ['org_shortname', 'org_ogrn'] });
  expect(url.searchParams.get('scope_org')).toBe('org_shortname org_ogrn');
  const message = `MEDMOSTopenid fullname snilsorg_shortname org_ogrn2026.11.22 10:00:00 +0000${state}${redirectUri}`;
  expect(verify(Buffer.from(message), secretOf(url), publicKeyIn(certificate()))).toBe(true);
});

test('profile v1: CMS over four of them, and no hash', async () => {
  const url = await urlOf({ profile: 'v1' });
  expect(url.pathname).toBe('/aas/oauth2/ac');
  expect([...url.searchParams.keys()]).not.toContain('client_certificate_hash');
  const message = `openid fullname snils2026.11.22 10:00:00 +0000MEDMOST${state}`;
  expect(verifyCms(secretOf(url), Buffer.from(message), certificate())).toBe(true);
});

test('the hash is Streebog over DER in 64 capital digits, not over the file and not SHA', () => {
  const { der } = certificate();
  expect(certificateHash(certificate())).toBe(streebog256(der).toString('hex').toUpperCase());
  expect(certificateHash(certificate())).toMatch(/^[\dA-F]{64}$/);
});

test('whatever stands in an address is signed as it is sent', async () => {
  const esia = createEsia(sandbox.settings, { clock });
  await fc.assert(
    fc.asyncProperty(
      fc.webPath(),
      fc.webQueryParameters(),
      fc.string({ unit: 'grapheme' }),
      async (path, query, any) => {
        const target = `https://hub.example${path}?${query}&x=${any}`;
        const url = await esia.authorizationUrl({ state: newState(), redirectUri: target });
        expect((await fetch(url, { redirect: 'manual' })).headers.get('location')).toContain('/login?');
      },
    ),
    { numRuns: 40 },
  );
});

/** Where the sandbox leads, after `change` was done to a good request. */
async function answerTo(change: (query: URLSearchParams) => void, settings: object = {}): Promise<string> {
  const url = await urlOf(settings);
  change(url.searchParams);
  const answer = await fetch(url, { redirect: 'manual' });
  const location = answer.headers.get('location');
  if (location === null) return `page: ${/ESIA-\d{6}/.exec(await answer.text())?.[0]}`;
  const target = new URL(location);
  if (target.pathname === '/login') return 'login';
  expect(target.searchParams.get('state')).toBe(state);
  return `${target.searchParams.get('error')}: ${target.searchParams.get('error_description')?.slice(0, 11)}`;
}

const resign = (query: URLSearchParams, names: readonly string[]) => {
  const message = names.map((name) => query.get(name) ?? '').join('');
  const signature = sign(Buffer.from(message), readPrivateKey(sandbox.system.key.pem));
  query.set('client_secret', signature.toString('base64url'));
};
const secret = (query: URLSearchParams) => Buffer.from(query.get('client_secret')!, 'base64url');
const six = ['client_id', 'scope', 'scope_org', 'timestamp', 'state', 'redirect_uri'];

const mistakes: readonly (readonly [string, (query: URLSearchParams) => void, string])[] = [
  ['nothing', () => {}, 'login'],
  ['ordinary base64 with padding', (q) => q.set('client_secret', secret(q).toString('base64')), 'login'],
  ['the order of v1', (q) => resign(q, ['scope', 'timestamp', 'client_id', 'state']), 'access_denied: ESIA-007053'],
  [
    'halves swapped',
    (q) =>
      q.set('client_secret', Buffer.concat([secret(q).subarray(32), secret(q).subarray(0, 32)]).toString('base64url')),
    'access_denied: ESIA-007053',
  ],
  [
    'mirrored, as CryptoPro gives it',
    (q) => q.set('client_secret', secret(q).reverse().toString('base64url')),
    'access_denied: ESIA-007053',
  ],
  ['another scope than was signed', (q) => q.set('scope', 'openid fullname'), 'access_denied: ESIA-007053'],
  [
    'the hash of the PEM file',
    (q) =>
      q.set(
        'client_certificate_hash',
        streebog256(Buffer.from(sandbox.system.certificate)).toString('hex').toUpperCase(),
      ),
    'access_denied: ESIA-007053',
  ],
  [
    'a SHA-1 thumbprint',
    (q) => q.set('client_certificate_hash', createHash('sha1').update(certificate().der).digest('hex').toUpperCase()),
    'access_denied: ESIA-007053',
  ],
  ['no hash', (q) => q.delete('client_certificate_hash'), 'invalid_request: ESIA-007014'],
  ['no scope', (q) => q.delete('scope'), 'invalid_scope: ESIA-007013'],
  ['a parameter twice', (q) => q.append('scope', 'openid'), 'invalid_request: ESIA-007003'],
  ['another response type', (q) => q.set('response_type', 'token'), 'invalid_request: ESIA-007003'],
  ['an unknown system', (q) => q.set('client_id', 'OTHER'), 'page: ESIA-007002'],
  [
    'a redirect address that is not registered',
    (q) => q.set('redirect_uri', 'https://evil.example/'),
    'page: ESIA-007023',
  ],
  ['an old time', (q) => q.set('timestamp', '2026.11.22 09:54:59 +0000'), 'invalid_request: ESIA-007015'],
  ['an early time', (q) => q.set('timestamp', '2026.11.22 10:05:01 +0000'), 'invalid_request: ESIA-007015'],
  ['a time without its plus', (q) => q.set('timestamp', '2026.11.22 10:00:00  0000'), 'invalid_request: ESIA-007015'],
  ['an unknown scope', (q) => q.set('scope', 'openid everything'), 'invalid_scope: ESIA-007006'],
];

test.each(mistakes)('%s', async (_, change, answer) => {
  expect(await answerTo(change)).toBe(answer);
});

test('the time is told in any zone', async () => {
  const change = (query: URLSearchParams) => {
    query.set('timestamp', '2026.11.22 13:00:00 +0300');
    resign(query, six);
  };
  expect(await answerTo(change)).toBe('login');
});

test('checks come in their order: of two mistakes the earlier is told', async () => {
  const order = [
    (q: URLSearchParams) => q.delete('client_certificate_hash'),
    (q: URLSearchParams) => q.set('client_certificate_hash', 'A'.repeat(64)),
    (q: URLSearchParams) => q.set('timestamp', '2026.11.22 09:00:00 +0000'),
    (q: URLSearchParams) => q.set('scope', 'openid everything'),
    (q: URLSearchParams) => q.set('client_secret', 'AAAA'),
  ];
  const codes = ['007014', '007053', '007015', '007006', '007053'];
  for (const [index, code] of codes.entries()) {
    const all = (query: URLSearchParams) => {
      for (const spoil of order.slice(index).reverse()) spoil(query);
    };
    expect(await answerTo(all)).toContain(`ESIA-${code}`);
  }
});

test('profile v1 refuses the bare signature of v2, and v2 the container of v1', async () => {
  const bare = (query: URLSearchParams) => resign(query, ['scope', 'timestamp', 'client_id', 'state']);
  expect(await answerTo(bare, { profile: 'v1' })).toBe('access_denied: ESIA-007053');
  const container = (await urlOf({ profile: 'v1' })).searchParams.get('client_secret')!;
  expect(await answerTo((query) => query.set('client_secret', container))).toBe('access_denied: ESIA-007053');
});
