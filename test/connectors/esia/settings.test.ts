/** What settings are refused, at the start and in words that name the key. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { makePair } from '../../../sandbox/esia/authority.ts';
import { gatewaySecrets, gatewaySettings } from '../../../src/connectors/esia/gateway.ts';
import { createEsia, esiaSecrets, esiaSettings } from '../../../src/connectors/esia/index.ts';
import { readPem } from '../../../src/gost/pem.ts';
import { root } from '../../support/process.ts';

const now = Date.parse('2026-11-22T10:00:00Z');
const validity = { notBefore: now - 1000, notAfter: now + 1_000_000 };
const system = makePair('GOST3410_2012_256', 'MEDMOST', validity);
const rsa = makePair('RS256', 'ESIA', validity);
const good = {
  portal: 'http://127.0.0.1:1',
  mnemonic: 'MEDMOST',
  certificate: system.certificate,
  signer: { type: 'key', key: system.key.pem },
  certificates: [system.certificate],
};
const create = (change: object) => createEsia(esiaSettings.parse({ ...good, ...change }), { clock: () => now });

test('good ones have the defaults of the real portal', () => {
  const { portal, issuer, profile, confirmedOnly } = esiaSettings.parse({
    ...good,
    portal: undefined,
    signer: { type: 'engine', key: 'is.key' },
  });
  expect({ portal, issuer, profile, confirmedOnly }).toEqual({
    portal: 'https://esia.gosuslugi.ru',
    issuer: 'http://esia.gosuslugi.ru/',
    profile: 'v2',
    confirmedOnly: true,
  });
  expect(create({})).toMatchObject({ name: 'esia', title: 'Госуслуги' });
});

test.each([
  ['portal', { portal: 'http://esia.gosuslugi.ru' }],
  ['portal', { portal: 'https://esia.gosuslugi.ru/?a=b' }],
  ['mnemonic', { mnemonic: 'MED MOST' }],
  ['scopes', { scopes: ['fullname'] }],
  ['scopes', { scopes: ['openid', 'fullname', 'a b'] }],
  ['certificates', { certificates: [] }],
  ['algorithms', { algorithms: ['HS256'] }],
  ['signer', { signer: { type: 'magic' } }],
  ['signer', { signer: { type: 'http', url: 'http://signer.example' } }],
  ['signer.type', { portal: 'https://esia.gosuslugi.ru' }],
  ['nonce', { nonce: true }],
])('%s: %j', (key, change) => {
  const result = esiaSettings.safeParse({ ...good, ...change });
  expect(
    result.error?.issues.map((issue) => [...issue.path, ...('keys' in issue ? issue.keys : [])].join('.')).join(),
  ).toContain(key);
});

test.each([
  ['certificate', { certificate: '/nowhere.pem' }, /^certificate \(\/nowhere.pem\): ENOENT/],
  ['certificate', { certificate: rsa.certificate }, /^certificate: its key is not one of GOST/],
  ['certificates', { certificates: ['-----BEGIN NOTHING-----'] }, /^certificates: there is no certificate/],
  [
    'certificates',
    { certificates: [rsa.certificate], algorithms: ['GOST3410_2012_256'] },
    /^certificates: none has a key/,
  ],
  [
    'signer',
    { signer: { type: 'engine', key: system.key.pem } },
    /^signer.key: the engine wants the path of the key, not[^-]*$/,
  ],
  ['signer', { profile: 'v1', signer: { type: 'engine', key: 'is.key' } }, /^signer.certificate: profile v1/],
])('%s that does not fit is told at the start', (_, change, message) => {
  expect(() => create(change)).toThrow(message);
});

test('certificates may be files, in DER or PEM, with Windows line ends', () => {
  const folder = mkdtempSync(join(tmpdir(), 'esia-settings-'));
  writeFileSync(join(folder, 'is.cer'), readPem(system.certificate, 'CERTIFICATE')[0]!);
  writeFileSync(join(folder, 'esia.cer'), `subject=ЕСИА\r\n${system.certificate.replaceAll('\n', '\r\n')}`);
  expect(create({ certificate: join(folder, 'is.cer'), certificates: [join(folder, 'esia.cer')] }).name).toBe('esia');
});

test('a certificate that ran out is told before anybody is sent away', async () => {
  const old = makePair('GOST3410_2012_256', 'MEDMOST', { notBefore: now - 2000, notAfter: now - 1000 });
  const esia = create({ certificate: old.certificate, signer: { type: 'key', key: old.key.pem }, clockSeconds: 0 });
  await expect(esia.authorizationUrl({ state: 'x', redirectUri: 'https://hub.example' })).rejects.toMatchObject({
    code: 'esia-certificate-expired',
    blame: 'operator',
  });
});

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
}

function pathsOf(schema: JsonSchema, path: string): string[] {
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants !== undefined) return variants.flatMap((variant) => pathsOf(variant, path));
  if (schema.properties === undefined) return [path];
  return Object.entries(schema.properties).flatMap(([key, inner]) =>
    pathsOf(inner, path === '' ? key : `${path}.${key}`),
  );
}

const page = () => readFileSync(join(root, 'docs/connectors/esia.md'), 'utf8');

test.each([
  ['direct', esiaSettings, esiaSecrets],
  ['gateway', gatewaySettings, gatewaySecrets],
] as const)('every setting of the %s connection is described, and every secret is one', (_, schema, secrets) => {
  const paths = pathsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, '');
  expect(paths.length).toBeGreaterThan(20);
  expect(paths.filter((path) => !page().includes(`\`${path}\``))).toEqual([]);
  expect(secrets.filter((secret) => !paths.includes(secret))).toEqual([]);
});

test('every code of the connector is described', () => {
  const own = readFileSync(join(root, 'src/connectors/esia/failure.ts'), 'utf8').match(
    /(?<=^ {2}')esia-[a-z-]+(?=')/gm,
  )!;
  expect(own.length).toBe(12);
  expect(own.filter((code) => !page().includes(`| \`${code}\` |`))).toEqual([]);
});
