/** «Заявка» of the pretend 1С: reserve, book, status, cancel, waiting list. protocols/onec.md §1.4–§1.5. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startOnecSandbox } from '../../../sandbox/onec/server.ts';
import {
  bookFields,
  call,
  type Fields,
  type FreeTime,
  freeTimes,
  placeFields,
  read,
  reserve,
  statusOf,
  textOf,
} from './client.ts';

let sandbox: Sandbox;
let now: number;
let free: FreeTime;

beforeEach(async () => {
  now = Date.parse('2026-11-30T09:00:00Z');
  sandbox = await startOnecSandbox({ start: '2026-12-01', days: 3, doctors: 30, clock: () => now });
  free = (await freeTimes(sandbox)).find((t) => t.minutes === 0 && t.end.slice(11) >= '11:00:00')!;
});
afterEach(() => sandbox.close());

const conflict = 'Не удалось записать документ Заявка\n';
const guidSentence = 'Ошибка при получении уникального идентификатора заявки на основе GUID.';
const isFree = async (time: FreeTime) =>
  (await freeTimes(sandbox, time.start.slice(0, 10))).some(
    (t) => t.employee === time.employee && t.start <= time.start && t.end > time.start,
  );

test('reserve, book, status, cancel: the time is taken and free again', async () => {
  const answer = await read(sandbox, 'GetReserve', placeFields(free));
  expect(answer.namespace).toBe('S1');
  expect([textOf(answer, 'Результат'), textOf(answer, 'ОписаниеОшибки')]).toEqual(['true', ' ']);
  const guid = textOf(answer, 'УИД')!;
  expect(await statusOf(sandbox, guid)).toBe('6');
  expect(await isFree(free)).toBe(false);
  expect(
    await call(sandbox, 'BookAnAppointmentWithParams', bookFields(free, guid), {
      properties: { Birthday: '1990-05-17' },
    }),
  ).toBe('Ok');
  expect(await statusOf(sandbox, guid)).toBe('1');
  const [booking] = sandbox.bookings({ source: 'site' });
  expect(booking).toMatchObject({
    guid,
    status: 1,
    surname: 'Пробный',
    comment: 'medmost 1',
    birthday: '1990-05-17',
    start: free.start,
  });
  const cancelled = await read(sandbox, 'CancelBookAnAppointment', { GUID: guid });
  expect([cancelled.name, textOf(cancelled, 'Результат'), textOf(cancelled, 'ОписаниеОшибки')]).toEqual([
    'РезультатВыполнения',
    'true',
    ' ',
  ]);
  expect(textOf(await read(sandbox, 'GetAppointmentStatus', { GUID: guid }), 'ОписаниеРезультата')).toBe('Отменена');
  expect(await isFree(free)).toBe(true);
  expect(textOf(await read(sandbox, 'CancelBookAnAppointment', { GUID: guid, Reason: 'ещё раз' }), 'Результат')).toBe(
    'true',
  );
});

test('date and time may come in one text or apart', async () => {
  const apart = { Date: `${free.start.slice(0, 10)}T00:00:00`, TimeBegin: `0001-01-01T${free.start.slice(11)}` };
  const guid = textOf(await read(sandbox, 'GetReserve', { ...placeFields(free), ...apart }), 'УИД');
  expect(sandbox.bookings({ source: 'site' })).toMatchObject([{ guid, start: free.start }]);
});

test('a taken, a paused and a not worked time are refused in the words of a conflict', async () => {
  const guid = await reserve(sandbox, free);
  const again = await read(sandbox, 'GetReserve', placeFields(free));
  expect([textOf(again, 'Результат'), textOf(again, 'ОписаниеОшибки'), textOf(again, 'УИД')]).toEqual([
    'false',
    conflict,
    undefined,
  ]);
  expect(textOf(await read(sandbox, 'BookAnAppointment', bookFields(free)), 'ОписаниеОшибки')).toBe(conflict);
  const night = { ...free, start: `${free.start.slice(0, 11)}03:00:00` };
  expect(textOf(await read(sandbox, 'GetReserve', placeFields(night)), 'ОписаниеОшибки')).toBe(conflict);
  const other = (await freeTimes(sandbox)).find((t) => t.employee === free.employee && t.start > free.start)!;
  sandbox.desk({ action: 'close', employee: other.employee, clinic: other.clinic, start: other.start, end: other.end });
  expect(textOf(await read(sandbox, 'GetReserve', placeFields(other)), 'ОписаниеОшибки')).toBe(conflict);
  expect(sandbox.bookings({ source: 'site' }).map((b) => b.guid)).toEqual([guid]);
});

test('without uniqueness two documents stand on one time', async () => {
  sandbox.settings({ uniqueness: false });
  await reserve(sandbox, free);
  await reserve(sandbox, free);
  expect(sandbox.bookings({ source: 'site' })).toHaveLength(2);
});

test('a reservation lapses: 6, then 9, then 5, and its time is free', async () => {
  const guid = await reserve(sandbox, free);
  now += 14 * 60_000 + 59_000;
  expect([await statusOf(sandbox, guid), await isFree(free)]).toEqual(['6', false]);
  now += 2000;
  expect([await statusOf(sandbox, guid), await isFree(free)]).toEqual(['9', true]);
  now += 300_000;
  expect(await statusOf(sandbox, guid)).toBe('5');
  const other = await reserve(sandbox, free);
  expect(textOf(await read(sandbox, 'BookAnAppointment', bookFields(free, guid)), 'ОписаниеОшибки')).toBe(conflict);
  expect(await statusOf(sandbox, other)).toBe('6');
});

test('booking with a GUID changes that document, also a lapsed or a cancelled one', async () => {
  const guid = await reserve(sandbox, free);
  now += 3_600_000;
  expect(await call(sandbox, 'BookAnAppointment', bookFields(free, guid))).toBe('Ok');
  expect(await call(sandbox, 'BookAnAppointment', { ...bookFields(free, guid), PatientName: 'Павел' })).toBe('Ok');
  await call(sandbox, 'CancelBookAnAppointment', { GUID: guid });
  expect(await statusOf(sandbox, guid)).toBe('5');
  expect(await call(sandbox, 'BookAnAppointment', bookFields(free, guid))).toBe('Ok');
  expect(sandbox.bookings({ source: 'site' })).toMatchObject([{ guid, status: 1 }]);
});

test('booking without a GUID is a new document whose id the wire does not tell', async () => {
  expect(await call(sandbox, 'BookAnAppointment', bookFields(free))).toBe('Ok');
  sandbox.settings({ bookAnswer: 'xml' });
  const next = (await freeTimes(sandbox)).find((t) => t.employee !== free.employee)!;
  const answer = await read(sandbox, 'BookAnAppointment', bookFields(next, '00000000-0000-0000-0000-000000000000'));
  expect([answer.name, textOf(answer, 'Результат'), textOf(answer, 'УИД')]).toEqual([
    'ОтветНаЗаписьССайта',
    'true',
    undefined,
  ]);
  expect(sandbox.bookings({ source: 'site' })).toHaveLength(2);
});

test('an unknown GUID: a plain sentence for the status, XML for book and cancel', async () => {
  const GUID = 'ffffffff-0000-0000-0000-000000000000';
  expect(await call(sandbox, 'GetAppointmentStatus', { GUID })).toBe(guidSentence);
  const booked = await read(sandbox, 'BookAnAppointment', bookFields(free, GUID));
  expect([booked.name, textOf(booked, 'Результат'), textOf(booked, 'ОписаниеОшибки')]).toEqual([
    'ОтветНаЗаписьССайта',
    'false',
    guidSentence,
  ]);
  const cancelled = await read(sandbox, 'CancelBookAnAppointment', { GUID });
  expect([cancelled.name, textOf(cancelled, 'ОписаниеОшибки')]).toEqual(['РезультатВыполнения', guidSentence]);
  expect(sandbox.bookings({ source: 'site' })).toEqual([]);
});

test('the status tells who processed, came and did not come', async () => {
  const guid = await reserve(sandbox, free);
  await call(sandbox, 'BookAnAppointment', bookFields(free, guid));
  const after = async (as: 'processed' | 'came' | 'missed') => {
    sandbox.desk({ action: 'mark', guid, as });
    return statusOf(sandbox, guid);
  };
  expect([await after('processed'), await after('came'), await after('missed')]).toEqual(['2', '3', '4']);
  sandbox.desk({ action: 'mark', guid, as: 'processed' });
  now += 10 * 86_400_000;
  expect(await statusOf(sandbox, guid)).toBe('4');
});

test.each([
  ['EmployeeID', 'Петров', 'Ошибка при получении уникального идентификатора на основе EmployeeID'],
  [
    'EmployeeID',
    'ffffffff-0000-0000-0000-000000000000',
    'Ошибка при выполнении поиска сотрудника по уникальному идентификатору',
  ],
  ['Clinic', 'ffffffff-0000-0000-0000-000000000000', 'Ошибка при поиске клиники по переданному наименованию'],
  ['Date', '01.12.2026', 'Ошибка при преобразовании Date в дату'],
  ['TimeBegin', '2026-12-01T25:00:00', 'Ошибка при преобразовании TimeBegin в Дату'],
])('%s = %s is refused with its sentence', async (field, value, sentence) => {
  const answer = await read(sandbox, 'GetReserve', { ...placeFields(free), [field]: value });
  expect([textOf(answer, 'Результат'), textOf(answer, 'ОписаниеОшибки')]).toEqual(['false', sentence]);
});

test('the length: services, then Duration, then the doctor, then the accounting policy, then a refusal', async () => {
  const prices = (await read(sandbox, 'GetNomenclatureAndPrices')).children;
  const service = prices.find((p) => textOf(p, 'Продолжительность') === '0001-01-01T00:10:00')!;
  const lengthOf = async (properties: Record<string, string>) => {
    const guid = await reserve(sandbox, free);
    await call(sandbox, 'BookAnAppointmentWithParams', bookFields(free, guid), { properties });
    const row = sandbox.bookings({ guid })[0]!;
    await call(sandbox, 'CancelBookAnAppointment', { GUID: guid });
    return (Date.parse(row.end) - Date.parse(row.start)) / 60_000;
  };
  const services = { DurationType: 'ServiceDuration', Services: `${textOf(service, 'UID')};${textOf(service, 'UID')}` };
  expect(await lengthOf({ ...services, Duration: '0001-01-01T00:45:00' })).toBe(20);
  expect(await lengthOf({ Duration: '0001-01-01T00:45:00' })).toBe(45);
  expect(await lengthOf({ Duration: '0001-01-01T00:00:00' })).toBe(30);
  sandbox.settings({ policyMinutes: 0 });
  const answer = await read(sandbox, 'GetReserve', placeFields(free));
  expect(textOf(answer, 'ОписаниеОшибки')).toContain('не настроена периодичность бронирования');
  const own = (await freeTimes(sandbox)).find((t) => t.minutes === 15 && t.specialization !== '')!;
  const { start, end } = sandbox.bookings({ guid: await reserve(sandbox, own) })[0]!;
  expect(Date.parse(end) - Date.parse(start)).toBe(15 * 60_000);
});

test('the waiting list answers with or without an id and refuses nobody in particular', async () => {
  const { EmployeeID: _, ...place } = placeFields(free);
  const fields: Fields = { ...place, PatientSurname: 'Пробный', Phone: '+7 (900) 000-00-01' };
  const guid = textOf(await read(sandbox, 'FastBookAnAppointment', fields), 'УИД');
  expect(guid).toMatch(/^[0-9a-f-]{36}$/);
  sandbox.settings({ waitingAnswer: 'without-id' });
  expect(textOf(await read(sandbox, 'FastBookAnAppointment', fields), 'УИД')).toBeUndefined();
  expect(sandbox.waiting()).toHaveLength(2);
  expect(sandbox.waiting()[0]!.fields).toMatchObject({
    PatientSurname: 'Пробный',
    Specialization: free.specialization,
  });
  const nobody = await read(sandbox, 'FastBookAnAppointment', { Specialization: free.specialization });
  expect(textOf(nobody, 'ОписаниеОшибки')).toBe('Не удалось записать документ ЛистОжидания\n');
});
