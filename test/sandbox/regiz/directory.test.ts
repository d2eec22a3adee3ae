/** Every operation of HubService answers; lists, patients, days, referrals and notifications say what they should. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readContract } from '../../../sandbox/regiz/contract.ts';
import type { DataObject } from '../../../sandbox/regiz/data.ts';
import { handlers } from '../../../sandbox/regiz/operations.ts';
import { type Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { settingsSchema } from '../../../sandbox/regiz/settings.ts';
import { ask, codeOf, freeSlots, get, idOf, people, scale, wholeWeek } from './client.ts';

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

const list = (data: DataObject, name: string) => data[name] as DataObject[];

test('Hub24 has 43 operations, Hub25 three more, and each answers a bare call with a result of its own', async () => {
  expect(readContract('hub24').operations).toHaveLength(43);
  const operations = readContract('hub24', 'hub25').operations;
  expect(operations).toHaveLength(46);
  expect(Object.keys(handlers).toSorted()).toEqual(operations.toSorted());
  for (const operation of operations) {
    const outcome = await ask(sandbox, operation);
    expect([operation, outcome.status, outcome.problem]).toEqual([operation, 200, undefined]);
    expect([operation, typeof outcome.success]).toEqual([operation, 'boolean']);
    if (['CheckIn', 'GetVersion'].includes(operation)) continue;
    const refused = await ask(sandbox, operation, {}, { guid: '5a4d0b0c-0000-4000-8000-00000000dead' });
    expect([operation, refused.errors[0]?.code]).toEqual([operation, 1]);
  }
});

test('an operation of Hub25 is unknown to Hub24', async () => {
  const old = await ask(sandbox, 'GetPositionList', { idLpu: 44 }, { url: `${sandbox.origin}/Hub24/HubService.svc` });
  expect([old.status, old.problem]).toEqual([500, expect.stringContaining('unknown')]);
});

test('districts, clinics of one district, clinics in full', async () => {
  const districts = list(await get(sandbox, 'GetDistrictList'), 'Districts').map((d) => d['IdDistrict']);
  expect(districts).toEqual([1, 4, 14]);
  const clinics = (ask: DataObject) =>
    get(sandbox, 'GetLPUList', ask).then((r) => list(r, 'ListLPU').map((c) => c['IdLPU']));
  expect(await clinics({})).toEqual([44, 45, 46]);
  expect(await clinics({ idDistrict: 4 })).toEqual([45]);
  const [info] = list(await get(sandbox, 'GetLPUInfo', { idLpu: 44 }), 'LpuCollection');
  expect(info).toMatchObject({ Id: 44, Address: 'ул. Примерная, д. 1', DistrictName: 'Адмиралтейский' });
});

test('specialties, positions and doctors agree with one another', async () => {
  const specialties = list(await get(sandbox, 'GetSpesialityList', { idLpu: 44 }), 'ListSpesiality');
  const therapy = specialties.find((s) => s['FerIdSpesiality'] === '27')!;
  const doctors = list(
    await get(sandbox, 'GetDoctorList', { idLpu: 44, idSpesiality: therapy['IdSpesiality'] }),
    'Docs',
  );
  expect(doctors).toMatchObject([{ AriaNumber: '1' }, { AriaNumber: '2' }]);
  const free = doctors.reduce((sum, d) => sum + Number(d['CountFreeTicket']), 0);
  expect(therapy['CountFreeTicket']).toBe(free);
  const positions = list(await get(sandbox, 'GetPositionList', { idLpu: 44 }), 'ListPosition');
  const position = positions.find(
    (p) => p['CountFreeTicket'] === free && String(p['NamePosition']).includes('участковый'),
  )!;
  const second = await get(sandbox, 'GetDoctorList2', { idLpu: 44, idPosition: position['IdPosition'] });
  expect(list(second, 'Docs').map((d) => d['IdDoc'])).toEqual(doctors.map((d) => d['IdDoc']));
  const tree = list(await get(sandbox, 'GetDocListFullTree', { idLpu: 44 }), 'ListDoctor');
  expect(list(tree[0]!, 'ListEssence').map((e) => e['IdEssence'])).toEqual(doctors.map((d) => d['IdDoc']));
});

test('days with slots are those that the slots are on; closed days have a reason', async () => {
  const slots = await freeSlots(sandbox, 44, 'oculist');
  const days = [...new Set(slots.map((s) => `${s.start.slice(0, 10)}T00:00:00`))];
  const where = { idLpu: 44, idDoc: slots[0]!.idDoc, ...wholeWeek };
  expect((await get(sandbox, 'GetAvailableDates', where))['AvailableDateList']).toEqual(days);
  const hours = list(await get(sandbox, 'GetWorkingTime', where), 'WorkingTimeList');
  expect(hours).toHaveLength(5);
  const open = hours
    .filter((day) => day['RecordableDay'] === true)
    .map((day) => String(day['VisitStart']).slice(0, 10));
  expect(open).toEqual(days.map((day) => day.slice(0, 10)));
  const closed = hours.filter((day) => day['RecordableDay'] === false);
  await sandbox.desk({ action: 'close', idLpu: 44, doctor: where.idDoc, day: open[0]! });
  const later = list(await get(sandbox, 'GetWorkingTime', where), 'WorkingTimeList');
  expect(later.filter((day) => day['DenyCause'] === 'Болезнь врача')).toHaveLength(1);
  expect(later.filter((day) => day['RecordableDay'] === false)).toHaveLength(closed.length + 1);
});

test('Hub25 tells of the place and of the next date beside the slots, Hub24 does not', async () => {
  const [slot] = await freeSlots(sandbox, 44, 'oculist');
  const before = { visitStart: '2026-11-01T00:00:00', visitEnd: '2026-11-02T00:00:00' };
  const where = { idLpu: 44, idDoc: slot!.idDoc, ...before };
  expect(await get(sandbox, 'GetAvaibleAppointments', where)).toMatchObject({
    ...{ ListAppointments: [], NextAvailableDate: { AvailableDate: slot!.start } },
    ...{ MedicalOrganization: { Address: 'ул. Примерная, д. 1' }, MedicalResource: { Position: 'врач-офтальмолог' } },
  });
  const url = `${sandbox.origin}/Hub24/HubService.svc`;
  const old = await ask(sandbox, 'GetAvaibleAppointments', where, { url, contract: 'hub24' });
  expect(Object.keys(old.result)).toEqual(['ErrorList', 'IdHistory', 'Success', 'ListAppointments']);
});

test('nothing in a list is an error only where the region tells it so', async () => {
  const where = { idLpu: 44, idSpesiality: 'none' };
  expect(await codeOf(sandbox, 'GetDoctorList', where)).toBe('ok');
  sandbox.settings({ emptyAsError: true });
  expect(await codeOf(sandbox, 'GetDoctorList', where)).toBe(38);
  const [slot] = await freeSlots(sandbox, 44, 'oculist');
  const never = { idLpu: 44, idDoc: slot!.idDoc, visitStart: '2030-01-01T00:00:00', visitEnd: '2030-01-02T00:00:00' };
  expect(await codeOf(sandbox, 'GetAvaibleAppointments', never)).toBe(39);
});

test('a patient is found by prefixes of names and whatever else is filled', async () => {
  const code = (pat: DataObject) => codeOf(sandbox, 'CheckPatient', { idLpu: 44, pat });
  expect(await code({ Surname: 'приме', Name: 'ан', Birthday: '1980-02-29T00:00:00' })).toBe('ok');
  expect(await code({})).toBe(4);
  expect(await code({ Surname: '  ' })).toBe(4);
  expect(await code({ ...people.anna, Birthday: '1980-03-01T00:00:00' })).toBe(20);
  expect(await code(people.double)).toBe(21);
  const found = list(await get(sandbox, 'SearchTop10Patient', { idLpu: 44, pat: people.double }), 'ListPatient');
  expect(found).toHaveLength(2);
  const snils = String(found[0]!['Snils']).replaceAll(/\D/g, '');
  expect(await code({ ...people.double, Snils: snils })).toBe('ok');
});

test('adding the same patient again gives the same id, a doubled one error 99', async () => {
  const patient = { Surname: 'Новосёлов', Name: 'Яков', Birthday: '1999-09-09T00:00:00', Snils: '00000060004' };
  const add = () => get(sandbox, 'AddNewPatient', { idLpu: 44, patient }).then((r) => r['IdPat']);
  const id = await add();
  expect(id).toMatch(/^0{16}\d{4}$/);
  expect(await add()).toBe(id);
  expect(await codeOf(sandbox, 'AddNewPatient', { idLpu: 44, patient: people.double })).toBe(99);
  expect(await codeOf(sandbox, 'AddNewPatient', { idLpu: 44, patient: { Surname: 'Новосёлов' } })).toBe(4);
  await get(sandbox, 'UpdatePhoneByIdPat', { idLpu: 44, idPat: id, cellPhone: '+79000009999' });
  const [found] = list(await get(sandbox, 'SearchTop10Patient', { idLpu: 44, pat: { IdPat: id } }), 'ListPatient');
  expect(found).toMatchObject({ CellPhone: '+79000009999', Snils: '000-000-600 04' });
  expect(await codeOf(sandbox, 'GetPatientsAreas', { idLpu: '44', idPat: id })).toBe(41);
  const anna = await idOf(sandbox, 44, 'anna');
  const areas = await get(sandbox, 'GetPatientsAreas', { idLpu: '44', idPat: anna });
  expect(areas['PatientsAreaList']).toEqual([{ Area: '1', AreaType: 'Терапевтический' }]);
});

test('a referral that was given out shows its specialty, doctors and slots', async () => {
  const inspect = (doctorsReferal: string, surname: string, idLpu?: number) =>
    ask(sandbox, 'InspectDoctorsReferral2', { idLpu, doctorsReferal, surname });
  const { result } = await inspect('78000000000001', 'примерова');
  expect(result).toMatchObject({ IdLpu: 44, IdPat: await idOf(sandbox, 44, 'anna') });
  const [specialty] = list(result, 'ListSpeciality');
  expect(specialty).toMatchObject({ FerIdSpeciality: '13' });
  expect(list(list(specialty!, 'ListDoctor')[0]!, 'ListAppointment').length).toBeGreaterThan(0);
  for (const [number, surname, idLpu] of [
    ['78000000000001', 'Пробный', undefined],
    ['78000000000002', 'Примерова', undefined],
    ['78000000000003', 'Пробный', undefined],
    ['78000000000001', 'Примерова', 45],
  ] as const)
    expect((await inspect(number, surname, idLpu)).errors[0]!.code).toBe(676);
});

test('a notification is the same however often it comes; its statuses follow by either key', async () => {
  const [slot] = await freeSlots(sandbox, 44, 'oculist');
  const idPat = await idOf(sandbox, 44, 'anna');
  const { id } = await sandbox.desk({ action: 'book', idLpu: 44, slot: slot!.slot, idPat });
  const tell = (more: object = {}) =>
    sandbox.notify({ url: sandbox.url, guid: sandbox.guid }, { idLpu: 44, id: id!, ...more });
  const first = await tell();
  const late = await tell({ late: true });
  expect(first.result['IdNotification']).toBeGreaterThan(0);
  expect(late.result['IdNotification']).toBe(first.result['IdNotification']);
  expect((await tell({ status: 'посещение_состоялось' })).success).toBe(true);
  const idNotification = Number(first.result['IdNotification']);
  expect((await tell({ status: 'посещение_состоялось', idNotification })).success).toBe(true);
  expect((await tell({ status: 'пациент_не_явился', idNotification: 1 })).errors[0]!.code).toBe(99);
  expect(sandbox.notifications()).toMatchObject([
    {
      ...{ idLpu: 44, idAppointment: id, times: 2, source: 'Регистратура', late: true },
      statuses: [{ status: 'посещение_состоялось', times: 2 }],
    },
  ]);
});

test('what came through the hub is told as «Прочее» with the client that booked', async () => {
  const [slot] = await freeSlots(sandbox, 45, 'oculist');
  await get(sandbox, 'SetAppointment', {
    idLpu: 45,
    idPat: await idOf(sandbox, 45, 'anna'),
    idAppointment: slot!.slot,
  });
  await sandbox.notify({ url: sandbox.url, guid: sandbox.guid }, { idLpu: 45, id: slot!.slot });
  expect(sandbox.notifications()).toMatchObject([{ source: 'Прочее', member: sandbox.guid, late: false }]);
});

test('waiting lists and messages to patients are kept; too little is error 4', async () => {
  const claim = { idLpu: 44, namePat: 'Примерова Анна Ивановна', phone: '+79000000001', idDoc: 'п100.136' };
  const { GuidClaim } = await get(sandbox, 'SetWaitingList', claim);
  expect(GuidClaim).toMatch(/^[0-9a-f-]{36}$/);
  expect(await codeOf(sandbox, 'SetWaitingList', { idLpu: 44 })).toBe(4);
  const contacts = [{ ContactValue: '+79000000001', IdContactType: 1, IsPref: true }];
  const message = { idAppointment: '778001', visitStart: '2026-12-02T10:00:00', idLpu: 44, idPat: 'x', contacts };
  await get(sandbox, 'PatientNotification', message);
  expect(await codeOf(sandbox, 'PatientNotification', { ...message, contacts: [] })).toBe(4);
  expect(sandbox.waiting()).toMatchObject([{ phone: '+79000000001' }]);
  expect(sandbox.patientNotifications()).toMatchObject([{ contacts }]);
  expect(JSON.stringify([sandbox.waiting(), sandbox.patientNotifications()])).not.toContain(sandbox.guid);
});

test('the dictionary of errors comes inside ErrorList, with success', async () => {
  const { success, errors } = await ask(sandbox, 'GetErrorList');
  expect(success).toBe(true);
  expect(errors).toContainEqual({ code: 75, text: 'Талон не существует или уже отменён' });
});

test('today’s bookings, full information, the queue at the desk', async () => {
  const day = list(await get(sandbox, 'GetTodayAppointments'), 'SchedulerOfDoctorList');
  const today = sandbox.bookings().filter((b) => b.start.startsWith('2026-12-01'));
  expect(day.flatMap((d) => list(d, 'ShedulerOfDoctorItemCollection'))).toHaveLength(today.length);
  const { doctor, patient, id } = today[0]!;
  const full = await get(sandbox, 'GetFullInfoById', { idDoc: doctor, idLpu: today[0]!.clinic, idPat: patient });
  expect(full).toMatchObject({ Doc: { IdDoc: doctor }, LPU: { IdLPU: today[0]!.clinic }, Pat: { IdPat: patient } });
  expect((await get(sandbox, 'CheckIn', { idAppointment: id }))['Office']).toMatch(/^\d{3}$/);
});

test('the page of occupancy shows what is booked, and keeps a patient’s text a text', async () => {
  const [slot] = await freeSlots(sandbox, 44, 'oculist');
  const patient = { Surname: '<b>Уголков', Name: 'Лев\nИ', Birthday: '1999-09-09T00:00:00' };
  const { IdPat } = await get(sandbox, 'AddNewPatient', { idLpu: 44, patient });
  await get(sandbox, 'SetAppointment', { idLpu: 44, idPat: IdPat, idAppointment: slot!.slot });
  const query = `idLpu=44&doctor=${encodeURIComponent(slot!.idDoc)}&day=${slot!.start.slice(0, 10)}`;
  const html = await (await fetch(`${sandbox.origin}/occupancy?${query}`)).text();
  expect(html).toContain('&lt;b&gt;Уголков');
  const text = await (await fetch(`${sandbox.origin}/occupancy?${query}&format=text`)).text();
  expect(text).toMatch(/\d\d:\d\d–\d\d:\d\d запись, <b>Уголков Лев И, .*через концентратор, записан/);
});
