/** Who may be configured to sign people in, and how a wrong setting is told. */
import { expect, test } from 'vitest';
import { makePair } from '../sandbox/esia/authority.ts';
import { ConfigError } from '../src/config.ts';
import { providersOf } from '../src/identity-providers.ts';

const now = Date.parse('2026-11-22T10:00:00Z');
const system = makePair('GOST3410_2012_256', 'MEDMOST', { notBefore: now, notAfter: now + 1_000_000 });
const esia = {
  portal: 'http://127.0.0.1:1',
  mnemonic: 'MEDMOST',
  certificate: system.certificate,
  signer: { type: 'key', key: system.key.pem },
  certificates: [system.certificate],
};
const esiaGateway = { url: 'https://gateway.example', clientId: 'hub', clientSecret: 'a secret' };
const create = (config: object) => providersOf(config, () => now).map(({ name, title }) => `${name}: ${title}`);

test('none, one or both', () => {
  expect(create({})).toEqual([]);
  expect(create({ esia })).toEqual(['esia: Госуслуги']);
  expect(create({ esiaGateway })).toEqual(['esia: Госуслуги']);
  expect(create({ esia, esiaGateway: { ...esiaGateway, name: 'portal' } })).toEqual([
    'esia: Госуслуги',
    'portal: Госуслуги',
  ]);
});

test.each([
  [{ esia: { ...esia, mnemonic: 'a b', scopes: [] } }, /^esia.mnemonic · .*\nesia.scopes · /],
  [{ esia: { ...esia, certificate: '/nowhere.pem' } }, /^esia.certificate \(\/nowhere.pem\): ENOENT/],
  [{ esiaGateway: { ...esiaGateway, url: 'http://gateway.example' } }, /^esiaGateway.url · must begin with https/],
  [{ esia, esiaGateway }, /^esiaGateway.name · esia is the name of another provider already/],
])('%j is refused', (config, message) => {
  expect(() => create(config)).toThrow(ConfigError);
  expect(() => create(config)).toThrow(message);
});
