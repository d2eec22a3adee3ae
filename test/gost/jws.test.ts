/** Tokens of alg GOST3410_2012_256; the engine is the witness of what is signed and how. */
import { expect, test } from 'vitest';
import { curves } from '../../src/gost/curve.ts';
import { isGostJwsBy, signGostJws } from '../../src/gost/jws.ts';
import { writePublicKey } from '../../src/gost/key.ts';
import { writePem } from '../../src/gost/pem.ts';
import { makePrivateKey, publicKeyOf, sign } from '../../src/gost/signature.ts';
import { openGostEngine } from '../support/gost-engine.ts';

const key = makePrivateKey(curves[3]!);
const publicKey = publicKeyOf(key);
const token = signGostJws({ ver: 0, typ: 'JWT', sbt: 'id' }, '{"aud":"MEDMOST","sub":1000}', key);
const [header, payload, signature] = token.split('.') as [string, string, string];
const encode = (text: string) => Buffer.from(text).toString('base64url');

test('a token that was signed is proved', () => {
  expect(isGostJwsBy(token, publicKey)).toBe(true);
  expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toMatchObject({ alg: 'GOST3410_2012_256' });
});

test.each([
  ['another payload', `${header}.${encode('{"aud":"MEDMOST","sub":1001}')}.${signature}`],
  ['no signature', `${header}.${payload}.`],
  ['two parts', `${header}.${payload}`],
  ['four parts', `${token}.${signature}`],
  ['a space', `${token} `],
  ['ordinary base64', `${header}.${payload}.${Buffer.from(signature, 'base64url').toString('base64')}=`],
])('%s is not', (_, forged) => {
  expect(isGostJwsBy(forged, publicKey)).toBe(false);
});

test.each(['none', 'RS256', 'HS256'])('a good GOST signature under alg %s is not', (alg) => {
  const signed = `${encode(JSON.stringify({ typ: 'JWT', alg }))}.${payload}`;
  expect(isGostJwsBy(`${signed}.${sign(Buffer.from(signed), key).toString('base64url')}`, publicKey)).toBe(false);
});

const engine = openGostEngine();

test.skipIf(engine === undefined)('the engine proves it as well', () => {
  const { agrees, keep } = engine!;
  const publicFile = keep('jws.pub', writePem(writePublicKey(publicKey), 'PUBLIC KEY'));
  const file = keep('jws.sig', Buffer.from(signature, 'base64url'));
  const verifying = ['dgst', '-md_gost12_256', '-verify', publicFile, '-signature', file];
  expect(agrees(verifying, `${header}.${payload}`)).toBe(true);
  expect(agrees(verifying, `${header}.${payload}A`)).toBe(false);
});
