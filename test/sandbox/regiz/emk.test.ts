/** EMKService of the pretend РЕГИЗ. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { DataObject } from '../../../sandbox/regiz/data.ts';
import { type Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { scale, send } from './client.ts';
import { call } from './typed-client.ts';

let sandbox: Sandbox;
const IdLpu = '1.2.643.5.1.13.13.12.2.78.9944';

beforeAll(async () => {
  sandbox = await startRegizSandbox({ ...scale, days: 1 });
  const patient = {
    ...{ BirthDate: '1980-02-29T00:00:00', FamilyName: 'Примерова', GivenName: 'Анна', IdPatientMIS: 'P-1', Sex: 2 },
  };
  const added = await call(sandbox.origin, 'pix', 'AddPatient', { guid: sandbox.guid, idLPU: IdLpu, patient });
  expect(added.complaints).toEqual([]);
});
afterAll(() => sandbox.close());
afterEach(() => void sandbox.settings({ caseWarnings: false, strictOrder: 'drop' }));

const emk = (operation: string, ask: DataObject) =>
  call(sandbox.origin, 'emk', operation, { guid: sandbox.guid, ...ask });
const Doctor = {
  ...{ IdLpu, IdSpeciality: 27, IdPosition: 73 },
  Person: { HumanName: { FamilyName: 'Образцова', GivenName: 'Вера' }, IdPersonMis: 'D' },
};
const tmc = (IdCaseMis: string, more: DataObject = {}): DataObject => ({
  $type: 'CaseTmc',
  ...{ OpenDate: '2026-12-01T09:00:00', CloseDate: '2026-12-01T09:20:00', HistoryNumber: 'H', IdCaseMis },
  ...{ IdCaseAidType: 1, IdPaymentType: 1, IdCaseResult: 1, IdLpu, IdPatientMis: 'P-1', CaseVisitType: 1 },
  ...{ DoctorInCharge: Doctor, Author: { Doctor, IdRole: 3 }, Authenticator: { Doctor, IdRole: 3 } },
  ...{ TmcID: 'T', TmcForm: 1, TmcGoal: 1, Initiator: { InitiatorType: 1 } },
  ...more,
});
const statusOf = (id: string) => sandbox.cases().find(({ idCaseMis }) => idCaseMis === id)?.status;

test('a case is added once, changed, cancelled; its answers are empty', async () => {
  const added = await emk('AddCase', { caseDto: tmc('C-1') });
  expect(added).toEqual({ status: 200, result: undefined, complaints: [] });
  const again = await emk('AddCase', { caseDto: tmc('C-1') });
  expect([again.status, again.complaints]).toMatchObject([500, [{ code: 5, property: 'IdCaseMis' }]]);
  expect((await emk('UpdateCase', { caseDto: tmc('C-1', { Comment: 'Иначе' }) })).complaints).toEqual([]);
  expect(sandbox.cases().find((c) => c.idCaseMis === 'C-1')).toMatchObject({ writes: 2, case: { Comment: 'Иначе' } });
  const cancel = { idLpu: IdLpu, idPatientMis: 'P-1', idCaseMis: 'C-1' };
  expect((await emk('CancelCase', { ...cancel, idPatientMis: 'P-2' })).complaints).toMatchObject([{ code: 4 }]);
  expect((await emk('CancelCase', cancel)).complaints).toEqual([]);
  expect(statusOf('C-1')).toBe('cancelled');
  for (const [operation, ask] of [
    ['CancelCase', cancel],
    ['UpdateCase', { caseDto: tmc('C-1') }],
  ] as const)
    expect((await emk(operation, ask)).complaints).toMatchObject([{ code: 3, property: 'IdCaseMis' }]);
});

test('or it is opened and closed later, which needs more', async () => {
  const open = tmc('C-2', { CloseDate: null, IdCaseResult: null, DoctorInCharge: null });
  expect((await emk('CreateCase', { createCaseDto: open })).complaints).toEqual([]);
  expect(statusOf('C-2')).toBe('open');
  const lacking = await emk('CloseCase', { caseDto: open });
  expect(lacking.complaints.map(({ property }) => property)).toContain('DoctorInCharge.Person.HumanName.FamilyName');
  expect((await emk('CloseCase', { caseDto: tmc('C-2') })).complaints).toEqual([]);
  expect(statusOf('C-2')).toBe('closed');
  expect((await emk('CloseCase', { caseDto: tmc('C-2') })).complaints).toMatchObject([{ code: 4 }]);
});

test('what it refuses it names: a patient whom PIX does not know, another clinic, times, what is missing, a token', async () => {
  const refused = async (more: DataObject, ask: DataObject = {}) =>
    (await emk('AddCase', { caseDto: tmc('C-3', more), ...ask })).complaints.map(({ property }) => property);
  expect(await refused({ IdPatientMis: 'P-2' })).toEqual(['IdPatientMis']);
  expect(await refused({ IdLpu: '44' })).toEqual(['IdLpu']);
  expect(await refused({ CloseDate: '2026-12-01T08:00:00' })).toEqual(['CloseDate']);
  expect(await refused({ TmcID: null, Initiator: null })).toEqual(['TmcID', 'Initiator.InitiatorType']);
  expect(await refused({}, { guid: 'x' })).toEqual(['guid']);
  expect(statusOf('C-3')).toBeUndefined();
});

test('an element out of order is lost without a word, or told where it is asked for', async () => {
  const c = 'http://schemas.datacontract.org/2004/07/N3.EMK.Dto.Case';
  const dto = `<caseDto xmlns:c="${c}"><c:IdCaseMis>C-4</c:IdCaseMis><c:OpenDate>2026-12-01T09:00:00</c:OpenDate></caseDto>`;
  const body = `<AddCase xmlns="http://tempuri.org/"><guid>${sandbox.guid}</guid>${dto}</AddCase>`;
  const ask = async () =>
    (
      await send(`${sandbox.origin}/EMK5/EMKService.svc`, body, { action: 'http://tempuri.org/IEmkService/AddCase' })
    ).text();
  expect(await ask()).toContain('<PropertyName>OpenDate</PropertyName>');
  sandbox.settings({ strictOrder: 'refuse' });
  expect(await ask()).toContain('out of order');
});

test('a warning is a fault, and the case is taken; a lost answer is none', async () => {
  sandbox.settings({ caseWarnings: true });
  expect((await emk('AddCase', { caseDto: tmc('C-5') })).status).toBe(500);
  expect(statusOf('C-5')).toBe('closed');
  sandbox.settings({ caseWarnings: false });
  sandbox.fault({ fault: 'commit-then-reset', times: 1, operations: ['Emk.AddCase'] });
  await expect(emk('AddCase', { caseDto: tmc('C-6') })).rejects.toThrow();
  expect(statusOf('C-6')).toBe('closed');
});
