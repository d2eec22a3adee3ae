/** PixService of the pretend РЕГИЗ. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DataObject } from '../../../sandbox/regiz/data.ts';
import { type Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { get, scale } from './client.ts';
import { call } from './typed-client.ts';

let sandbox: Sandbox;
let clinics: string[];

beforeAll(async () => {
  sandbox = await startRegizSandbox({ ...scale, days: 1 });
  clinics = ((await get(sandbox, 'GetLPUInfo'))['LpuCollection'] as DataObject[]).map((c) => String(c['PublicGuid']));
});
afterAll(() => sandbox.close());

const pix = (operation: string, ask: DataObject) =>
  call(sandbox.origin, 'pix', operation, { guid: sandbox.guid, ...ask });
const patient = (more: DataObject = {}) => ({
  ...{ BirthDate: '1980-02-29T00:00:00', FamilyName: 'Примерова', GivenName: 'Анна', MiddleName: 'Ивановна' },
  ...{ IdPatientMIS: 'P-1', Sex: 2, IsVip: false },
  Documents: [{ DocN: '00000060004', IdDocumentType: 223, ProviderName: 'ПФР' }],
  ...more,
});
const found = async (filter: DataObject, idLPU = clinics[0]!) =>
  (await pix('GetPatient', { idLPU, patient: filter, idSource: 'Reg' })).result as DataObject[];

test('a patient is added once, changed, found; the person is the same in another clinic', async () => {
  const [first, second] = clinics as [string, string, string];
  expect(await pix('AddPatient', { idLPU: first, patient: patient() })).toMatchObject({ status: 200, complaints: [] });
  const again = await pix('AddPatient', { idLPU: first, patient: patient() });
  expect([again.status, again.complaints]).toMatchObject([500, [{ code: 5, property: 'patient.IdPatientMIS' }]]);
  await pix('UpdatePatient', { idLPU: first, patient: patient({ FamilyName: 'Другова' }) });
  await pix('AddPatient', { idLPU: second, patient: patient({ IdPatientMIS: 'X' }) });
  const [here] = await found({ IdPatientMIS: 'P-1' });
  const [there] = await found({ IdPatientMIS: 'X' }, second);
  expect(here).toMatchObject({ FamilyName: 'Другова', GivenName: 'Анна', Sex: 2 });
  expect(here!['IdGlobal']).toBe(there!['IdGlobal']);
  const byGlobal = await pix('GetPatientByGlobalId', { patientId: here!['IdGlobal'] });
  expect(byGlobal.result).toMatchObject({ FamilyName: 'Другова' });
});

test('errors are faults that name the property', async () => {
  const idLPU = clinics[0]!;
  const bare = await pix('AddPatient', {
    idLPU,
    patient: { FamilyName: 'Примерова', Sex: 2, BirthDate: '1980-02-29T00:00:00' },
  });
  expect(bare.complaints.map((c) => c.property)).toEqual(['patient.GivenName', 'patient.IdPatientMIS']);
  const nowhere = await pix('AddPatient', { idLPU: '44', patient: patient({ IdPatientMIS: 'N' }) });
  expect(nowhere.complaints).toMatchObject([{ code: 3, property: 'idLPU' }]);
  expect((await pix('UpdatePatient', { idLPU, patient: patient({ IdPatientMIS: 'N' }) })).complaints[0]!.code).toBe(3);
  expect((await pix('GetPatientByGlobalId', { patientId: 'nobody' })).complaints[0]!.code).toBe(3);
  const denied = await pix('GetPatient', { guid: '', idLPU, patient: patient() });
  expect(denied.complaints).toMatchObject([{ code: 1, property: 'guid' }]);
});

test('the connection’s faults fit it: added, and then no answer', async () => {
  sandbox.fault({ fault: 'commit-then-reset', times: 1, operations: ['Pix.AddPatient'] });
  await expect(pix('AddPatient', { idLPU: clinics[2]!, patient: patient({ IdPatientMIS: 'L' }) })).rejects.toThrow();
  expect(await found({ IdPatientMIS: 'L' }, clinics[2])).toHaveLength(1);
  expect(sandbox.log().findLast((e) => e.operation === 'Pix.AddPatient')).toMatchObject({ committed: true });
});
