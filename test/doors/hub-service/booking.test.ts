/** Booking and cancelling by HubService: through the one saga, with its errors as the contract numbers them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { readBooking } from '../../../src/workflows/booking.sql.ts';
import { ask } from '../../support/hub.ts';
import { orderOf } from '../../support/order.ts';
import { createStage, guids, lpu, type Stage } from './stage.ts';

let stage: Stage;
let slots: readonly string[];
let doctor: string;
let next = 0;
beforeAll(async () => {
  stage = await createStage({ quarters: 90 });
  ({ slots, doctor } = await stage.times());
});
afterEach(() => stage.hub.mis.forget());
afterAll(() => stage.close());

const idLpu = lpu.one;
/** One that no other test has had. */
const free = () => slots[next++]!;
let people = 0;
const somebody = () => stage.patient(`Человек${'абвгдежзиклмнопрстуфхцчш'[people++]}`);
const book = (idPat: string, idAppointment: string, more: object = {}) =>
  stage.call('SetAppointment', { idLpu, idPat, idAppointment, ...more });
const cancel = (idPat: string, idAppointment: string) =>
  stage.call('CreateClaimForRefusal', { idLpu, idPat, idAppointment });
const history = async (idPat: string) => (await stage.call('GetPatientHistory', { idLpu, idPat })).result;
const fhir = async (path: string, method: 'GET' | 'PUT' | 'POST' = 'GET', body?: object) =>
  ask(stage.hub, method, path, { token: await stage.hub.token({ clinics: ['one'] }), ...(body && { body }) });
const sales = (slot: string) =>
  stage.hub.pool.query<{ reference: string }>(`select reference from booking where slot = $1 and state = 'confirmed'`, [
    slot,
  ]);

test('a booking stands in FHIR and in the MIS, is in the history under its own id, and is cancelled by that', async () => {
  const [idPat, slot] = [await somebody(), free()];
  const { result, body } = await book(idPat, slot, { doctorsReferral: 'УО-17', idHistory: 7 });
  expect(result).toEqual({ Success: true, Type: 'отсутстствует_неопределено', IdHistory: 7 });
  expect(body).not.toContain(slot);
  const { ListHistoryVisit: visits, ListHistoryRefusal: none } = await history(idPat);
  expect(none).toEqual([]);
  expect(visits).toMatchObject([
    { DoctorRendingConsultation: { IdDoc: doctor }, SpecialityRendingConsultation: { NameSpesiality: 'Терапия' } },
  ]);
  const { IdAppointment: id } = visits![0]!;
  expect(id).not.toBe(slot);
  expect((await fhir(`Appointment/${id}`)).body).toMatchObject({
    ...{ status: 'booked', slot: [{ reference: `Slot/${slot}` }], comment: 'Направление № УО-17' },
  });
  expect((await sales(slot)).rows[0]!.reference).toMatch(/^ref-/);
  expect((await stage.times()).slots).not.toContain(slot);
  expect((await cancel(idPat, id!)).result).toEqual({ Success: true });
  expect((await fhir(`Appointment/${id}`)).body['status']).toBe('cancelled');
  expect((await stage.times()).slots).toContain(slot);
  const after = await history(idPat);
  expect(after.ListHistoryVisit).toEqual([]);
  expect(after.ListHistoryRefusal).toMatchObject([{ IdAppointment: id }]);
  expect((await cancel(idPat, id!)).errors).toEqual([75]);
});

test('what was cancelled can be booked again, also a third time', async () => {
  const [idPat, slot] = [await somebody(), free()];
  const ids = new Set<string>();
  for (let i = 0; i < 3; i++) {
    expect((await book(idPat, slot)).result.Success).toBe(true);
    const [visit] = (await history(idPat)).ListHistoryVisit!;
    ids.add(visit!.IdAppointment!);
    expect((await cancel(idPat, visit!.IdAppointment!)).result.Success).toBe(true);
  }
  expect(ids.size).toBe(3);
});

