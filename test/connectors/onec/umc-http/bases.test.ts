/** Bases of this and that habit (protocols/onec.md §2), before the sandbox: the settings that meet them, and the same records. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { MisRecords } from '../../../../src/connectors/connector.ts';
import { connect } from '../connect.ts';
import { heldAt, openStage, type Stage, umcSoap, window } from '../stage.ts';
import { umcHttp } from './stage.ts';

let stage: Stage;
let directory: MisRecords;
let schedule: MisRecords;
let usual: ReturnType<Stage['sandbox']['settings']>;
const soon = () => AbortSignal.timeout(30_000);

/** What the SOAP service tells of the same polyclinic; no test leaves a booking behind. */
beforeAll(async () => {
  stage = await openStage({ days: 3 }, umcHttp);
  const { operations } = connect(umcSoap(stage.sandbox));
  directory = await operations.directory!(soon());
  schedule = await operations.schedule!.read(window, undefined, soon());
  await operations.close();
  usual = stage.sandbox.settings();
});
afterAll(() => stage.close());
afterEach(() => {
  stage.sandbox.settings(usual);
  for (const { guid } of stage.sandbox.bookings({ source: 'site' })) stage.sandbox.desk({ action: 'erase', guid });
});

type Base = Partial<ReturnType<Stage['sandbox']['settings']>>;

const bases: readonly (readonly [base: Base, settings: object])[] = [
  [{}, {}],
  [{ jsonRoot: 'Ответы' }, {}],
  [{ jsonRoot: 'Result' }, {}],
  [{ jsonRoot: 'data' }, {}],
  [{ jsonRoot: 'data-list' }, {}],
  [{ jsonNone: 'text' }, {}],
  [{ jsonSentence: 'string' }, {}],
  [{ jsonSentence: 'text' }, {}],
  [{ jsonNames: 'short' }, { names: { employees: 'Employee', employee: 'Employee', guid: 'UID' } }],
  [{ jsonCyrillicClinic: true }, { names: { cyrillicClinic: true } }],
  [{ jsonEmployeeFilter: 'ignored' }, {}],
  [{ jsonHeaderKey: true }, { header: { key: '5a11db0c0ffee5a11db0c0ffee5a11db' } }],
  [{}, { bodyCredentials: true }],
  [{}, { keepAlive: true }],
  [{}, { patterns: { schedule: 'GetShedule20', create: 'BookAnAppointmentWithParams', dictionary: 'ClinicData' } }],
  [{}, { path: 'hs/bwi/', patterns: { cancel: 'CancelBookAnAppointment' } }],
  [{ jsonDates: 'dotted' }, {}],
  [{ jsonDates: 'dashed' }, { times: { window: 'dd-MM-yyyy', date: 'dd/MM/yyyy', birthday: 'dd-MM-yyyy' } }],
  [{ jsonDates: 'reversed' }, { times: { window: 'yyyy.MM.dd', date: 'yyyy-MM-dd HH:mm:ss', birthday: 'yyyy/MM/dd' } }],
  [
    { jsonDates: 'iso' },
    {
      times: {
        window: 'yyyy-MM-ddTHH:mm:ss',
        date: 'yyyy-MM-ddTHH:mm:ss',
        begin: 'yyyy-MM-ddTHH:mm:ss',
        birthday: 'yyyy-MM-ddT00:00:00',
      },
    },
  ],
  [
    { jsonDates: 'compact' },
    {
      times: {
        window: 'd.M.yyyy 00:00:00',
        date: 'd.M.yyyy 00:00:00',
        begin: 'yyyyMMddTHH:mm:ss',
        birthday: 'd.M.yyyy',
      },
    },
  ],
];

test.each(bases)('a base with %j, set %j, gives what SOAP gives', async (base, settings) => {
  stage.sandbox.settings(base);
  const { operations } = stage.open({ guard: { readRepeats: 0 }, ...settings });
  expect(await operations.directory!(soon())).toEqual(directory);
  expect(await operations.schedule!.read(window, undefined, soon())).toEqual(schedule);
  const [one] = schedule['schedule']!;
  const some = await operations.schedule!.read(window, [String(one!['key'])], soon());
  expect(some['slot']).toEqual(schedule['slot']!.filter((slot) => slot['schedule'] === one!['key']));
});

