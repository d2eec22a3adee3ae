/** A regional registry's server: it proves itself by its key, follows the feed of changes over HTTP, and renews its token on the way. */
import { exportJWK, generateKeyPair } from 'jose';
import {
  allowInsecureRequests,
  type Configuration,
  clientCredentialsGrant,
  discovery,
  PrivateKeyJwt,
} from 'openid-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bundle, type Fetch, follow } from '../../follow/follow.ts';
import { createSmartHub, type SmartHub } from './smart-hub.ts';

let hub: SmartHub;
let server: Configuration;

beforeAll(async () => {
  hub = await createSmartHub();
  const { publicKey, privateKey } = await generateKeyPair('ES384', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: 'registry-1', alg: 'ES384', use: 'sig' };
  const scopes = ['system/Slot.rs', 'system/Schedule.rs'];
  await hub.client('registry', { audience: 'system', role: 'registry', scopes, jwks: { keys: [jwk as never] } });
  const key = PrivateKeyJwt({ key: privateKey, kid: 'registry-1' });
  server = await discovery(new URL(hub.auth), 'registry', undefined, key, { execute: [allowInsecureRequests] });
});
afterAll(() => hub.close());

/** Pages over HTTP; every few pages with a token of its own. */
function openFeed(path: string): { fetch: Fetch; tokens: Set<string> } {
  const tokens = new Set<string>();
  let token = '';
  let left = 0;
  const fetchPage: Fetch = async (query) => {
    if (left-- <= 0) {
      const answer = await clientCredentialsGrant(server, { scope: 'system/Slot.rs' });
      token = answer.access_token;
      tokens.add(token);
      left = 3;
    }
    const answer = await fetch(`${hub.fhir}/${path}?${query}`, { headers: { authorization: `Bearer ${token}` } });
    const body = (await answer.json()) as Bundle;
    expect(answer.status, JSON.stringify(body)).toBe(200);
    return body;
  };
  return { fetch: fetchPage, tokens };
}

test.each([
  ['history', 'Slot/_history'],
  ['search', 'Slot'],
] as const)(
  'follows every change by %s while others write',
  async (by, path) => {
    const { fetch: pages, tokens } = openFeed(path);
    const report = await follow({ hub, by, slots: 2000, changes: 6000, fetch: pages });
    expect(report).toMatchObject({ missed: 0, phantom: 0 });
    expect(report.changes).toBeGreaterThanOrEqual(6000);
    expect(tokens.size).toBeGreaterThan(1);
  },
  120_000,
);

test('a registry that is switched off reads no further page', async () => {
  const { access_token: token } = await clientCredentialsGrant(server, { scope: 'system/Slot.rs' });
  const read = () => fetch(`${hub.fhir}/Slot?_count=1`, { headers: { authorization: `Bearer ${token}` } });
  expect((await read()).status).toBe(200);
  await hub.pool.query(`update client set disabled = now() where id = 'registry'`);
  hub.later(1);
  expect((await read()).status).toBe(401);
  await expect(clientCredentialsGrant(server, { scope: 'system/Slot.rs' })).rejects.toThrow();
});