test('cancelled by the id of the time, as callers of other systems do', async () => {
  const [idPat, slot] = [await somebody(), free()];
  await book(idPat, slot);
  expect((await cancel(await somebody(), slot)).errors).toEqual([75]);
  expect((await cancel(idPat, slot)).result.Success).toBe(true);
  expect((await cancel(idPat, slot)).errors).toEqual([75]);
});

test('twenty patients, one time: one has it, the others hear 39', async () => {
  const slot = free();
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, i) => stage.patient(`Гонщик${'абвгдежзиклмнопрстуф'[i]}`)),
  );
  const answers = await Promise.all(all.map((idPat) => book(idPat, slot)));
  expect(answers.filter((a) => a.result.Success === true)).toHaveLength(1);
  expect(answers.flatMap((a) => a.errors)).toEqual(Array.from({ length: 19 }, () => 39));
  expect((await sales(slot)).rowCount).toBe(1);
});

test('the same call, twenty times at once and again, is one booking', async () => {
  const [idPat, slot] = [await somebody(), free()];
  const answers = await Promise.all(Array.from({ length: 20 }, () => book(idPat, slot)));
  answers.push(await book(idPat, slot));
  expect(answers.map((a) => a.result.Success)).toEqual(Array.from({ length: 21 }, () => true));
  const { rowCount } = await stage.hub.pool.query('select from booking where slot = $1', [slot]);
  expect(rowCount).toBe(1);
  expect((await history(idPat)).ListHistoryVisit).toHaveLength(1);
});

test("the patient's own booking by another door is his: the answer is yes", async () => {
  const [idPat, slot] = [await somebody(), free()];
  expect((await fhir('Appointment', 'POST', orderOf(slot, idPat))).status).toBe(201);
  expect((await book(idPat, slot)).result.Success).toBe(true);
});

describe('refused', () => {
  test.each([
    ['no clinic', { idLpu: undefined }, 4],
    ['a clinic that there is not', { idLpu: 4444 }, 99],
    ['no time', { idAppointment: '' }, 4],
    ['no patient', { idPat: '' }, 4],
    ['a ticket that is none of ours', { idAppointment: '18.02.2025;13:00;п100.136' }, 99],
    ['a patient that there is not', { idPat: '00000000-0000-4000-8000-000000000000' }, 20],
    ['a time that there is not', { idAppointment: '00000000-0000-4000-8000-000000000000' }, 38],
    ['a previous booking that there is not', { idAppointmentPrev: '00000000-0000-4000-8000-000000000000' }, 75],
  ])('%s', async (_, more, error) => {
    const [idPat, slot] = [await stage.patient('Отказова'), slots.at(-1)!];
    const { status, errors } = await book(idPat, slot, more);
    expect([status, errors]).toEqual([200, [error]]);
    expect((await sales(slot)).rowCount).toBe(0);
  });

  test('a second visit to a doctor (35), unless it takes the place of the first', async () => {
    const [idPat, one, two] = [await somebody(), free(), free()];
    await book(idPat, one);
    expect((await book(idPat, two)).errors).toEqual([35]);
    const [before] = (await history(idPat)).ListHistoryVisit!;
    expect((await book(idPat, two, { idAppointmentPrev: before!.IdAppointment })).result.Success).toBe(true);
    const { ListHistoryVisit: visits } = await history(idPat);
    expect(visits).toHaveLength(1);
    expect((await fhir(`Appointment/${visits![0]!.IdAppointment}`)).body).toMatchObject({
      ...{ status: 'booked', slot: [{ reference: `Slot/${two}` }] },
    });
    expect((await fhir(`Appointment/${before!.IdAppointment}`)).body['status']).toBe('cancelled');
  });

  test('by the MIS: taken is 39, a rule is 99 in its own words', async () => {
    const idPat = await somebody();
    stage.hub.mis.answers.push({ outcome: 'rejected', reason: 'taken', text: 'Это время уже занято.' });
    expect((await book(idPat, free())).errors).toEqual([39]);
    stage.hub.mis.answers.push({ outcome: 'rejected', reason: 'rule', text: 'Только для взрослых.' });
    const { result } = await book(idPat, free());
    expect(result.ErrorList).toEqual([{ IdError: 99, ErrorDescription: 'Только для взрослых.' }]);
    stage.hub.mis.answers.push({ outcome: 'rejected', reason: 'unsent', text: 'Нет связи.' });
    const { result: unsent } = await book(idPat, free());
    expect(unsent.ErrorList![0]!.ErrorDescription).toMatch(/изменений не было/);
    expect((await history(idPat)).ListHistoryVisit).toEqual([]);
  });

  test('a cancellation of nothing, of another patient, without ids', async () => {
    const [idPat, slot] = [await somebody(), free()];
    await book(idPat, slot);
    const [visit] = (await history(idPat)).ListHistoryVisit!;
    expect((await cancel(await somebody(), visit!.IdAppointment!)).errors).toEqual([75]);
    expect((await cancel(idPat, '778899')).errors).toEqual([75]);
    expect((await cancel(idPat, '')).errors).toEqual([4]);
    expect((await cancel('', visit!.IdAppointment!)).errors).toEqual([4]);
    expect((await history(idPat)).ListHistoryVisit).toHaveLength(1);
  });
});