test.each([
  ...bases,
  [{}, { booking: { duration: 'time' } }],
  [{}, { booking: { duration: 'minutes' } }],
  [{}, { booking: { method: 'BookAnAppointment' } }],
] as typeof bases)('a base with %j, set %j, is booked, asked and cancelled', async (base, settings) => {
  stage.sandbox.settings(base);
  const { booking } = stage.open({ guard: { readRepeats: 0 }, ...settings }).operations;
  const time = stage.freeTime();
  const context = () => ({ signal: soon(), booking: 'b' });
  // Others are booked at that time; only this doctor counts.
  expect(await booking!.findBooking(time.request, undefined, soon())).toEqual({ state: 'free' });
  const outcome = await booking!.book(time.request, undefined, async () => {}, context());
  expect(outcome).toMatchObject({ outcome: 'confirmed' });
  expect(await booking!.findBooking(time.request, undefined, soon())).toEqual({ state: 'taken' });
  const [held] = heldAt(stage.sandbox, time);
  expect(held).toMatchObject({ status: 1, surname: 'Проверкина', birthday: '1990-02-03T00:00:00' });
  const minutes = (Date.parse(`${held!.end}Z`) - Date.parse(`${held!.start}Z`)) / 60_000;
  expect(minutes).toBe(time.schedule['duration']);
  expect(held!.clinic).toBe(time.slot['branch']);
  const { reference } = outcome as { reference: string };
  expect(await booking!.findBooking(time.request, reference, soon())).toEqual({ state: 'held', reference });
  expect(await booking!.cancel(reference, 'Не могу прийти', context())).toMatchObject({ outcome: 'confirmed' });
  stage.sandbox.desk({ action: 'erase', guid: reference });
  // 1С forgot the УИД, and says so in a sentence.
  expect(await booking!.findBooking({}, reference, soon())).toEqual({ state: 'free' });
});

test('a base that gives free time alone is understood: the same free slots, nothing busy', async () => {
  stage.sandbox.settings({ jsonFlat: true });
  const { operations } = stage.open({ guard: { readRepeats: 0 } });
  const { slot } = await operations.schedule!.read(window, undefined, soon());
  expect(slot).toEqual(schedule['slot']!.filter(({ status }) => status === 'free'));
  const { booking } = operations;
  const outcome = await booking!.book(stage.freeTime().request, undefined, async () => {}, {
    signal: soon(),
    booking: 'b',
  });
  expect(outcome).toMatchObject({ outcome: 'confirmed' });
});

test('a base of another habit than is set refuses, and nothing is booked', async () => {
  stage.sandbox.settings({ jsonDates: 'iso' });
  const { operations, exchanges } = stage.open({ guard: { readRepeats: 0 } });
  await expect(operations.schedule!.read(window, undefined, soon())).rejects.toMatchObject({
    name: 'MisReadError',
    retryable: false,
  });
  const context = { signal: soon(), booking: 'b' };
  const outcome = await operations.booking!.book(stage.freeTime().request, undefined, async () => {}, context);
  expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'rule' });
  expect(exchanges.map((e) => e.outcome)).toEqual(['rejected', 'rejected']);
  expect(stage.sandbox.bookings({ source: 'site' })).toEqual([]);
});

test('without the key nothing is read, and the wrong key is not told', async () => {
  const { operations, exchanges } = stage.open({ guard: { readRepeats: 0 }, key: 'wrong-key-of-ours' });
  await expect(operations.ping!(soon())).rejects.toMatchObject({ name: 'MisReadError' });
  expect(exchanges[0]).toMatchObject({ operation: 'GetListClinic', outcome: 'rejected' });
  expect(JSON.stringify(exchanges)).not.toContain('wrong-key');
});

test('of two rivals in a base without own uniqueness one stands', async () => {
  stage.sandbox.settings({ uniqueness: false });
  const time = stage.freeTime();
  const { booking } = stage.open({ booking: { verifySole: true } }).operations;
  const { employee, branch: clinic } = time.slot as { employee: string; branch: string };
  const { guid } = stage.sandbox.desk({ action: 'book', employee, clinic, start: String(time.request['TimeBegin']) });
  const outcome = await booking!.book(time.request, undefined, async () => {}, { signal: soon(), booking: 'b' });
  expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'taken' });
  expect(heldAt(stage.sandbox, time).filter(({ status }) => status === 1 || status === 2)).toMatchObject([{ guid }]);
  stage.sandbox.desk({ action: 'erase', guid: guid! });
});
