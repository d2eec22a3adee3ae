/** The operations that the hub does not use daily, before the sandbox (protocols/onec.md §1.2). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseRequest } from '../../../src/connectors/onec/booking-request.ts';
import { readEntries } from '../../../src/connectors/onec/schedule-entry.ts';
import { openSoapLine, type SoapLine } from '../../../src/connectors/onec/umc-soap/line.ts';
import {
  fastBookAnAppointment,
  getEnlargementSchedule,
  getNomenclatureAndPrices,
  getSchedule,
  getSchedule20,
} from '../../../src/connectors/onec/umc-soap/operations.ts';
import { umcSoapSettings } from '../../../src/connectors/onec/umc-soap/settings.ts';
import { contextOf } from '../../support/connection.ts';
import { now } from './connect.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
let line: SoapLine;
beforeAll(async () => {
  stage = await openStage();
  const { login, password } = stage.sandbox;
  const settings = umcSoapSettings.parse({ url: `${stage.sandbox.origin}/umc`, login, password });
  line = openSoapLine(
    settings,
    contextOf(() => now),
  );
});
afterAll(async () => {
  await line.close();
  await stage.close();
});

const time = { start: '2026-12-01T00:00:00', finish: '2026-12-03T23:59:59' };
const call = () => ({ signal: AbortSignal.timeout(10_000) });

test('GetSchedule names kinds where GetSchedule20 has their ids; times are the same', async () => {
  const old = readEntries(await getSchedule(line, time, call()), 'Europe/Moscow');
  const now20 = readEntries(await getSchedule20(line, time, {}, call()), 'Europe/Moscow');
  const kinds = new Set(old.flatMap((e) => e.free).map((period) => period.kind));
  expect([...kinds]).toEqual(['рабочее время']);
  const bare = (entries: typeof old) =>
    entries.flatMap((e) => e.busy.map(({ start, end }) => [e.employee, start, end]));
  expect(bare(old)).toEqual(bare(now20));
  expect(bare(old).length).toBeGreaterThan(0);
});

test('GetEnlargementSchedule has working time and nothing busy', async () => {
  const entries = readEntries(await getEnlargementSchedule(line, time, call()), 'Europe/Moscow');
  expect(entries.flatMap((e) => e.free).length).toBeGreaterThan(0);
  expect(entries.flatMap((e) => e.busy)).toEqual([]);
});

test('a filter by branch and employees; a wrong branch fails though 1С answers with everything', async () => {
  const { employee, branch } = stage.freeTime().slot as { employee: string; branch: string };
  const some = readEntries(
    await getSchedule20(line, time, { clinic: branch, employees: [employee] }, call()),
    'Europe/Moscow',
  );
  expect(new Set(some.map((e) => `${e.employee};${e.branch}`))).toEqual(new Set([`${employee};${branch}`]));
  const wrong = getSchedule20(line, time, { clinic: '00000000-0000-0000-0000-00000000dead' }, call());
  await expect(wrong).rejects.toMatchObject({ failure: 'untrusted', retryable: false });
});

test('prices of a branch that has no exchange settings are refused in words', async () => {
  const prices = getNomenclatureAndPrices(line, '00000000-0000-0000-0000-00000000dead', call());
  await expect(prices).rejects.toMatchObject({ name: 'RefusedByOnec' });
});

test('FastBookAnAppointment puts a patient on the waiting list, with a УИД or without', async () => {
  const request = parseRequest(stage.freeTime().request, line.settings, 'Europe/Moscow');
  const guid = await fastBookAnAppointment(line, request, { ...call(), booking: 'b' });
  expect(guid).toMatch(/^[0-9a-f-]{36}$/);
  expect(stage.sandbox.waiting().map((w) => w.guid)).toContain(guid);
  stage.sandbox.settings({ waitingAnswer: 'without-id' });
  expect(await fastBookAnAppointment(line, request, { ...call(), booking: 'b' })).toBeUndefined();
});

test.each([
  [{ bookAnswer: 'xml' }, {}],
  [{ cdata: true }, {}],
  [{ soapVersions: '1.1', soapAction: 'strict' }, { soapVersion: '1.1' }],
  [{ soapVersions: '1.2', soapAction: 'strict' }, { soapVersion: '1.2' }],
  [{}, { path: '/ws/Integration' }],
  [{}, { booking: { withParams: false } }],
  [{}, { booking: { time: 'split' } }],
  [{}, { keepAlive: true }],
] as const)('a base with %j is booked with %j', async (base, settings) => {
  const before = stage.sandbox.settings();
  stage.sandbox.settings(base);
  const { booking } = stage.open(settings).operations;
  const context = { ...call(), booking: 'b' };
  const outcome = await booking!.book(stage.freeTime().request, undefined, async () => {}, context);
  stage.sandbox.settings(before);
  expect(outcome).toMatchObject({ outcome: 'confirmed' });
});

test('without own uniqueness of the base two bookings at one time end as one', async () => {
  stage.sandbox.settings({ uniqueness: false });
  const time = stage.freeTime();
  const { booking } = stage.open({ booking: { verifySole: true } }).operations;
  const { employee, branch: clinic } = time.slot as { employee: string; branch: string };
  stage.sandbox.desk({ action: 'book', employee, clinic, start: String(time.request['TimeBegin']) });
  const outcome = await booking!.book(time.request, undefined, async () => {}, { ...call(), booking: 'b' });
  stage.sandbox.settings({ uniqueness: true });
  expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'taken' });
  const ours = stage.sandbox
    .bookings({ employee })
    .filter((b) => b.source === 'site' && b.start === time.request['TimeBegin']);
  expect(ours.map((b) => Number(b.status))).toEqual([5]);
});
