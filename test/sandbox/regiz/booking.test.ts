/** Booking in the pretend РЕГИЗ: order of checks, ids of slots and bookings, races, cancelling. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DataObject } from '../../../sandbox/regiz/data.ts';
import { type Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { settingsSchema } from '../../../sandbox/regiz/settings.ts';
import { ask, codeOf, type Free, freeSlots, get, idOf, people, scale, visitsOf } from './client.ts';

let sandbox: Sandbox;
let empty: string;

beforeAll(async () => {
  sandbox = await startRegizSandbox({ ...scale, bookedShare: 0.1 });
  empty = sandbox.snapshot();
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.restore(empty);
  sandbox.settings(settingsSchema.parse({}));
});

const set = (free: Free, idPat: string, more: DataObject = {}) => ({
  ...{ idAppointment: free.slot, idLpu: free.idLpu, idPat },
  ...more,
});

test('the checks come in their order', async () => {
  const [therapist] = await freeSlots(sandbox, 44, 'therapist');
  const [oculist, later] = await freeSlots(sandbox, 44, 'oculist');
  const [paediatrician] = await freeSlots(sandbox, 44, 'paediatrician');
  const [gynaecologist] = await freeSlots(sandbox, 44, 'gynaecologist');
  const anna = await idOf(sandbox, 44, 'anna');
  const code = (free: Free, idPat: string) => codeOf(sandbox, 'SetAppointment', set(free, idPat));
  const gone = (free: Free) => ({ ...free, slot: free.slot.replace(/^\d\d/, '31') });
  expect(await code({ ...oculist!, slot: '778899' }, 'nobody')).toBe(99);
  expect(await code(therapist!, await idOf(sandbox, 44, 'visitor'))).toBe(36);
  const foundling = { Surname: 'Найдёнова', Name: 'Ия', SecondName: 'Львовна', Birthday: '2018-09-01T00:00:00' };
  const { IdPat } = await get(sandbox, 'AddNewPatient', { idLpu: 44, patient: foundling });
  expect(await code(therapist!, String(IdPat))).toBe(36);
  expect(await code(gynaecologist!, await idOf(sandbox, 44, 'deceased'))).toBe(33);
  expect(await code(gone(therapist!), await idOf(sandbox, 44, 'child'))).toBe(34);
  expect(await code(gone(paediatrician!), anna)).toBe(34);
  expect(await code(gone(gynaecologist!), await idOf(sandbox, 44, 'pyotr'))).toBe(33);
  expect(await code(gone(oculist!), await idOf(sandbox, 44, 'deceased'))).toBe(22);
  expect(await code(gone(oculist!), anna)).toBe(38);
  expect(await code(oculist!, anna)).toBe('ok');
  expect(await code(oculist!, await idOf(sandbox, 44, 'pyotr'))).toBe(39);
  expect(await code(gone(oculist!), anna)).toBe(35);
  expect(await code(later!, anna)).toBe(35);
});

test('the lock of the doctor’s day comes before the slot is looked at', async () => {
  sandbox.settings({ bookingMilliseconds: 400 });
  const slots = await freeSlots(sandbox, 44, 'oculist');
  const sameDay = slots.filter((s) => s.start.slice(0, 10) === slots[0]!.start.slice(0, 10));
  const otherDay = slots.find((s) => s.start.slice(0, 10) !== slots[0]!.start.slice(0, 10))!;
  const [anna, pyotr] = [await idOf(sandbox, 44, 'anna'), await idOf(sandbox, 44, 'pyotr')];
  const first = codeOf(sandbox, 'SetAppointment', set(sameDay[0]!, anna));
  await expect.poll(() => sandbox.log().at(-1)!.operation).toBe('SetAppointment');
  const locked = await ask(sandbox, 'SetAppointment', set(sameDay[1]!, pyotr));
  expect(locked.errors).toEqual([{ code: 39, text: 'Расписание врача заблокировано' }]);
  const gone = { ...sameDay[1]!, slot: sameDay[1]!.slot.replace(/;\d\d:/, ';23:') };
  expect(await codeOf(sandbox, 'SetAppointment', set(gone, pyotr))).toBe(39);
  expect(await codeOf(sandbox, 'SetAppointment', set(otherDay, pyotr))).toBe('ok');
  expect(await first).toBe('ok');
});

describe.each([0, 30])('a race with %i ms for booking', (bookingMilliseconds) => {
  test('exactly one of many gets the slot', async () => {
    sandbox.settings({ bookingMilliseconds });
    const [free] = await freeSlots(sandbox, 45, 'cardiologist');
    const persons = ['anna', 'pyotr', 'visitor', 'child'] as const;
    const ids = await Promise.all(persons.map((person) => idOf(sandbox, 45, person)));
    const codes = await Promise.all(ids.map((id) => codeOf(sandbox, 'SetAppointment', set(free!, id))));
    expect(codes.toSorted()).toEqual([39, 39, 39, 'ok']);
    const booked = sandbox.bookings({ source: 'hub' }).filter((b) => b.slot === free!.slot);
    expect(booked).toMatchObject([{ status: 'active', client: sandbox.guid }]);
  });
});

describe('ids', () => {
  const patterns: Record<number, [slot: RegExp, booking: RegExp]> = {
    44: [/^\d\d\.12\.2026;\d\d:\d\d;п\d+\.\d+$/, /^778\d{3}$/],
    45: [/^\d+_2026-12-\d\d_\d\d:\d\d$/, /^\d+_2026-12-\d\d_\d\d:\d\d$/],
    46: [/^[0-9a-f-]{36}$/, /^[0-9a-f-]{36}$/],
  };

  test.each([44, 45, 46])('clinic %i books and cancels by its own', async (idLpu) => {
    const [free] = await freeSlots(sandbox, idLpu, 'oculist');
    const idPat = await idOf(sandbox, idLpu, 'anna');
    await get(sandbox, 'SetAppointment', set(free!, idPat));
    const booking = (await visitsOf(sandbox, idLpu, idPat)).get(free!.start)!;
    expect(free!.slot).toMatch(patterns[idLpu]![0]);
    expect(booking).toMatch(patterns[idLpu]![1]);
    expect(booking === free!.slot).toBe(idLpu === 45);
    const cancel = { idLpu, idPat };
    const bySlot = await codeOf(sandbox, 'CreateClaimForRefusal', { ...cancel, idAppointment: free!.slot });
    expect(bySlot).toBe(idLpu === 45 ? 'ok' : 75);
    if (idLpu !== 45)
      expect(await codeOf(sandbox, 'CreateClaimForRefusal', { ...cancel, idAppointment: booking })).toBe('ok');
    expect(await codeOf(sandbox, 'CreateClaimForRefusal', { ...cancel, idAppointment: booking })).toBe(75);
    expect((await freeSlots(sandbox, idLpu, 'oculist')).map((s) => s.slot)).toContain(free!.slot);
    const { ListHistoryRefusal } = await get(sandbox, 'GetPatientHistory', cancel);
    expect(ListHistoryRefusal).toMatchObject([{ IdAppointment: booking, VisitStart: free!.start }]);
    await get(sandbox, 'SetAppointment', set(free!, idPat));
  });

  test.each(['same', 'different'] as const)('the setting makes them %s everywhere', async (bookingIds) => {
    sandbox.settings({ bookingIds });
    for (const idLpu of [44, 45]) {
      const [free] = await freeSlots(sandbox, idLpu, 'oculist');
      const idPat = await idOf(sandbox, idLpu, 'pyotr');
      await get(sandbox, 'SetAppointment', set(free!, idPat));
      const booking = (await visitsOf(sandbox, idLpu, idPat)).get(free!.start)!;
      expect(booking === free!.slot).toBe(bookingIds === 'same');
    }
  });
});

test('the result tells no id of the booking, and nothing by its type', async () => {
  const [free] = await freeSlots(sandbox, 44, 'oculist');
  const result = await get(sandbox, 'SetAppointment', set(free!, await idOf(sandbox, 44, 'anna')));
  expect(Object.keys(result)).toEqual(['ErrorList', 'IdHistory', 'Success', 'Type']);
  expect(result['Type']).toBe('отсутстствует_неопределено');
});

test('nobody cancels another patient’s booking; idAppointmentPrev is not honoured', async () => {
  const [free] = await freeSlots(sandbox, 44, 'oculist');
  const [anna, pyotr] = [await idOf(sandbox, 44, 'anna'), await idOf(sandbox, 44, 'pyotr')];
  await get(sandbox, 'SetAppointment', set(free!, anna));
  const booking = (await visitsOf(sandbox, 44, anna)).get(free!.start)!;
  expect(await codeOf(sandbox, 'CreateClaimForRefusal', { idLpu: 44, idPat: pyotr, idAppointment: booking })).toBe(75);
  const other = (await freeSlots(sandbox, 44, 'cardiologist')).find((s) => s.start !== free!.start);
  await get(sandbox, 'SetAppointment', set(other!, anna, { idAppointmentPrev: booking }));
  expect([...(await visitsOf(sandbox, 44, anna)).keys()].toSorted()).toEqual([free!.start, other!.start].toSorted());
});

test('a clinic that does not answer is error 602 or 603, the others go on', async () => {
  sandbox.settings({ clinicErrors: { '44': 603, '45': 602 } });
  const check = (idLpu: number) => codeOf(sandbox, 'CheckPatient', { idLpu, pat: people.anna });
  expect([await check(44), await check(45), await check(46)]).toEqual([603, 602, 'ok']);
});

test('the patient of an attached referral is found by the person in it', async () => {
  const [free] = await freeSlots(sandbox, 44, 'cardiologist');
  const { Referral } = await get(sandbox, 'CheckReferral', { doctorsReferral: '78000000000001' });
  const attachedReferral = { IdMq: '78000000000001', Referral };
  await get(sandbox, 'SetAppointment', set(free!, '', { attachedReferral, doctorsReferral: '78000000000001' }));
  const idPat = await idOf(sandbox, 44, 'anna');
  expect(sandbox.bookings({ source: 'hub' })).toMatchObject([{ patient: idPat, referral: '78000000000001' }]);
});

test('the registrar books, moves, marks and cancels behind the hub’s back', async () => {
  const [free, next, third] = await freeSlots(sandbox, 44, 'oculist');
  const idPat = await idOf(sandbox, 44, 'anna');
  const { id } = await sandbox.desk({ action: 'book', idLpu: 44, slot: free!.slot, idPat });
  await expect(sandbox.desk({ action: 'book', idLpu: 44, slot: free!.slot })).rejects.toMatchObject({ code: 39 });
  await sandbox.desk({ action: 'move', idLpu: 44, id: id!, slot: next!.slot });
  expect([...(await visitsOf(sandbox, 44, idPat))]).toEqual([[next!.start, id]]);
  await sandbox.desk({ action: 'cancel', idLpu: 44, id: id! });
  expect(await visitsOf(sandbox, 44, idPat)).toEqual(new Map());
  const { id: second } = await sandbox.desk({ action: 'book', idLpu: 44, slot: third!.slot, idPat });
  await sandbox.desk({ action: 'mark', idLpu: 44, id: second!, as: 'came' });
  expect(sandbox.bookings({ id: second! })).toMatchObject([{ status: 'came', source: 'desk' }]);
  await sandbox.desk({ action: 'close', idLpu: 44, doctor: free!.idDoc, day: free!.start.slice(0, 10) });
  const left = await freeSlots(sandbox, 44, 'oculist');
  expect(left.filter((s) => s.start.startsWith(free!.start.slice(0, 10)))).toEqual([]);
  await sandbox.desk({ action: 'book-random' });
});
