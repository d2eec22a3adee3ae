/** What apps find out before they begin, and that it is true. https://hl7.org/fhir/smart-app-launch/STU2.2/conformance.html */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keysOf } from '../../../src/access/keys.ts';
import { loadRsaKey } from '../../../src/access/smart/rsa.sql.ts';
import { createSmartHub, type SmartHub } from './smart-hub.ts';

let hub: SmartHub;
let known: Record<string, unknown>;

beforeAll(async () => {
  hub = await createSmartHub();
  await hub.client('app', { audience: 'patient', scopes: ['openid'], origins: ['https://other.test'] });
  const answer = await fetch(`${hub.fhir}/.well-known/smart-configuration`, {
    headers: { origin: 'https://any.test' },
  });
  expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  known = (await answer.json()) as Record<string, unknown>;
});
afterAll(() => hub.close());

test('smart-configuration has what SMART requires, and says what the library says of itself', async () => {
  expect(known).toMatchObject({
    issuer: hub.auth,
    code_challenge_methods_supported: ['S256'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'fragment'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
  });
  for (const path of ['auth/.well-known/openid-configuration', '.well-known/oauth-authorization-server/auth']) {
    const library = (await (await fetch(`${hub.url}/${path}`)).json()) as Record<string, unknown>;
    for (const name of [
      'issuer',
      'jwks_uri',
      'authorization_endpoint',
      'token_endpoint',
      'introspection_endpoint',
      'revocation_endpoint',
      'end_session_endpoint',
      'response_types_supported',
      'response_modes_supported',
      'code_challenge_methods_supported',
    ])
      expect(library[name], `${path} ${name}`).toEqual(known[name]);
    expect(new Set(library['grant_types_supported'] as string[])).toEqual(
      new Set(known['grant_types_supported'] as string[]),
    );
    expect(new Set(library['token_endpoint_auth_methods_supported'] as string[])).toEqual(
      new Set(known['token_endpoint_auth_methods_supported'] as string[]),
    );
    expect(library['id_token_signing_alg_values_supported']).toContain('RS256');
    expect(library).not.toHaveProperty('registration_endpoint');
  }
});

test('every endpoint is there', async () => {
  for (const [name, url] of Object.entries(known))
    if (name.endsWith('_endpoint') || name === 'jwks_uri') {
      const post = ['token', 'introspection', 'revocation'].some((one) => name.startsWith(one));
      const { status } = await fetch(String(url), post ? { method: 'POST', body: new URLSearchParams() } : {});
      expect(status, name).not.toBe(404);
      expect(status, name).toBeLessThan(500);
    }
});

test('keys are public ones: one by which access tokens are checked, one for id_tokens, and none private', async () => {
  const { keys } = (await (await fetch(String(known['jwks_uri']))).json()) as { keys: Record<string, unknown>[] };
  expect(keys.map((k) => k['alg']).sort()).toEqual(['ES256', 'RS256']);
  for (const key of keys)
    for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi']) expect(key).not.toHaveProperty(secret);
});

test('the RSA key is the same for all hubs of a database, and is not readable in it', async () => {
  const [one, two] = await Promise.all([loadRsaKey(hub.pool, hub.accessKeys), loadRsaKey(hub.pool, hub.accessKeys)]);
  expect(one.kid).toBe(two.kid);
  const { rows } = await hub.pool.query<{ sealed: Buffer }>('select sealed from smart_key');
  expect(rows).toHaveLength(1);
  // A new secret in front seals it anew; without any that it was sealed with there is another key.
  const [first, next] = [randomBytes(48), randomBytes(48)];
  const old = await loadRsaKey(hub.pool, keysOf([first]));
  expect((await loadRsaKey(hub.pool, keysOf([next, first]))).kid).toBe(old.kid);
  expect((await loadRsaKey(hub.pool, keysOf([next]))).kid).toBe(old.kid);
  expect((await loadRsaKey(hub.pool, keysOf([first]))).kid).not.toBe(old.kid);
  expect(rows[0]!.sealed.toString('latin1')).not.toContain('"kty"');
});

test('the CapabilityStatement leads to the same endpoints', async () => {
  const statement = (await (await fetch(`${hub.fhir}/metadata`)).json()) as {
    rest: {
      security: {
        service: { coding: { code: string }[] }[];
        extension: { extension: { url: string; valueUri: string }[] }[];
      };
    }[];
  };
  const { service, extension } = statement.rest[0]!.security;
  expect(service[0]!.coding[0]!.code).toBe('SMART-on-FHIR');
  const uris = Object.fromEntries(extension[0]!.extension.map((e) => [e.url, e.valueUri]));
  expect(uris).toMatchObject({
    authorize: known['authorization_endpoint'],
    token: known['token_endpoint'],
    manage: known['management_endpoint'],
  });
});

test('nobody can make it name another host', async () => {
  const headers = {
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'https',
    forwarded: 'host=evil.test',
    'x-forwarded-prefix': '/evil',
  };
  for (const path of ['auth/.well-known/openid-configuration', 'fhir/.well-known/smart-configuration'])
    expect(await (await fetch(`${hub.url}/${path}`, { headers })).text()).not.toContain('evil');
});

test('pages of an app may call the token endpoint from its own origins, and of no others', async () => {
  const call = (origin: string) =>
    fetch(`${hub.auth}/token`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'app', grant_type: 'refresh_token', refresh_token: 'x' }),
      headers: { origin },
    });
  for (const origin of ['https://app.test', 'https://other.test'])
    expect((await call(origin)).headers.get('access-control-allow-origin')).toBe(origin);
  for (const origin of ['https://evil.test', 'null', 'http://app.test', 'https://app.test.evil.test'])
    expect((await call(origin)).headers.get('access-control-allow-origin')).toBeNull();
});
