/** Booking step by step: what each answer of 1С is worth (protocols/onec.md §1.4, RELIABILITY.md §4). */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loggedOf } from '../../support/exchange.ts';
import { branch, connect, employee, guid, request, write } from './connect.ts';
import {
  cancelled,
  type PlainServer,
  raw,
  refused,
  reserved,
  returning,
  startPlainServer,
  status,
} from './plain-server.ts';

let server: PlainServer;
beforeEach(async () => {
  server = await startPlainServer();
});
afterEach(() => server.close());

const open = (booking = {}, more = {}) => {
  const { operations, exchanges } = connect({ url: server.url, guard: { readRepeats: 0 }, booking, ...more });
  return { ...operations.booking!, exchanges };
};
const operationsSeen = () => server.received.map((r) => r.operation);
const noProgress = async () => {};

test('Reserve, its status, progress, Book with the УИД, status: confirmed', async () => {
  server.on('GetReserve', returning(reserved(guid)));
  server.on('BookAnAppointmentWithParams', returning('Ok'));
  server.on('GetAppointmentStatus', returning(status(6)), returning(status(1)));
  const seen: string[] = [];
  const outcome = await open().book(request, undefined, async (g) => void seen.push(g, ...operationsSeen()), write());
  expect(outcome).toEqual({ outcome: 'confirmed', reference: guid });
  expect(seen).toEqual([guid, 'GetReserve', 'GetAppointmentStatus']);
  expect(operationsSeen()).toEqual([
    'GetReserve',
    'GetAppointmentStatus',
    'BookAnAppointmentWithParams',
    'GetAppointmentStatus',
  ]);
  const booked = server.received[2]!.body;
  expect(booked).toContain(`<GUID>${guid}</GUID>`);
  expect(booked).toContain('<TimeBegin>2026-12-01T09:00:00</TimeBegin>');
  expect(booked).toMatch(/name="Duration"[^>]*><core:Value>0001-01-01T00:15:00</);
  expect(booked).toMatch(/name="Birthday"[^>]*><core:Value>1990-02-03T00:00:00</);
  expect(booked).toContain('<Comment>medmost 7d3c9a52</Comment>');
});

test('Book is not sent before progress is kept', async () => {
  server.on('GetReserve', returning(reserved(guid)));
  server.on('GetAppointmentStatus', returning(status(6)));
  const failing = open().book(request, undefined, () => Promise.reject(new Error('not kept')), write());
  await expect(failing).rejects.toThrow('not kept');
  expect(operationsSeen()).not.toContain('BookAnAppointmentWithParams');
});

test.each([
  ['Не удалось записать документ Заявка', 'taken'],
  ['Ошибка при выполнении поиска сотрудника по уникальному идентификатору', 'rule'],
  ['Ошибка при преобразовании TimeBegin в Дату', 'rule'],
])('GetReserve refused with «%s» is rejected: %s, in words of our own', async (sentence, reason) => {
  server.on('GetReserve', returning(refused(`${sentence}. {ОбщийМодуль.ВебИнтеграция.Модуль(358)}`)));
  const outcome = await open().book(request, undefined, noProgress, write());
  expect(outcome).toMatchObject({ outcome: 'rejected', reason });
  expect(JSON.stringify(outcome)).not.toContain('Модуль');
});

test.each([
  ['a sentence nobody listed', returning(refused('Что-то пошло не так'))],
  ['an empty description', returning(refused(''))],
  ['the bare Error', returning('Error')],
  ['true without a УИД', returning(reserved(''))],
  ['Ok instead of a document', returning('Ok')],
  ['status 401', raw('', 401)],
])('GetReserve answered with %s is unknown, without a reference', async (_, handler) => {
  server.on('GetReserve', handler);
  const outcome = await open().book(request, undefined, noProgress, write());
  expect(outcome).toMatchObject({ outcome: 'unknown' });
  expect(outcome).not.toHaveProperty('reference');
});

