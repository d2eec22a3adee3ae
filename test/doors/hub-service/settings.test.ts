/** Settings that contradict each other are refused when the hub starts. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ConfigError, loadConfig, plainSecrets } from '../../../src/config.ts';
import { indexClinics } from '../../../src/connectors/clinic.ts';
import { openCallers } from '../../../src/doors/hub-service/caller.ts';
import { hubServiceSettings } from '../../../src/hub-service-settings.ts';
import { createMemoryMis, openMemoryClinic } from '../../support/memory-mis.ts';
import { guids } from './stage.ts';

const mis = createMemoryMis();
const clinics = indexClinics(['one', 'two'].map((key, i) => openMemoryClinic(key, i + 1, mis)));
const open = (callers: object) => openCallers(hubServiceSettings.parse({ callers }), clinics);

test.each([
  [
    'a clinic that there is not',
    { a: { guid: guids.portal, clinics: { three: { idLpu: 1 } } } },
    /callers\.a\.clinics\.three/,
  ],
  [
    'one idLpu for two clinics',
    { a: { guid: guids.portal, clinics: { one: { idLpu: 1 }, two: { idLpu: 1 } } } },
    /callers\.a\.clinics/,
  ],
  [
    'one guid for two callers',
    { a: { guid: 'abcdefabcdefabcdef', clinics: {} }, b: { guid: 'ABCDEFABCDEFABCDEF', clinics: {} } },
    /same guid/,
  ],
])('%s', (_, callers, message) => {
  expect(() => open(callers)).toThrow(ConfigError);
  expect(() => open(callers)).toThrow(message);
});

test.each([['0'], ['short'], ['with a blank in its middle'], ['']])('the guid %s is none', (guid) => {
  expect(() => open({ a: { guid, clinics: {} } })).toThrow(/characters without blanks/);
});

test('of a guid that is held, no text is left', () => {
  const callers = open({ a: { guid: guids.portal, clinics: { one: { idLpu: 1 } } } });
  const { clinics: _, ...caller } = callers.find(guids.portal)!;
  expect(JSON.stringify(caller)).not.toContain(guids.portal);
  expect(caller.types).toContain('Slot');
  expect(caller.types).not.toContain('Person');
});

test('guids come from elsewhere; those that stand in the file are found', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'medmost-')), 'hub.yaml');
  const clinic = 'clinics: { one: { name: П, zone: Europe/Moscow, mis: onec } }\n';
  const caller = (guid: string) =>
    `hubService: { callers: { a: { guid: ${guid}, clinics: { one: { idLpu: 44 } } } } }\n`;
  process.env['HUB_GUID'] = guids.portal;
  writeFileSync(file, clinic + caller('{ env: HUB_GUID }'));
  expect(loadConfig(file).hubService?.callers['a']?.guid).toBe(guids.portal);
  expect(plainSecrets(file)).toEqual([]);
  writeFileSync(file, clinic + caller(guids.portal));
  expect(plainSecrets(file)).toEqual(['hubService.callers.a.guid']);
});