describe('the outcome is not known', () => {
  const rowOf = async (slot: string) => {
    const { rows } = await stage.hub.pool.query<{ id: string }>(
      `select id from booking where slot = $1 and state = 'unknown'`,
      [slot],
    );
    return rows[0] && readBooking(stage.hub.pool, rows[0].id);
  };

  test('neither yes nor 39: 99 says how to find out; repeated, it is yes once it stands', async () => {
    const [idPat, slot] = [await somebody(), free()];
    stage.hub.mis.answers.push({ outcome: 'unknown', cause: 'test' });
    for (let i = 0; i < 2; i++) {
      const { result } = await book(idPat, slot);
      expect(result.ErrorList).toMatchObject([
        { IdError: 99, ErrorDescription: expect.stringMatching(/GetPatientHistory/) },
      ]);
      expect(await history(idPat)).toMatchObject({ ListHistoryVisit: [], ListHistoryRefusal: [] });
    }
    expect((await book(await somebody(), slot)).errors).toEqual([39]);
    stage.hub.mis.found.push({ state: 'held', reference: 'ref-found' });
    await stage.hub.settler.settle((await rowOf(slot))!);
    expect((await book(idPat, slot)).result.Success).toBe(true);
    expect((await history(idPat)).ListHistoryVisit).toHaveLength(1);
    const { rowCount } = await stage.hub.pool.query('select from booking where slot = $1', [slot]);
    expect(rowCount).toBe(1);
  });

  test('found to be refused: repeated, it is another try', async () => {
    const [idPat, slot] = [await somebody(), free()];
    stage.hub.mis.answers.push({ outcome: 'unknown', cause: 'test' });
    expect((await book(idPat, slot)).errors).toEqual([99]);
    stage.hub.mis.found.push({ state: 'cancelled', reference: 'ref-gone' });
    await stage.hub.settler.settle((await rowOf(slot))!);
    expect(await history(idPat)).toMatchObject({ ListHistoryVisit: [], ListHistoryRefusal: [] });
    expect((await book(idPat, slot)).result.Success).toBe(true);
  });

  test('of a cancellation: 99, and the visit stands until it is known', async () => {
    const [idPat, slot] = [await somebody(), free()];
    await book(idPat, slot);
    const [visit] = (await history(idPat)).ListHistoryVisit!;
    stage.hub.mis.cancels.push({ outcome: 'unknown', cause: 'test' });
    const { result } = await cancel(idPat, visit!.IdAppointment!);
    expect(result.ErrorList).toMatchObject([{ IdError: 99, ErrorDescription: expect.stringMatching(/неизвестен/) }]);
  });
});