test("a УИД of somebody else's booking is never booked over nor kept as ours", async () => {
  server.on('GetReserve', returning(reserved(guid)));
  server.on('GetAppointmentStatus', returning(status(1)));
  const kept: string[] = [];
  const outcome = await open().book(request, undefined, async (g) => void kept.push(g), write());
  expect(outcome).toMatchObject({ outcome: 'unknown' });
  expect(outcome).not.toHaveProperty('reference');
  expect(kept).toEqual([]);
  expect(operationsSeen()).toEqual(['GetReserve', 'GetAppointmentStatus']);
});

test('Ok whose status is still a reservation is unknown, never confirmed', async () => {
  server.on('GetReserve', returning(reserved(guid)));
  server.on('BookAnAppointmentWithParams', returning('Ok'));
  server.on('GetAppointmentStatus', returning(status(6)));
  const outcome = await open().book(request, undefined, noProgress, write());
  expect(outcome).toMatchObject({ outcome: 'unknown', reference: guid });
});

test('a lost answer of Book is settled by the status when 1С did book', async () => {
  server.on('GetReserve', returning(reserved(guid)));
  server.on('BookAnAppointmentWithParams', (response) => response.destroy());
  server.on('GetAppointmentStatus', returning(status(6)), returning(status(2)));
  const outcome = await open().book(request, undefined, noProgress, write());
  expect(outcome).toEqual({ outcome: 'confirmed', reference: guid });
  expect(operationsSeen().filter((name) => name.startsWith('Book'))).toHaveLength(1);
});

test('Book refused as taken after our own reservation: the reservation is given back, then rejected', async () => {
  server.on('GetReserve', returning(reserved(guid)));
  server.on('BookAnAppointmentWithParams', returning(refused('Не удалось записать документ Заявка')));
  server.on('GetAppointmentStatus', returning(status(6)));
  server.on('CancelBookAnAppointment', returning(cancelled));
  const outcome = await open().book(request, undefined, noProgress, write());
  expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'taken' });
  expect(operationsSeen().at(-1)).toBe('CancelBookAnAppointment');
});

test('Book refused though the status says booked is confirmed', async () => {
  server.on('GetReserve', returning(reserved(guid)));
  server.on('BookAnAppointmentWithParams', returning(refused('Не удалось записать документ Заявка')));
  server.on('GetAppointmentStatus', returning(status(6)), returning(status(1)));
  const outcome = await open().book(request, undefined, noProgress, write());
  expect(outcome).toEqual({ outcome: 'confirmed', reference: guid });
});

test.each([
  [1, { outcome: 'confirmed', reference: guid }, 0],
  [5, { outcome: 'rejected', reason: 'taken' }, 0],
  [0, { outcome: 'unknown', reference: guid }, 0],
  [4, { outcome: 'unknown', reference: guid }, 0],
])('resuming a УИД whose status is %i books nothing', async (code, expected, books) => {
  server.on('GetAppointmentStatus', returning(status(code)));
  const outcome = await open().book(request, guid, noProgress, write());
  expect(outcome).toMatchObject(expected);
  expect(operationsSeen().filter((name) => name.startsWith('Book'))).toHaveLength(books);
});

test('resuming a reservation books it by its УИД and reserves nothing', async () => {
  server.on('GetAppointmentStatus', returning(status(6)), returning(status(1)));
  server.on('BookAnAppointmentWithParams', returning('Ok'));
  const outcome = await open().book(request, guid, noProgress, write());
  expect(outcome).toEqual({ outcome: 'confirmed', reference: guid });
  expect(operationsSeen()).not.toContain('GetReserve');
});

test('nothing is sent to a MIS that does not listen: rejected, unsent', async () => {
  const { url } = server;
  await server.close();
  const outcome = await open({}, { url }).book(request, undefined, noProgress, write());
  expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
});

test('an open breaker refuses a write before anything is sent, and lets one through after its rest', async () => {
  const { operations } = connect({ url: server.url, guard: { readRepeats: 0, breakAfter: 2, breakMilliseconds: 80 } });
  server.on('GetReserve', (response) => response.destroy());
  for (let i = 0; i < 2; i++) await operations.booking!.book(request, undefined, noProgress, write());
  expect(operations.health()).toEqual({ reads: 'closed', writes: 'open' });
  const outcome = await operations.booking!.book(request, undefined, noProgress, write());
  expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
  expect(operationsSeen()).toHaveLength(2);
  await expect.poll(() => operations.health().writes).toBe('half-open');
  server.on('GetReserve', returning(refused('Не удалось записать документ Заявка')));
  expect(await operations.booking!.book(request, undefined, noProgress, write())).toMatchObject({ reason: 'taken' });
  expect(operations.health().writes).toBe('closed');
});

