import { createPublicKey, randomBytes } from 'node:crypto';
import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importJWK, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { keysOf, loadKeys } from '../src/access/keys.ts';
import type { Principal } from '../src/access/principal.ts';
import { type AuthenticatorOptions, createAuthenticator, mintToken } from '../src/access/token.ts';

const secret = randomBytes(48);
const keys = keysOf([secret]);
const now = Date.parse('2026-12-01T00:00:00Z');
const clock = () => now;
const principal: Principal = { subject: 'app', role: 'app', clinics: ['demo'] };
const bearer = async (p = principal, seconds = 60) => `Bearer ${await mintToken(keys, p, seconds, clock)}`;
const [key] = keys.signing;

/** A token that differs from a good one in what is given. */
async function forged(claims: object, header: object = {}, signedWith: object | Uint8Array = key!): Promise<string> {
  const good = { sub: 'app', role: 'app', clinics: ['demo'], iss: 'medmost', aud: 'medmost/fhir' };
  const seconds = now / 1000;
  const payload = { ...good, iat: seconds, exp: seconds + 60, ...claims };
  const clean = Object.fromEntries(Object.entries(payload).filter(([, v]) => v !== null));
  const fields = { alg: 'ES256', typ: 'at+jwt', kid: key!.kid, ...header };
  const protectedHeader = Object.fromEntries(Object.entries(fields).filter(([, v]) => v !== null));
  const signer = signedWith instanceof Uint8Array ? signedWith : await importJWK(signedWith);
  return new SignJWT(clean).setProtectedHeader(protectedHeader as { alg: string }).sign(signer);
}

const publicPem = Buffer.from(
  createPublicKey({ key: { ...key!, d: undefined } as never, format: 'jwk' }).export({ type: 'spki', format: 'pem' }),
);
const other = keysOf([randomBytes(48)]).signing[0]!;

