/** The registrar of the pretend 1С, backups, settings, and what all of it looks like in «Просмотр занятости». */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startOnecSandbox } from '../../../sandbox/onec/server.ts';
import { bookFields, call, type FreeTime, freeTimes, read, reserve, statusOf, textOf } from './client.ts';

let sandbox: Sandbox;
let free: FreeTime;

beforeAll(async () => {
  sandbox = await startOnecSandbox({ start: '2026-12-01', days: 3, clock: () => Date.parse('2026-11-30T09:00:00Z') });
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  free = (await freeTimes(sandbox)).find((t) => Date.parse(t.end) - Date.parse(t.start) >= 3_600_000)!;
});

const post = async (path: string, body: unknown = {}) => {
  const answer = await fetch(`${sandbox.origin}/control/${path}`, { method: 'POST', body: JSON.stringify(body) });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};
const get = async (path: string) =>
  (await fetch(`${sandbox.origin}/control/${path}`)).json() as Promise<Record<string, never>>;
const isFree = async (start = free.start) =>
  (await freeTimes(sandbox)).some((t) => t.employee === free.employee && t.start <= start && start < t.end);
const place = () => ({ employee: free.employee, clinic: free.clinic });
const later = (minutes: number) => new Date(Date.parse(`${free.start}Z`) + minutes * 60_000).toISOString().slice(0, 19);

test('the desk books, moves and cancels', async () => {
  const booked = await post('desk', { action: 'book', ...place(), start: free.start, end: later(15) });
  const guid = booked.body['guid'] as string;
  expect([booked.status, await statusOf(sandbox, guid), await isFree()]).toEqual([200, '2', false]);
  const again = await post('desk', { action: 'book', ...place(), start: free.start });
  expect([again.status, again.body['error']]).toEqual([409, 'Не удалось записать документ Заявка']);
  await post('desk', { action: 'move', guid, start: later(30) });
  expect([await isFree(), await isFree(later(30)), await isFree(later(45))]).toEqual([true, false, true]);
  await post('desk', { action: 'cancel', guid });
  expect([await isFree(later(30)), await statusOf(sandbox, guid)]).toEqual([true, '5']);
});

test('the desk closes, reopens, withdraws and opens time', async () => {
  const period = { ...place(), start: free.start, end: later(30) };
  const steps: boolean[] = [];
  for (const action of ['close', 'reopen', 'withdraw', 'open']) {
    expect((await post('desk', { action, ...period })).status).toBe(200);
    steps.push(await isFree());
  }
  expect(steps).toEqual([false, true, false, true]);
  // Working time is in two pieces now, yet free time is maximal still.
  expect(await freeTimes(sandbox)).toContainEqual(free);
});

test('an erased document is unknown, a dismissed doctor is gone', async () => {
  const guid = await reserve(sandbox, free);
  await post('desk', { action: 'erase', guid });
  expect(await call(sandbox, 'GetAppointmentStatus', { GUID: guid })).toContain('на основе GUID');
  const leaver = (await freeTimes(sandbox)).at(-1)!.employee;
  await post('desk', { action: 'dismiss', employee: leaver });
  expect(await call(sandbox, 'GetListEmployees')).not.toContain(leaver);
  expect((await freeTimes(sandbox, '2026-12-01', '2026-12-03')).some((t) => t.employee === leaver)).toBe(false);
});

test('a busy desk books by itself until it is stopped', async () => {
  const desks = () => sandbox.bookings({ source: 'desk' }).filter((b) => b.deleted === 0).length;
  const before = desks();
  await post('desk', { action: 'busy', everyMilliseconds: 5 });
  await expect.poll(desks).toBeGreaterThan(before + 3);
  await post('desk', { action: 'busy', everyMilliseconds: 0 });
  const stopped = desks();
  await call(sandbox, 'GetSchedule20', { StartDate: '2026-12-01', FinishDate: '2026-12-03' });
  expect(desks()).toBe(stopped);
});

test('after a restore the later bookings are gone and the earlier ones are back', async () => {
  const early = await reserve(sandbox, free);
  await call(sandbox, 'BookAnAppointment', bookFields(free, early));
  const { snapshot } = (await post('snapshot')).body;
  await call(sandbox, 'CancelBookAnAppointment', { GUID: early });
  const other = (await freeTimes(sandbox)).find((t) => t.employee !== free.employee)!;
  const late = await reserve(sandbox, other);
  expect((await post('restore', { snapshot })).status).toBe(200);
  expect(await statusOf(sandbox, early)).toBe('1');
  expect(await call(sandbox, 'GetAppointmentStatus', { GUID: late })).toContain('на основе GUID');
  expect((await post('restore', { snapshot: 'no' })).status).toBe(400);
  await call(sandbox, 'CancelBookAnAppointment', { GUID: early });
});

