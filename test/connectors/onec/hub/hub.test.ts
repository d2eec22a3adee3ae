/** The profile `hub` in a configuration: its records are mapped as РЕГИЗ's are, beside a clinic of the same MIS that is not. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startRegizSandbox } from '../../../../sandbox/regiz/server.ts';
import { configSchema } from '../../../../src/config.ts';
import onec from '../../../../src/connectors/onec/index.ts';
import { canonicalResources } from '../../../../src/fhir/terminology/canonical.ts';
import { type Ground, openGround } from '../../../../src/ground.ts';
import { validate } from '../../../../src/r4/validate.ts';
import { contextOf } from '../../../support/connection.ts';
import { createDatabase, type TestDatabase } from '../../../support/database.ts';
import { silent } from '../../../support/hub.ts';

let sandbox: Sandbox;
let database: TestDatabase;
let ground: Ground;
const soon = () => AbortSignal.timeout(30_000);
const connection = () => ({
  ...{ profile: 'hub', url: `${sandbox.origin}/zpv/`, lpu: 46, guid: sandbox.guid },
  ...{ login: sandbox.login, password: sandbox.password },
});

beforeAll(async () => {
  sandbox = await startRegizSandbox({ settings: { basicAuthorization: true, soapAction: 'strict' } });
  database = await createDatabase();
  const place = { name: 'Поликлиника', zone: 'Europe/Moscow', mis: 'onec' };
  const clinics = {
    regional: { ...place, connection: connection() },
    usual: { ...place, connection: { url: 'http://127.0.0.1:9/umc' } },
  };
  ground = await openGround(configSchema.parse({ clinics }), database.url, Date.now, silent);
});
afterAll(async () => {
  await ground.close();
  await database.drop();
  await sandbox.close();
});

test('directory and free times are FHIR', async () => {
  const clinic = ground.clinics.byKey('regional')!;
  const resources = (await clinic.readDirectory(soon())).map(({ resource }) => resource);
  for (const type of ['Organization', 'HealthcareService', 'Practitioner', 'PractitionerRole'])
    expect(resources.filter(({ resourceType }) => resourceType === type).length, type).toBeGreaterThan(0);
  for (const resource of resources) expect(validate(resource).filter((p) => p.severity === 'error')).toEqual([]);
  const now = Date.now();
  const { slots } = await clinic.readSchedule({ start: now, end: now + 7 * 86_400_000 }, undefined, soon());
  expect(slots.length).toBeGreaterThan(0);
});

test('code tables of both mappings are published, each under its own name', () => {
  const urls = canonicalResources(ground.clinics).map(({ resource }) => String(resource['url']));
  expect(new Set(urls).size).toBe(urls.length);
  for (const name of ['onec', 'regiz'])
    expect(urls.filter((url) => url.includes(`/${name}-`)).length, name).toBeGreaterThan(0);
});

test('there is a waiting list where the base has said to keep the journal', () => {
  const abilities = (settings: object) =>
    onec.connect(onec.settings.parse({ ...connection(), ...settings }), contextOf(Date.now));
  expect(ground.clinics.byKey('regional')!.waitlist).toBeUndefined();
  expect(abilities({ journal: true }).waitlist).toBeDefined();
});

test('settings: 1С by default, tokens are secrets, and nothing of a region', () => {
  expect(onec.settings.parse(connection())).toMatchObject({
    soapVersion: '1.2',
    soapAction: 'http://tempuri.org/#appointment:{operation}',
    keepAlive: false,
    journal: false,
  });
  expect(onec.secrets).toEqual(expect.arrayContaining(['password', 'guid', 'headerToken']));
  const wrong = onec.settings.safeParse({ ...connection(), referrals: {} });
  expect(wrong.error?.issues.map(({ message }) => message)).toEqual(['Unrecognized key: "referrals"']);
});
