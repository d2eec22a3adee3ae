/** The журнал отложенной записи of the pretend РЕГИЗ, and what a MIS is told of it. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DataObject } from '../../../sandbox/regiz/data.ts';
import { type Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { settingsSchema } from '../../../sandbox/regiz/settings.ts';
import { codeOf, freeSlots, get, idOf, scale } from './client.ts';

let sandbox: Sandbox;
let empty: string;

beforeAll(async () => {
  sandbox = await startRegizSandbox(scale);
  empty = sandbox.snapshot();
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.restore(empty);
  sandbox.settings(settingsSchema.parse({}));
});

async function register(fer = '22'): Promise<{ IdPar: string; idPat: string }> {
  const idPat = await idOf(sandbox, 44, 'anna');
  const request = {
    PARequest: { FerIdSpeciality: fer, IdLpu: '44' },
    PARequestInfo: { Claim: '1', Info: 'после 17:00' },
    PARequestPatient: {
      ...{ BirthDate: '1980-02-29T00:00:00', FirstName: 'Анна', IdPatient: idPat, LastName: 'Примерова' },
      PARequestPatientContacts: { Phone: '+79000000001' },
    },
    PASource: 5,
    PreferredIntervals: [{ EndDate: '2026-12-17T20:00:00', StartDate: '2026-12-10T17:00:00' }],
  };
  const { IdPar } = await get(sandbox, 'RegisterPARequest', { request });
  return { IdPar: String(IdPar), idPat };
}

const found = async (operation: string, filter: DataObject) => {
  const result = await get(sandbox, operation, { filter });
  const list = (result['ActivePARequests'] ?? result['PARequests']) as DataObject[];
  expect(result['Count']).toBe(list.length);
  return list;
};

test('a request is found in all three searches, by what is filled', async () => {
  const { IdPar, idPat } = await register();
  await register('13');
  const active = await found('SearchActivePARequests', { FerIdSpeciality: '22', IdPatients: [idPat] });
  expect(active).toMatchObject([{ IdPar, PASourceCreated: 5, PARequestInfo: { Info: 'после 17:00' } }]);
  expect(await found('SearchActivePARequests', { Claim: '2' })).toEqual([]);
  expect(await found('SearchPARequests', { IdInfos: [{ IdLpu: '44', IdPatient: idPat }] })).toHaveLength(2);
  const during = { IntervalStart: '2026-12-15T00:00:00', IntervalEnd: '2026-12-31T00:00:00' };
  expect(await found('SearchCtoPARequests', { ...during, PatientLastName: 'Примерова' })).toHaveLength(2);
  expect(await found('SearchCtoPARequests', { IntervalStart: '2026-12-18T00:00:00' })).toEqual([]);
});

test('a request is booked by: slots, SetAppointmentByPARequest, status 2', async () => {
  const { IdPar, idPat } = await register();
  const [attachedPARequest] = await found('SearchActivePARequests', { IdPar });
  const offered = await get(sandbox, 'GetAvailableAppointmentsByPARequest', { attachedPARequest });
  const [slot] = await freeSlots(sandbox, 44, 'oculist');
  expect(offered).toMatchObject({ IdLpu: 44, IdPat: idPat });
  expect(JSON.stringify(offered)).toContain(slot!.slot);
  const set = { idAppointment: slot!.slot, attachedPARequest };
  expect((await get(sandbox, 'SetAppointmentByPARequest', set))['Type']).toBe(1);
  expect(sandbox.bookings({ source: 'hub' })).toMatchObject([{ patient: idPat, referral: IdPar }]);
  expect(await found('SearchPARequests', { IdPar })).toMatchObject([{ PARequestStatus: 2 }]);
  expect(await codeOf(sandbox, 'SetAppointmentByPARequest', set)).toBe(99);
  expect(await found('SearchActivePARequests', { IdPar })).toEqual([]);
});

test('a request is cancelled once, with its reason', async () => {
  const { IdPar } = await register();
  const request = { DeactivationComment: 'передумала', DeactivationReason: 1, IdPar, PASource: 5 };
  expect(await get(sandbox, 'CancelPARequest', { request })).toMatchObject({ CancellationResult: true, IdPar });
  expect(await found('SearchPARequests', { IdPar })).toMatchObject([
    { PARequestStatus: 3, PARequestDeactivationInfo: { DeactivationReason: 1, DeactivationComment: 'передумала' } },
  ]);
  expect(await codeOf(sandbox, 'CancelPARequest', { request })).toBe(99);
});

test('the MIS is told of changes by HandlePARequestChanged', async () => {
  const { IdPar } = await register();
  await using mis = { ...(await startRegizSandbox(scale)), [Symbol.asyncDispose]: () => mis.close() };
  sandbox.settings({ pushUrl: mis.url, pushGuid: mis.guid });
  await sandbox.desk({ action: 'cancel-deferred', idPar: IdPar });
  // The other one has never heard of the request.
  await expect.poll(() => sandbox.pushes()).toMatchObject([{ operation: 'HandlePARequestChanged', success: false }]);
  expect(mis.log()).toMatchObject([{ operation: 'HandlePARequestChanged', error: 99 }]);
  const own = await register();
  sandbox.settings({ pushUrl: sandbox.url, pushGuid: sandbox.guid });
  await sandbox.desk({ action: 'cancel-deferred', idPar: own.IdPar, reason: 2 });
  await expect.poll(() => sandbox.pushes().at(-1)).toMatchObject({ success: true });
});
