/** The proof of a token by itself: to the second, to the letter, for both algorithms. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makePair } from '../../../sandbox/esia/authority.ts';
import { openTokenProof } from '../../../src/connectors/esia/token.ts';
import { readCertificates } from '../../../src/gost/certificate.ts';

const day = 86_400_000;
const now = Date.parse('2026-11-22T10:00:00Z');
const validity = { notBefore: now - day, notAfter: now + day };
const pairs = {
  GOST3410_2012_256: makePair('GOST3410_2012_256', 'ESIA', validity),
  RS256: makePair('RS256', 'ESIA', validity),
};
const algorithms = ['GOST3410_2012_256', 'RS256'] as const;
const settings = {
  algorithms: [...algorithms],
  issuer: 'http://esia.sandbox/',
  mnemonic: 'MEDMOST',
  toleranceSeconds: 60,
};
const proof = openTokenProof(
  algorithms.flatMap((one) => readCertificates(pairs[one].certificate)),
  settings,
);

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = now / 1000;
const claims = {
  iss: settings.issuer,
  aud: 'MEDMOST',
  sub: 1000600010,
  nbf: seconds,
  iat: seconds,
  exp: seconds + 600,
};

function tokenOf(alg: (typeof algorithms)[number], change: object = {}, header: object = {}): string {
  const signed = `${encode({ ver: 0, typ: 'JWT', sbt: 'id', alg, ...header })}.${encode({ ...claims, ...change })}`;
  return `${signed}.${pairs[alg].key.sign(Buffer.from(signed)).toString('base64url')}`;
}

const codeOf = (token: unknown, at = now) =>
  proof.prove(token, 'id', at).then(
    () => 'proved',
    (error: { code: string }) => error.code,
  );

describe.each(algorithms)('%s', (alg) => {
  test('a good one, whose subject is a number', async () => {
    expect(await proof.prove(tokenOf(alg), 'id', now)).toMatchObject({ sub: 1000600010 });
  });

  test('its times, with a minute for the clocks', async () => {
    const end = claims.exp * 1000;
    expect(await codeOf(tokenOf(alg), end + 59_000)).toBe('proved');
    expect(await codeOf(tokenOf(alg), end + 60_000)).toBe('esia-token');
    expect(await codeOf(tokenOf(alg, { nbf: seconds + 60 }))).toBe('proved');
    expect(await codeOf(tokenOf(alg, { nbf: seconds + 61 }))).toBe('esia-token');
    expect(await codeOf(tokenOf(alg, { iat: seconds + 60 }))).toBe('proved');
    expect(await codeOf(tokenOf(alg, { iat: seconds + 61 }))).toBe('esia-token');
  });

  test.each([
    { iss: 'http://esia.sandbox' },
    { iss: 'https://esia.sandbox/' },
    { iss: undefined },
    { aud: 'medmost' },
    { aud: ['OTHER'] },
    { aud: undefined },
    { exp: undefined },
    { iat: undefined },
    { exp: 'never' },
    { exp: null },
  ])('claims with %j', async (change) => {
    expect(await codeOf(tokenOf(alg, change))).toBe('esia-token');
  });

  test.each([
    { typ: 'at+jwt' },
    { sbt: 'access' },
    { sbt: 'authorization_code' },
    { crit: ['exp'] },
    { alg: 'none' },
    { alg: 'ES256' },
  ])('a header with %j', async (header) => {
    expect(await codeOf(tokenOf(alg, {}, header))).toBe('esia-token');
  });

  test('keys that a token brings along are not looked at', async () => {
    const stranger = makePair(alg, 'STRANGER', validity);
    const header = {
      alg,
      x5c: [readCertificates(stranger.certificate)[0]!.der],
      jku: 'https://evil.example',
      kid: '../1',
    };
    const signed = `${encode({ typ: 'JWT', ...header })}.${encode(claims)}`;
    const token = `${signed}.${stranger.key.sign(Buffer.from(signed)).toString('base64url')}`;
    expect(await codeOf(token)).toBe('esia-certificate-unknown');
  });

  test('no letter of what is signed may be another', async () => {
    const token = tokenOf(alg);
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.= %';
    await fc.assert(
      fc.asyncProperty(fc.nat(token.lastIndexOf('.')), fc.constantFrom(...letters), async (place, letter) => {
        fc.pre(token[place] !== letter);
        const code = await codeOf(token.slice(0, place) + letter + token.slice(place + 1));
        expect(['esia-token', 'esia-certificate-unknown']).toContain(code);
      }),
      { numRuns: 150 },
    );
  });
});

test.each([undefined, null, 7, {}, '', '.', '..', 'a.b.c', `${encode({ alg: 'RS256' })}..`, 'x'.repeat(70_000)])(
  'what is no token: %j',
  async (token) => {
    expect(await codeOf(token)).toMatch(/^esia-(token|certificate-unknown)$/);
  },
);