test('a caller waits for an outcome that becomes known while he does', async () => {
  const waiting = await createStage({ settings: { waitSeconds: 20 } });
  try {
    const { slots: times } = await waiting.times();
    const [idPat, slot] = [await waiting.patient(), times[0]!];
    waiting.hub.mis.answers.push({ outcome: 'unknown', cause: 'test' });
    const answered = waiting.call('SetAppointment', { idLpu, idPat, idAppointment: slot });
    for (;;) {
      const { rows } = await waiting.hub.pool.query<{ id: string }>(
        `select id from booking where state = 'unknown' and told`,
      );
      if (rows[0] !== undefined) {
        waiting.hub.mis.found.push({ state: 'held', reference: 'ref-found' });
        await waiting.hub.settler.settle((await readBooking(waiting.hub.pool, rows[0].id))!);
        break;
      }
      await new Promise((done) => setTimeout(done, 20));
    }
    expect((await answered).result.Success).toBe(true);
  } finally {
    await waiting.close();
  }
});

test('the patient of a referral that is attached, where none is named', async () => {
  const [idPat, slot] = [await stage.patient('Направленова'), free()];
  const person = {
    HumanName: { FamilyName: 'Направленова', GivenName: 'Мария', MiddleName: 'Олеговна' },
    BirthDate: '1980-02-29T00:00:00',
  };
  const referral = (Person: object) => ({ attachedReferral: { IdMq: '5', Referral: { Patient: { Person } } } });
  const asked = { idLpu, idAppointment: slot };
  expect((await stage.call('SetAppointment', { ...asked, ...referral({}) })).errors).toEqual([4]);
  const stranger = { ...person, HumanName: { ...person.HumanName, FamilyName: 'Нетакова' } };
  expect((await stage.call('SetAppointment', { ...asked, ...referral(stranger) })).errors).toEqual([20]);
  expect((await stage.call('SetAppointment', { ...asked, ...referral(person) })).result.Success).toBe(true);
  expect((await history(idPat)).ListHistoryVisit).toHaveLength(1);
});

describe('who may', () => {
  test.each([[undefined], [''], ['0'], ['11111111-2222-4333-8444-555555555556'], [`${guids.concentrator} x`]])(
    'guid %s is refused with 1',
    async (guid) => {
      const { status, result } = await stage.call('GetLPUList', { guid, idHistory: 3 } as never);
      expect([status, result]).toEqual([
        200,
        { ErrorList: [{ IdError: 1, ErrorDescription: 'Доступ запрещён' }], Success: false, IdHistory: 3 },
      ]);
    },
  );

  test('a clinic of another caller is answered as one that there is not', async () => {
    const ask = async (idLpu: number) => (await stage.call('GetSpesialityList', { idLpu })).body;
    expect(await ask(lpu.two)).toBe(await ask(4444));
    const idPat = await somebody();
    const { errors } = await stage.call('SetAppointment', {
      guid: guids.portal,
      idLpu: lpu.two,
      idPat,
      idAppointment: free(),
    });
    expect(errors).toEqual([20]);
  });

  test('a guid in other letters is the same guid', async () => {
    expect((await stage.call('GetLPUList', { guid: ` ${guids.portal.toUpperCase()} ` })).result.Success).toBe(true);
  });
});