describe('a token', () => {
  test('gives the principal it was minted for, the second time without a signature check', async () => {
    const authenticate = createAuthenticator({ keys, clock });
    const header = await bearer();
    expect(await authenticate(header)).toEqual(principal);
    expect(authenticate(header)).toEqual(principal);
  });

  test('that was seen is refused all the same once it has expired', async () => {
    let time = now;
    const authenticate = createAuthenticator({ keys, clock: () => time });
    const header = await bearer();
    await authenticate(header);
    time += 61_000;
    await expect(Promise.resolve().then(() => authenticate(header))).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  test.each<[string, object, object?, (object | Uint8Array)?]>([
    ['of another key', {}, {}, other],
    ['of another key that calls itself ours', {}, { kid: key!.kid }, other],
    ['signed HS256 with the public key', {}, { alg: 'HS256' }, publicPem],
    ['without kid', {}, { kid: null }],
    ['with a kid that is a path', {}, { kid: '../../etc/passwd' }],
    ['with its own key in it', {}, { jwk: other, kid: other.kid }, other],
    ['with the address of its key', {}, { jku: 'http://127.0.0.1:1/keys', kid: other.kid }, other],
    ['without exp', { exp: null }],
    ['without iat', { iat: null }],
    ['without sub', { sub: null }],
    ['from the future', { iat: now / 1000 + 3600, exp: now / 1000 + 7200 }],
    ['not valid yet', { nbf: now / 1000 + 3600 }],
    ['expired', { exp: now / 1000 - 1 }],
    ['for another audience', { aud: 'other' }],
    ['for several audiences', { aud: ['medmost/fhir', 'other'] }],
    ['of another issuer', { iss: 'other' }],
    ['of another type', {}, { typ: 'JWT' }],
    ['without type', {}, { typ: null }],
    ['without clinics', { clinics: [] }],
    ['of an unknown role', { role: 'root' }],
    ['of a patient without a patient', { role: 'patient' }],
    ['of an app with a patient', { patient: '6c9da30f-1008-45dc-b4eb-8df4b74529a4' }],
  ])('%s is refused', async (_name, claims, header = {}, signedWith = key!) => {
    const authenticate = createAuthenticator({ keys, clock });
    const token = await forged(claims, header, signedWith);
    await expect(authenticate(`Bearer ${token}`)).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  test.each([
    ['alg none', (_h: string, p: string) => `${b64({ alg: 'none', typ: 'at+jwt' })}.${p}.`],
    ['alg none beside a signature', (_h: string, p: string, s: string) => `${b64({ alg: 'none' })}.${p}.${s}`],
    ['no signature', (h: string, p: string) => `${h}.${p}.`],
    ['a signature of zeros', (h: string, p: string) => `${h}.${p}.${Buffer.alloc(64).toString('base64url')}`],
    ['another payload', (h: string, _p: string, s: string) => `${h}.${b64({ sub: 'app', role: 'operator' })}.${s}`],
    ['nothing but a word', () => 'abc'],
  ])('with %s is refused', async (_name, change) => {
    const [h, p, s] = (await forged({})).split('.');
    const authenticate = createAuthenticator({ keys, clock });
    const attempt = Promise.resolve().then(() => authenticate(`Bearer ${change(h!, p!, s!)}`));
    await expect(attempt).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  test('the one they differ from is accepted', async () => {
    expect(await createAuthenticator({ keys, clock })(`Bearer ${await forged({})}`)).toMatchObject({ subject: 'app' });
  });

  test('of an earlier secret is good beside the new one', async () => {
    const renewed = keysOf([randomBytes(48), secret]);
    expect(renewed.signing[0]!.kid).not.toBe(key!.kid);
    expect(await createAuthenticator({ keys: renewed, clock })(await bearer())).toEqual(principal);
    const replaced = createAuthenticator({ keys: keysOf([randomBytes(48)]), clock });
    await expect(replaced(await bearer())).rejects.toMatchObject({ kind: 'unauthenticated' });
  });
});

const b64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token of the authorization server', () => {
  const issuer = 'http://hub.test/auth';
  const audience = 'http://hub.test/fhir';
  const granted = { iss: issuer, aud: audience, sub: 'account', client_id: 'phone', scope: 'patient/*.rs', gid: 'g' };
  const patient: Principal = { subject: 'account', role: 'patient', clinics: ['demo'] };

  function stage(standing: NonNullable<AuthenticatorOptions['server']>['standing']) {
    const time = { now };
    const options = { keys, clock: () => time.now, server: { issuer, audience, standing } };
    return { time, authenticate: createAuthenticator(options) };
  }

  test('is who stands in the database, asked once a second', async () => {
    const asked: object[] = [];
    const { time, authenticate } = stage(async (g) => {
      asked.push(g);
      return patient;
    });
    const header = `Bearer ${await forged(granted)}`;
    for (let i = 0; i < 5; i++) expect(await authenticate(header)).toEqual(patient);
    expect(asked).toEqual([{ client: 'phone', scope: 'patient/*.rs', grant: 'g' }]);
    time.now += 1000;
    await Promise.all([authenticate(header), authenticate(header)]);
    expect(asked).toHaveLength(2);
  });

  test('ends with what was granted, a second later at most', async () => {
    let stands: Principal | undefined = patient;
    const { time, authenticate } = stage(async () => stands);
    const header = `Bearer ${await forged(granted)}`;
    await authenticate(header);
    stands = undefined;
    time.now += 1000;
    await expect(Promise.resolve().then(() => authenticate(header))).rejects.toMatchObject({ kind: 'unauthenticated' });
    await expect(Promise.resolve().then(() => authenticate(header))).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  test.each([
    ['with the audience of the other issuer', { aud: 'medmost/fhir' }],
    ['for another clinic’s base', { aud: 'http://other.test/fhir' }],
    ['without client', { client_id: null }],
    ['of the authorization server of another hub', { iss: 'http://other.test/auth' }],
    ['that says its role itself', { iss: 'medmost', role: 'operator' }],
  ])('%s is refused', async (_name, claims) => {
    const { authenticate } = stage(async () => patient);
    const token = await forged({ ...granted, ...claims });
    await expect(authenticate(`Bearer ${token}`)).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  test('an id_token is no access token', async () => {
    const { authenticate } = stage(async () => patient);
    const token = await forged(granted, { typ: 'JWT' });
    await expect(authenticate(`Bearer ${token}`)).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  test('is no token of a hub without authorization server', async () => {
    const token = await forged(granted);
    await expect(createAuthenticator({ keys, clock })(`Bearer ${token}`)).rejects.toMatchObject({
      kind: 'unauthenticated',
    });
  });
});

test('the secret is made once, for its owner alone, and always gives the same keys', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'medmost-')), 'token.key');
  expect(loadKeys(file).signing).toEqual(loadKeys(file).signing);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});
