/** Bases that publish no reservations (protocols/onec.md §2): what is sent, and what of the answers is believed. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { branch, connect, employee, guid, request, write } from '../connect.ts';
import { type Handler, type PlainServer, raw, startPlainServer } from '../plain-server.ts';
import { heldAt, openStage } from '../stage.ts';
import { umcHttpAtOnce } from './stage.ts';

let server: PlainServer;
beforeEach(async () => {
  server = await startPlainServer();
});
afterEach(() => server.close());

const key = 'c0ffee5a11db0c0ffee5a11db0c0ffee';
const open = (booking: object = {}) =>
  connect({
    ...{ profile: 'umc-http', url: server.url, key, guard: { readRepeats: 0 } },
    booking: { reservation: false, ...booking },
  }).operations.booking!;
const json = (value: unknown): Handler => raw(JSON.stringify(value), 200, { 'content-type': 'application/json' });
const answer = (more: object) => json({ Ответ: { ОписаниеОшибки: '', ...more } });
const made = answer({ Результат: 'true', УИД: guid });
const status = (code: string) => answer({ Результат: code, ОписаниеРезультата: 'Состояние' });
const text = (body: string) => raw(body, 500, { 'content-type': 'text/plain; charset=utf-8' });
const seen = () => server.received.map(({ operation }) => operation);

const period = (from: string, to: string, kind = '') => ({
  ...{ Клиника: branch, Дата: '2026-12-01T00:00:00', ВидВремени: kind },
  ...{ ВремяНачала: `2026-12-01T${from}:00`, ВремяОкончания: `2026-12-01T${to}:00` },
});
/** The employee's day: free from ten on, and what is busy before. */
const day = (...busy: object[]) =>
  json({
    Ответ: {
      ГрафикДляСайта: {
        ...{
          Клиника: branch,
          СотрудникФИО: 'Барбышева Евгения',
          СотрудникID: employee,
          Специализация: 'Офтальмология',
        },
        ПериодыГрафика: {
          СвободноеВремя: { ПериодГрафика: period('10:00', '12:00') },
          ЗанятоеВремя: busy.length === 0 ? '' : { ПериодГрафика: busy },
        },
        ДлительностьПриема: '0001-01-01T00:15:00',
      },
    },
  });
const visit = period('09:00', '09:15');

async function book(settings: object = {}, reference?: string) {
  const kept: string[] = [];
  const progress = async (given: string) => void kept.push(given, ...seen());
  return { outcome: await open(settings).book(request, reference, progress, write()), kept };
}

test('AppointmentCreate without a УИД, the status, the day: confirmed', async () => {
  server.on('AppointmentCreate', made);
  server.on('AppointmentStatus', status('1'));
  server.on('Schedule', day(visit));
  const { outcome, kept } = await book();
  expect(outcome).toEqual({ outcome: 'confirmed', reference: guid });
  expect(kept).toEqual([guid, 'AppointmentCreate', 'AppointmentStatus']);
  expect(seen()).toEqual(['AppointmentCreate', 'AppointmentStatus', 'Schedule']);
  const sent = JSON.parse(server.received[0]!.body) as object;
  expect(sent).toMatchObject({ EmployeeID: employee, Clinic: branch, PatientSurname: 'Проверкина' });
  expect(sent).not.toHaveProperty('GUID');
});

test('a time that is taken is a "no", an answer without a УИД is none', async () => {
  server.on(
    'AppointmentCreate',
    text('Не удалось записать документ. 01.12.2026 9:00:00 - Не удалось записать: "Заявка"!'),
  );
  expect((await book()).outcome).toMatchObject({ outcome: 'rejected', reason: 'taken' });
  for (const said of [json({ Ответ: 'Ok' }), answer({ Результат: 'true' }), text('Деление на 0'), json('Ok')]) {
    server.on('AppointmentCreate', said);
    const { outcome, kept } = await book();
    expect([outcome, kept]).toEqual([{ outcome: 'unknown', cause: expect.any(String) }, []]);
  }
  expect(new Set(seen())).toEqual(new Set(['AppointmentCreate']));
});