test('a request without what the clinic demands is not sent', async () => {
  const { Phone: _, ...without } = request;
  const outcome = await open().book(without, undefined, noProgress, write());
  expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'rule', text: expect.stringContaining('телефон') });
  expect(server.received).toHaveLength(0);
});

test('split times and Book without Params, where a base wants them so', async () => {
  server.on('GetReserve', returning(reserved(guid)));
  server.on('BookAnAppointment', returning('Ok'));
  server.on('GetAppointmentStatus', returning(status(6)), returning(status(1)));
  await open({ time: 'split', withParams: false }).book(request, undefined, noProgress, write());
  const [reserve, , book] = server.received;
  expect(reserve!.body).toContain('<Date>2026-12-01T00:00:00</Date><TimeBegin>0001-01-01T09:00:00</TimeBegin>');
  expect(book!.body).not.toContain('Params');
});

test('cancel is confirmed by the status alone', async () => {
  server.on('CancelBookAnAppointment', returning(cancelled));
  server.on('GetAppointmentStatus', returning(status(1)), returning(status(5)));
  expect(await open().cancel(guid, undefined, write())).toMatchObject({ outcome: 'unknown', reference: guid });
  expect(await open().cancel(guid, undefined, write())).toEqual({ outcome: 'confirmed', reference: guid });
});

test('a cancel that 1С refuses in words, and still holds, is rejected; one already cancelled is confirmed', async () => {
  server.on('CancelBookAnAppointment', returning(refused('Нельзя', 'РезультатВыполнения')));
  server.on('GetAppointmentStatus', returning(status(3)), returning(status(5)));
  expect(await open().cancel(guid, undefined, write())).toMatchObject({ outcome: 'rejected', reason: 'rule' });
  expect(await open().cancel(guid, undefined, write())).toMatchObject({ outcome: 'confirmed' });
});

test('findBooking by УИД', async () => {
  const find = () => open().findBooking(request, guid, AbortSignal.timeout(3000));
  for (const [code, state] of [
    ['1', 'held'],
    ['4', 'held'],
    ['6', 'unfinished'],
    ['9', 'unfinished'],
    ['5', 'cancelled'],
  ] as const) {
    server.on('GetAppointmentStatus', returning(status(code)));
    expect(await find()).toEqual({ state, reference: guid });
  }
  server.on('GetAppointmentStatus', returning(status('0')));
  await expect(find()).rejects.toMatchObject({ name: 'MisReadError', retryable: true });
});

const schedule = (free: string, busy: string) =>
  `<ГрафикиДляСайта xmlns="S1"><ГрафикДляСайта><Клиника>${branch}</Клиника><СотрудникФИО>Барбышева Евгения Петровна</СотрудникФИО><СотрудникID>${employee}</СотрудникID><Специализация>Офтальмология</Специализация><ПериодыГрафика><СвободноеВремя>${free}</СвободноеВремя><ЗанятоеВремя>${busy}</ЗанятоеВремя></ПериодыГрафика><ДлительностьПриема>0001-01-01T00:15:00</ДлительностьПриема></ГрафикДляСайта></ГрафикиДляСайта>`;
const period = (from: string, to: string, kind = '') =>
  `<ПериодГрафика><Клиника>${branch}</Клиника><Дата>2026-12-01T00:00:00</Дата><ВремяНачала>2026-12-01T${from}:00</ВремяНачала><ВремяОкончания>2026-12-01T${to}:00</ВремяОкончания><ВидВремени>${kind}</ВидВремени></ПериодГрафика>`;
const unknownGuid = 'Ошибка при получении уникального идентификатора заявки на основе GUID.';

