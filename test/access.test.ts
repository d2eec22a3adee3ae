import { randomBytes } from 'node:crypto';
import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import type { Principal } from '../src/access/principal.ts';
import { createAuthenticator, loadTokenKey, mintToken } from '../src/access/token.ts';

const key = randomBytes(48);
const now = Date.parse('2026-12-01T00:00:00Z');
const principal: Principal = { subject: 'app', role: 'app', clinics: ['demo'] };
const bearer = async (p = principal, seconds = 60) => `Bearer ${await mintToken(key, p, seconds, () => now)}`;

/** A token that differs from a good one in what is given. */
function forged(claims: object, header: object = {}, signedWith: Uint8Array = key): Promise<string> {
  const good = { sub: 'app', role: 'app', clinics: ['demo'], iss: 'medmost', aud: 'medmost/fhir' };
  const seconds = now / 1000;
  const payload = { ...good, iat: seconds, exp: seconds + 60, ...claims };
  const clean = Object.fromEntries(Object.entries(payload).filter(([, v]) => v !== null));
  return new SignJWT(clean).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', ...header }).sign(signedWith);
}

describe('a token', () => {
  test('gives the principal it was minted for, the second time without a signature check', async () => {
    const authenticate = createAuthenticator(key, () => now);
    const header = await bearer();
    expect(await authenticate(header)).toEqual(principal);
    expect(authenticate(header)).toEqual(principal);
  });

  test('that was seen is refused all the same once it has expired', async () => {
    let time = now;
    const authenticate = createAuthenticator(key, () => time);
    const header = await bearer();
    await authenticate(header);
    time += 61_000;
    await expect(Promise.resolve().then(() => authenticate(header))).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  test.each([
    ['of another key', {}, {}, randomBytes(48)],
    ['without exp', { exp: null }],
    ['without iat', { iat: null }],
    ['expired', { exp: now / 1000 - 1 }],
    ['for another audience', { aud: 'other' }],
    ['of another issuer', { iss: 'other' }],
    ['of another type', {}, { typ: 'JWT' }],
    ['without clinics', { clinics: [] }],
    ['of an unknown role', { role: 'root' }],
    ['of a patient without a patient', { role: 'patient' }],
    ['of an app with a patient', { patient: '6c9da30f-1008-45dc-b4eb-8df4b74529a4' }],
  ])('%s is refused', async (_name, claims, header = {}, signedWith = key) => {
    const authenticate = createAuthenticator(key, () => now);
    const token = await forged(claims, header, signedWith);
    await expect(authenticate(`Bearer ${token}`)).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  test('the one they differ from is accepted', async () => {
    expect(await createAuthenticator(key, () => now)(`Bearer ${await forged({})}`)).toMatchObject({ subject: 'app' });
  });
});

test('the key is made once, for its owner alone', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'medmost-')), 'token.key');
  expect(loadTokenKey(file)).toEqual(loadTokenKey(file));
  expect(statSync(file).mode & 0o777).toBe(0o600);
});
