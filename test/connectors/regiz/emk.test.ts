/** The connector before EMKService and PixService of the pretend region, over real HTTP, with the real mapping making the requests. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { ClassType } from '../../../sandbox/regiz/contract.ts';
import { readContract } from '../../../sandbox/regiz/contract.ts';
import { startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import type { CaseWay } from '../../../src/connectors/case-ability.ts';
import { emkContract } from '../../../src/connectors/regiz/contract/emk.ts';
import { type Contract, membersOf } from '../../../src/wcf/contract.ts';
import { loggedOf } from '../../support/exchange.ts';
import { caseSettingsOf } from '../../support/regiz-hub.ts';
import { connect, mappings, now } from './stage.ts';

const sandbox = await startRegizSandbox({
  ...{ start: '2026-12-01', clock: () => now, doctors: 4 },
  // An element out of order is told, where others would lose it without a word.
  settings: { strictOrder: 'refuse' },
});
const base = { url: sandbox.url, lpu: 44, guid: sandbox.guid, guard: { breakAfter: 1000 }, timeouts: { write: 1000 } };
const opened: ReturnType<typeof connect>[] = [];
function open(more: object = {}) {
  const one = connect({ ...base, cases: { ...caseSettingsOf(sandbox), ...more } });
  opened.push(one);
  return { ...one, cases: one.operations.cases! };
}
const { cases, exchanges } = open();
afterAll(async () => {
  for (const { operations } of opened) await operations.close();
  await sandbox.close();
});
afterEach(() => {
  sandbox.clearFaults();
  sandbox.settings({ caseWarnings: false });
});

const first: CaseWay = { replace: false, add: true };
const replacing: CaseWay = { replace: true, add: false };
const either: CaseWay = { replace: true, add: true };
const contextFor = (booking: string) => ({ signal: AbortSignal.timeout(20_000), booking });

const request = (patient: string, more: object = {}, of: object = {}) =>
  mappings.toMis('Encounter', {
    resource: {
      resourceType: 'Encounter',
      period: { start: '2026-12-01T06:00:00Z', end: '2026-12-01T06:20:00Z' },
      reasonCode: [{ text: 'Проверкину Аглаю беспокоит давление' }],
      ...more,
    },
    patient: {
      resourceType: 'Patient',
      id: patient,
      name: [{ family: 'Проверкина', given: ['Аглая', 'Тестовна'] }],
      identifier: [{ system: 'urn:oid:1.2.643.100.3', value: '000-000-600 04' }],
      gender: 'female',
      birthDate: '1990-02-03',
      ...of,
    },
    doctor: {
      resourceType: 'Practitioner',
      id: randomUUID(),
      identifier: [{ system: 'urn:oid:1.2.643.100.3', value: '00000060106' }],
      name: [{ family: 'Образцова', given: ['Вера', 'Павловна'] }],
    },
    booking: 'unused',
  });
const kept = (id: string) => sandbox.cases().filter(({ idCaseMis }) => idCaseMis === id);
const called = (since: number) =>
  sandbox
    .log()
    .slice(since)
    .map(({ operation }) => operation);

describe('a case', () => {
  test.each(['1.1', '1.2'] as const)('is handed over whole, its patient first: SOAP %s', async (soapVersion) => {
    const { url, patients } = caseSettingsOf(sandbox);
    const more = soapVersion === '1.2' ? { soapVersion, url: `${url}/soap12`, patients: `${patients}/soap12` } : {};
    const { cases: own } = open(more);
    const [id, patient, since] = [randomUUID(), randomUUID(), sandbox.log().length];
    expect(await own.send(request(patient), first, contextFor(id))).toEqual({ outcome: 'confirmed', reference: id });
    expect(called(since)).toEqual(['Pix.AddPatient', 'Emk.AddCase']);
    const staff = {
      Person: {
        HumanName: { FamilyName: 'Образцова', GivenName: 'Вера', MiddleName: 'Павловна' },
        Documents: [{ DocN: '00000060106', IdDocumentType: 223 }],
      },
      ...{ IdLpu: '1.2.643.5.1.13.13.12.2.78.9944', IdSpeciality: 27, IdPosition: 73 },
    };
    expect(kept(id)).toMatchObject([{ status: 'closed', writes: 1, idPatientMis: patient }]);
    expect(kept(id)[0]!.case).toMatchObject({
      $type: 'CaseTmc',
      ...{ OpenDate: '2026-12-01T09:00:00', CloseDate: '2026-12-01T09:20:00', HistoryNumber: id, TmcID: id },
      ...{ IdCaseAidType: 1, IdPaymentType: 1, IdCaseResult: 1, CaseVisitType: 1, TmcForm: 1, TmcGoal: 2 },
      ...{ Comment: 'Проверкину Аглаю беспокоит давление', Initiator: { InitiatorType: 1 } },
      ...{ DoctorInCharge: staff, Author: { Doctor: staff, IdRole: 3 }, Authenticator: { Doctor: staff, IdRole: 3 } },
    });
  });

  test('of a patient whom the index knows already brings the index up to date', async () => {
    const [id, patient] = [randomUUID(), randomUUID()];
    await cases.send(request(patient), first, contextFor(randomUUID()));
    const since = sandbox.log().length;
    const renamed = request(patient, {}, { name: [{ family: 'Проверкина-Новая', given: ['Аглая'] }] });
    expect(await cases.send(renamed, first, contextFor(id))).toMatchObject({ outcome: 'confirmed' });
    expect(called(since)).toEqual(['Pix.AddPatient', 'Pix.UpdatePatient', 'Emk.AddCase']);
  });

  test('that is told again is one, as it was told last', async () => {
    const [id, patient] = [randomUUID(), randomUUID()];
    await cases.send(request(patient), first, contextFor(id));
    const longer = request(patient, { period: { start: '2026-12-01T06:00:00Z', end: '2026-12-01T07:00:00Z' } });
    expect(await cases.send(longer, either, contextFor(id))).toMatchObject({ outcome: 'confirmed' });
    expect(kept(id)).toMatchObject([{ writes: 2, case: { CloseDate: '2026-12-01T10:00:00' } }]);
    expect(await cases.send(longer, first, contextFor(id))).toMatchObject({ outcome: 'rejected', reason: 'rule' });
  });

  test('that may be on its way is replaced where it stands, and not made before it must have got there', async () => {
    const [id, patient] = [randomUUID(), randomUUID()];
    expect(await cases.send(request(patient), replacing, contextFor(id))).toMatchObject({ outcome: 'unknown' });
    expect(kept(id)).toEqual([]);
    expect(await cases.send(request(patient), either, contextFor(id))).toMatchObject({ outcome: 'confirmed' });
    expect(kept(id)).toMatchObject([{ writes: 1 }]);
  });

  test('is withdrawn; one that is not there is refused', async () => {
    const [id, patient] = [randomUUID(), randomUUID()];
    await cases.send(request(patient), first, contextFor(id));
    expect(await cases.withdraw(patient, contextFor(id))).toMatchObject({ outcome: 'confirmed' });
    expect(kept(id)).toMatchObject([{ status: 'cancelled' }]);
    expect(await cases.withdraw(patient, contextFor(randomUUID()))).toMatchObject({
      outcome: 'rejected',
      reason: 'rule',
    });
  });

  test('is unfit without what the region demands; each thing is named, and nothing is sent', async () => {
    const since = sandbox.log().length;
    const poor = mappings.toMis('Encounter', {
      ...{ resource: { status: 'finished' }, patient: { id: 'p', name: [{ family: 'Проверкина' }] }, booking: 'x' },
    });
    const text =
      'Для передачи в ИЭМК нужно указать: начало консультации, окончание консультации, имя пациента, дата рождения пациента, ' +
      'пол пациента, фамилия врача, имя врача.';
    expect(cases.unfit(poor)).toBe(text);
    expect(await cases.send(poor, first, contextFor(randomUUID()))).toEqual({
      ...{ outcome: 'rejected', reason: 'rule', text },
    });
    const backwards = request(randomUUID(), {
      period: { start: '2026-12-01T06:00:00Z', end: '2026-12-01T05:00:00Z' },
    });
    expect(cases.unfit(backwards)).toBe('Консультация окончена раньше, чем начата.');
    expect(open({ position: undefined }).cases.unfit(request(randomUUID()))).toContain('должность врача');
    expect(called(since)).toEqual([]);
  });
});

describe('a "no"', () => {
  test('of the index or of the record is final, in words of ours', async () => {
    const { cases: elsewhere } = open({ lpu: '1.2.3' });
    const outcome = await elsewhere.send(request(randomUUID()), first, contextFor(randomUUID()));
    expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'rule' });
    expect(JSON.stringify(outcome)).toContain('Индекс пациентов региона');
    const id = randomUUID();
    const patient = randomUUID();
    await cases.send(request(patient), first, contextFor(id));
    const twice = await cases.send(request(patient), first, contextFor(id));
    expect(JSON.stringify(twice)).toContain('ИЭМК региона не приняла консультацию');
  });

  test('to the hub itself is none to the case', async () => {
    const { cases: stranger } = open({ guid: '00000000-0000-4000-8000-000000000000' });
    const outcome = await stranger.send(request(randomUUID()), first, contextFor(randomUUID()));
    expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
    expect(await stranger.withdraw(randomUUID(), contextFor(randomUUID()))).toMatchObject({ reason: 'unsent' });
  });

  test('that is a warning is a "yes", unless the region says otherwise', async () => {
    sandbox.settings({ caseWarnings: true });
    const [a, b] = [randomUUID(), randomUUID()];
    expect(await cases.send(request(randomUUID()), first, contextFor(a))).toMatchObject({ outcome: 'confirmed' });
    const { cases: strict } = open({ warnings: 'refused' });
    expect(await strict.send(request(randomUUID()), first, contextFor(b))).toMatchObject({ outcome: 'rejected' });
  });
});

describe('what proves nothing', () => {
  const fault = (name: string, operation: string) => sandbox.fault({ fault: name, operations: [operation], times: 1 });

  test.each(['commit-then-reset', 'commit-then-500', 'commit-then-empty-200', 'commit-then-hang', 'wrong-element'])(
    '%s after it was stored is unknown, and the next telling finds it',
    async (name) => {
      const [id, patient] = [randomUUID(), randomUUID()];
      fault(name, 'Emk.AddCase');
      expect(await cases.send(request(patient), first, contextFor(id))).toMatchObject({ outcome: 'unknown' });
      expect(await cases.send(request(patient), replacing, contextFor(id))).toMatchObject({ outcome: 'confirmed' });
      expect(kept(id)).toMatchObject([{ writes: 2 }]);
    },
  );

  test.each(['html-200', 'html-502', 'soap-fault-500', 'session-401', 'json-exception', 'drop-before'])(
    '%s is unknown',
    async (name) => {
      const id = randomUUID();
      fault(name, 'Emk.AddCase');
      expect(await cases.send(request(randomUUID()), first, contextFor(id))).toMatchObject({ outcome: 'unknown' });
      expect(kept(id)).toEqual([]);
    },
  );

  test('what was lost of the patient is "not sent": of the case nothing has left', async () => {
    const [id, patient] = [randomUUID(), randomUUID()];
    fault('commit-then-reset', 'Pix.AddPatient');
    expect(await cases.send(request(patient), first, contextFor(id))).toMatchObject({ reason: 'unsent' });
    expect(kept(id)).toEqual([]);
    expect(await cases.send(request(patient), first, contextFor(id))).toMatchObject({ outcome: 'confirmed' });
  });

  test('nobody listens: certainly nothing was sent', async () => {
    const { cases: dead } = open({ patients: 'http://127.0.0.1:9/PixService.svc' });
    const outcome = await dead.send(request(randomUUID()), first, contextFor(randomUUID()));
    expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
  });

  test('a fault that names no property may be any exception', async () => {
    const fault =
      '<RequestFault xmlns="http://schemas.datacontract.org/2004/07/N3.EMK.Dto.Common"><ErrorCode>99</ErrorCode></RequestFault>';
    const server = createServer((_request, response) => {
      response.writeHead(500, { 'content-type': 'text/xml; charset=utf-8' });
      response.end(
        `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><detail>${fault}</detail></s:Fault></s:Body></s:Envelope>`,
      );
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/EMK5/EMKService.svc`;
    const { cases: odd, operations } = open({ url });
    expect(await odd.send(request(randomUUID()), first, contextFor(randomUUID()))).toMatchObject({
      outcome: 'unknown',
    });
    await operations.close();
    server.close();
  });
});

test('the message log tells the operation, and nothing of the patient, the doctor or the token', () => {
  const seen = loggedOf(exchanges);
  expect(seen).toContain('Emk.AddCase');
  for (const word of [
    'Проверкин',
    'Аглая',
    'Аглаю',
    'Тестовна',
    'Образцова',
    '1990-02-03',
    '00000060004',
    sandbox.guid,
  ])
    expect(seen).not.toContain(word);
});

test('the table of the contract agrees with the schema that the sandbox has, type by type, in the order of the wire', () => {
  const theirs = readContract('emk');
  const ours: Contract = emkContract;
  for (const [prefix, { uri, types }] of Object.entries(ours.namespaces))
    for (const name of Object.keys(types)) {
      const members = theirs.membersOf(theirs.find(name, uri) as ClassType);
      expect(membersOf(ours, prefix, name).map((m) => [ours.namespaces[m.prefix]!.uri, m.name])).toEqual(
        members.map((m) => [m.namespace, m.name]),
      );
    }
  for (const [name, { parameters }] of Object.entries(ours.operations))
    expect(Object.keys(parameters)).toEqual(theirs.operation(name)!.members.map((m) => m.name));
});