test('the control tells its state, takes settings one by one, and explains what it refuses', async () => {
  const guid = await reserve(sandbox, free);
  const { bookings } = await get(`state?guid=${guid}`);
  expect(bookings).toMatchObject([{ guid, status: 6, start: free.start, source: 'site' }]);
  await post('settings', { bookAnswer: 'xml' });
  const settings = (await post('settings', { uniqueness: false })).body;
  expect(settings).toMatchObject({ bookAnswer: 'xml', uniqueness: false, reserveSeconds: 900 });
  await post('settings', { bookAnswer: 'ok', uniqueness: true });
  for (const [path, body, part] of [
    ['settings', { reserveSeconds: -1 }, 'reserveSeconds'],
    ['faults', { fault: 'none-such' }, 'drop-before'],
    ['faults', { fault: 'params-error', operations: ['GetReserve'] }, 'makes no sense for GetReserve'],
    ['faults', { fault: 'slow', params: { speed: 1 } }, 'speed'],
    ['chaos', { writeRate: 2 }, 'writeRate'],
    ['desk', { action: 'sleep' }, 'action'],
  ] as const) {
    const answer = await post(path, body);
    expect([answer.status, String(answer.body['error'])]).toEqual([400, expect.stringContaining(part)]);
  }
  expect((await fetch(`${sandbox.origin}/control/nothing`)).status).toBe(404);
  expect((await post('faults', { fault: 'slow', times: 3 })).status).toBe(200);
  expect((await post('chaos', { readRate: 0.5 })).body).toMatchObject({ readRate: 0.5, writeRate: 0 });
  await fetch(`${sandbox.origin}/control/faults`, { method: 'DELETE' });
  expect((await get('faults'))['faults']).toEqual(
    expect.not.arrayContaining([expect.objectContaining({ remaining: 3 })]),
  );
  expect(sandbox.chaos({}).readRate).toBe(0);
  sandbox.desk({ action: 'cancel', guid });
});

const occupancy = async (query: Record<string, string>) =>
  (await fetch(`${sandbox.origin}/occupancy?${new URLSearchParams(query)}`)).text();

test('«Просмотр занятости» shows free, booked, reserved and paused time as text', async () => {
  const guid = await reserve(sandbox, free);
  const query = { format: 'text', doctor: free.employee, day: free.start.slice(0, 10) };
  const line = async () => (await occupancy(query)).split('\n').find((l) => l.startsWith(free.start.slice(11, 16)));
  expect(await line()).toContain('резерв');
  await call(sandbox, 'BookAnAppointment', { ...bookFields(free, guid), Comment: 'строка\n08:00–20:00 свободно' });
  expect(await line()).toContain('запись, Пробный Пётр Ильич, +7 (900) 000-00-01, строка 08:00–20:00 свободно, Новая');
  await call(sandbox, 'CancelBookAnAppointment', { GUID: guid });
  expect(await line()).toContain('свободно');
  expect(await occupancy({ ...query, day: '2026-12-06' })).toContain('нет приёма');
  const lunch = await Promise.all(
    [...new Set((await freeTimes(sandbox)).map((t) => t.employee))].map((doctor) => occupancy({ ...query, doctor })),
  );
  expect(lunch.some((text) => text.includes('13:00–13:30 перерыв, Перерыв'))).toBe(true);
});

test('the page is chosen by branch, doctor and day, and escapes what patients wrote', async () => {
  const guid = await reserve(sandbox, free);
  const nasty = { PatientSurname: '<script>alert(1)</script>', Comment: '"><img src=x>' };
  await call(sandbox, 'BookAnAppointment', { ...bookFields(free, guid), ...nasty });
  const page = await occupancy({ doctor: free.employee, day: '2026-12-01', branch: free.clinic });
  await call(sandbox, 'CancelBookAnAppointment', { GUID: guid });
  expect(page).toContain('<h1>Просмотр занятости</h1>');
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(page).not.toMatch(/<script|<img/);
  expect(page).toContain(`<option value="${free.employee}" selected>`);
  expect(page).toContain(`<option value="${free.clinic}" selected>`);
  expect(page).toContain('value="2026-12-01"');
  const name = textOf((await read(sandbox, 'GetListEmployees')).children[0], 'Фамилия')!;
  expect(await occupancy({ format: 'text', doctor: name.toLowerCase() })).toContain(name);
  expect(await occupancy({ format: 'text', doctor: 'никто' })).toContain('Врач не найден');
});