test.each(['2', '5', '6'])('a УИД with status %s is none of a new booking, and is not kept', async (code) => {
  server.on('AppointmentCreate', made);
  server.on('AppointmentStatus', status(code));
  const { outcome, kept } = await book();
  expect([outcome, kept]).toEqual([{ outcome: 'unknown', cause: expect.stringContaining(code) }, []]);
});

test('a base that takes bookings over at once may say so', async () => {
  server.on('AppointmentCreate', made);
  server.on('AppointmentStatus', status('2'));
  server.on('Schedule', day(visit));
  expect((await book({ freshStatuses: ['1', '2'] })).outcome).toMatchObject({ outcome: 'confirmed' });
});

test('a status that cannot be read leaves the УИД, by which it is found later', async () => {
  server.on('AppointmentCreate', made);
  server.on('AppointmentStatus', text(''), status('1'));
  server.on('Schedule', day(visit));
  const { outcome, kept } = await book();
  expect([outcome, kept[0]]).toEqual([{ outcome: 'unknown', reference: guid, cause: expect.any(String) }, guid]);
  expect(await open().findBooking(request, guid, write().signal)).toEqual({ state: 'held', reference: guid });
});

test('of two at one time ours gives way', async () => {
  server.on('AppointmentCreate', made);
  server.on('AppointmentStatus', status('1'), status('5'));
  server.on('AppointmentCancel', answer({ Результат: 'true' }));
  server.on('Schedule', day(visit, visit));
  expect((await book()).outcome).toMatchObject({ outcome: 'rejected', reason: 'taken' });
  expect(seen()).toContain('AppointmentCancel');
});

test('what the day does not show is not confirmed', async () => {
  server.on('AppointmentCreate', made);
  server.on('AppointmentStatus', status('1'));
  server.on('Schedule', day());
  expect((await book()).outcome).toMatchObject({ outcome: 'unknown', reference: guid });
});

test('an earlier attempt is looked at, and no document is written over', async () => {
  server.on('AppointmentStatus', status('1'), status('6'), status('5'));
  server.on('Schedule', day(visit));
  expect((await book({}, guid)).outcome).toMatchObject({ outcome: 'confirmed' });
  expect((await book({}, guid)).outcome).toMatchObject({ outcome: 'unknown', reference: guid });
  expect((await book({}, guid)).outcome).toMatchObject({ outcome: 'rejected' });
  expect(seen()).not.toContain('AppointmentCreate');
});

test('without a УИД a visit at the time may be ours, a break and closed time are not', async () => {
  const find = () => open().findBooking(request, undefined, write().signal);
  server.on('Schedule', day(visit));
  expect(await find()).toEqual({ state: 'taken', doubtful: true });
  server.on('Schedule', day(period('09:00', '09:15', '5210c9ac-65a2-11e9-936d-1856809fe650')));
  expect(await find()).toEqual({ state: 'taken' });
  server.on('Schedule', day());
  expect(await find()).toEqual({ state: 'taken' });
});

test('of two rivals in a base without own uniqueness one stands', async () => {
  const stage = await openStage({ days: 3, settings: { uniqueness: false } }, umcHttpAtOnce);
  const time = stage.freeTime();
  const { employee: doctor, branch: clinic } = time.slot as { employee: string; branch: string };
  const { guid: rival } = stage.sandbox.desk({
    ...{ action: 'book', employee: doctor, clinic, start: String(time.request['TimeBegin']) },
  });
  const { booking } = stage.open().operations;
  const outcome = await booking!.book(time.request, undefined, async () => {}, write());
  expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'taken' });
  const standing = heldAt(stage.sandbox, time).filter(({ status }) => status === 1 || status === 2);
  expect(standing).toMatchObject([{ guid: rival }]);
  await stage.close();
});

test('an attempt that was taken over by then tells the УИД all the same: nobody else knows it', async () => {
  server.on('AppointmentCreate', made);
  server.on('AppointmentStatus', status('1'));
  server.on('Schedule', day(visit));
  const progress = () => Promise.reject(new Error('the attempt was taken over by another process'));
  expect(await open().book(request, undefined, progress, write())).toEqual({ outcome: 'confirmed', reference: guid });
});