describe('the audit', () => {
  const events = async (subject: string) => {
    const { rows } = await stage.hub.pool.query<Record<string, unknown>>(
      `select kind, action, interaction, outcome, reason, clinic, patient, role, client, resource, query
       from audit_event where subject = $1 order by seq`,
      [subject],
    );
    return rows;
  };

  test('each access to a patient is an event of his, whoever refused it; directories are none', async () => {
    const [idPat, slot] = [await somebody(), free()];
    const subject = 'hub-service:concentrator';
    const before = (await events(subject)).length;
    await stage.call('GetSpesialityList', { idLpu });
    await stage.call('CheckPatient', { idLpu, pat: { IdPat: idPat } });
    await stage.call('CheckPatient', { idLpu, pat: { Surname: 'Нетакой' } });
    await book(idPat, slot);
    const [visit] = (await history(idPat)).ListHistoryVisit!;
    await cancel(idPat, visit!.IdAppointment!);
    await book(idPat, 'неверный');
    const common = { kind: 'rest', role: 'app', client: 'concentrator', clinic: stage.hub.clinic.number, query: null };
    const appointment = `Appointment/${visit!.IdAppointment}`;
    expect((await events(subject)).slice(before)).toMatchObject([
      { ...common, action: 'R', interaction: 'operation $CheckPatient Patient', outcome: 0, patient: idPat },
      { ...common, action: 'R', outcome: 4, reason: 'hub-error-20', patient: null },
      {
        ...common,
        action: 'C',
        interaction: 'operation $SetAppointment Appointment',
        patient: idPat,
        resource: appointment,
      },
      { ...common, action: 'R', interaction: 'operation $GetPatientHistory Appointment', patient: idPat },
      { ...common, action: 'U', interaction: 'operation $CreateClaimForRefusal Appointment', patient: idPat },
      { ...common, action: 'C', outcome: 4, reason: 'hub-error-99' },
    ]);
  });

  test("a try at another clinic's patient is an event of his, at his clinic", async () => {
    const idPat = await somebody();
    await stage.call('GetPatientHistory', { guid: guids.portal, idLpu: lpu.two, idPat });
    expect((await events('hub-service:portal')).slice(-1)).toMatchObject([
      { patient: idPat, clinic: stage.hub.clinic.number, outcome: 4, reason: 'hub-error-20' },
    ]);
  });

  test('a wrong guid is an alert, and is not written down', async () => {
    const guid = '22222222-2222-4333-8444-555555555555';
    await stage.call('CheckPatient', { guid, idLpu, pat: { Surname: 'Т' } });
    expect((await events('')).at(-1)).toMatchObject({ kind: 'alert', reason: 'hub-error-1', patient: null });
    const { rows } = await stage.hub.pool.query<{ row: string }>('select e::text as row from audit_event e');
    expect(rows.some(({ row }) => row.includes(guid) || row.includes(guids.concentrator))).toBe(false);
  });

  test('what cannot be written down as seen is not shown', async () => {
    const idPat = await somebody();
    await stage.hub.pool.query('alter table audit_event rename to audit_event_away');
    try {
      const { status, result, body } = await stage.call('SearchTop10Patient', { idLpu, pat: { IdPat: idPat } });
      expect(status).toBe(200);
      expect(result.ErrorList).toMatchObject([{ IdError: 99, ErrorDescription: expect.stringMatching(/журнал/) }]);
      expect(body).not.toContain('Человек');
      expect((await stage.call('GetLPUList')).result.Success).toBe(true);
    } finally {
      await stage.hub.pool.query('alter table audit_event_away rename to audit_event');
    }
  });
});

test('who calls too often is told when to come again', async () => {
  const callers = { concentrator: { guid: guids.concentrator, perMinute: 3, clinics: { one: { idLpu: lpu.one } } } };
  const narrow = await createStage({ settings: { callers } });
  try {
    const call = async () => {
      const { status } = await narrow.send(
        `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetLPUList xmlns="http://tempuri.org/"><guid>${guids.concentrator}</guid></GetLPUList></s:Body></s:Envelope>`,
        { 'content-type': 'text/xml' },
      );
      return status;
    };
    expect([await call(), await call(), await call(), await call()]).toEqual([200, 200, 200, 429]);
  } finally {
    await narrow.close();
  }
});