test('findBooking by the live schedule, without a УИД or with one that 1С does not know', async () => {
  server.on('GetAppointmentStatus', returning(unknownGuid));
  const find = (reference?: string, record: object = request) =>
    open().findBooking(record as typeof request, reference, AbortSignal.timeout(3000));
  server.on('GetSchedule20', returning(schedule(period('09:00', '12:00'), '')));
  expect(await find()).toEqual({ state: 'free' });
  expect(await find(guid)).toEqual({ state: 'free' });
  server.on('GetSchedule20', returning(schedule(period('09:15', '12:00'), period('09:00', '09:15'))));
  expect(await find(guid)).toEqual({ state: 'taken' });
  server.on('GetSchedule20', returning(schedule(period('10:00', '12:00'), '')));
  expect(await find()).toEqual({ state: 'taken' });
  expect(await find(guid, {})).toEqual({ state: 'free' });
  server.on('GetSchedule20', returning('<ГрафикиДляСайта xmlns="S1"/>'));
  await expect(find()).rejects.toMatchObject({ name: 'MisReadError', retryable: true });
});

test('without own uniqueness: a rival at the same time makes ours give way', async () => {
  server.on('GetReserve', returning(reserved(guid)));
  server.on('BookAnAppointmentWithParams', returning('Ok'));
  server.on('CancelBookAnAppointment', returning(cancelled));
  server.on('GetAppointmentStatus', returning(status(6)), returning(status(1)), returning(status(5)));
  const two = period('09:00', '09:15') + period('09:10', '09:40');
  server.on('GetSchedule20', returning(schedule('', two)));
  const outcome = await open({ verifySole: true }).book(request, undefined, noProgress, write());
  expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'taken' });
  expect(operationsSeen()).toContain('CancelBookAnAppointment');
});

test('without own uniqueness: alone it is confirmed, unseen it is unknown, found beside a rival it is unfinished', async () => {
  const sole = { verifySole: true };
  server.on('GetAppointmentStatus', returning(status(1)));
  server.on('GetSchedule20', returning(schedule('', period('09:00', '09:15'))));
  expect(await open(sole).book(request, guid, noProgress, write())).toMatchObject({ outcome: 'confirmed' });
  server.on('GetSchedule20', returning(schedule(period('09:00', '12:00'), '')));
  expect(await open(sole).book(request, guid, noProgress, write())).toMatchObject({
    outcome: 'unknown',
    reference: guid,
  });
  server.on('GetSchedule20', returning(schedule('', period('09:00', '09:15') + period('09:00', '09:15'))));
  const found = await open(sole).findBooking(request, guid, AbortSignal.timeout(3000));
  expect(found).toEqual({ state: 'unfinished', reference: guid });
});

test('the message log has every exchange, without password and without the patient', async () => {
  server.on('GetReserve', returning(reserved(guid)));
  const echo = `Ошибка: Проверкина Аглая Тестовна, тел. +7 900 000-00-01, врач Барбышева Е.П.`;
  server.on('BookAnAppointmentWithParams', returning(refused(echo)));
  server.on('GetAppointmentStatus', returning(status(6)));
  const { book, exchanges } = open();
  await book(request, undefined, noProgress, write());
  expect(exchanges.map((e) => [e.operation, e.access, e.outcome, e.booking])).toEqual([
    ['GetReserve', 'write', 'ok', 'b-1'],
    ['GetAppointmentStatus', 'read', 'ok', 'b-1'],
    ['BookAnAppointmentWithParams', 'write', 'rejected', 'b-1'],
    ['GetAppointmentStatus', 'read', 'ok', 'b-1'],
  ]);
  expect(exchanges[2]).toMatchObject({ status: 200 });
  expect(exchanges[2]!.request).toContain(employee);
  const all = loggedOf(exchanges);
  for (const secret of [
    'Проверкина',
    'Аглая',
    'Тестовна',
    '79000000001',
    '000-00-01',
    'aglaya',
    '1990-02-03',
    'secret',
  ])
    expect(all).not.toContain(secret);
  expect(all).not.toContain(Buffer.from('hub:secret').toString('base64'));
  expect(server.received[0]!.headers.authorization).toBe(`Basic ${Buffer.from('hub:secret').toString('base64')}`);
});
