/** How faults of the pretend 1С are switched on, come late, and come by chance. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Sandbox, startOnecSandbox } from '../../../sandbox/onec/server.ts';
import {
  authorizationOf,
  bookFields,
  call,
  type FreeTime,
  longestTimes,
  placeFields,
  read,
  requestOf,
  reserve,
  statusOf,
} from './client.ts';
import { observe } from './observe.ts';

let sandbox: Sandbox;
let free: FreeTime[];

beforeAll(async () => {
  sandbox = await startOnecSandbox({ start: '2026-12-01', days: 3 });
});
afterAll(() => sandbox.close());

/** Every case has the longest free time of each doctor to choose from. */
beforeEach(async () => {
  sandbox.clearFaults();
  free = await longestTimes(sandbox);
});

test('a fault lasts for its n calls of its operations', async () => {
  sandbox.fault({ fault: 'error-text', times: 2, operations: ['GetListClinic'] });
  expect(await call(sandbox, 'GetListEmployees')).toContain('Сотрудники');
  expect(sandbox.faults().find((f) => f.name === 'error-text')!.remaining).toBe(2);
  const answers = [];
  for (let n = 0; n < 3; n++) answers.push((await call(sandbox, 'GetListClinic')).slice(0, 5));
  expect(answers).toEqual(['Error', 'Error', '<?xml']);
});

async function committedLate(work: () => Promise<unknown>): Promise<void> {
  await work();
  await expect
    .poll(() => sandbox.log().findLast((e) => e.fault === 'late-commit')!.committed, { timeout: 10_000 })
    .toBe(true);
}

test('a late Book commits even when the document was cancelled meanwhile', async () => {
  const guid = await reserve(sandbox, free[0]!);
  sandbox.fault({ fault: 'late-commit', times: 1, operations: ['BookAnAppointment'], params: { milliseconds: 1500 } });
  await committedLate(async () => {
    expect((await observe(sandbox, 'BookAnAppointment', bookFields(free[0]!, guid), 50)).error).toContain(
      'TimeoutError',
    );
    await call(sandbox, 'CancelBookAnAppointment', { GUID: guid });
    expect(await statusOf(sandbox, guid)).toBe('5');
  });
  expect(await statusOf(sandbox, guid)).toBe('1');
});

test('a late Reserve appears late, and loses to one who came meanwhile', async () => {
  const mine = () => sandbox.bookings({ employee: free[0]!.employee }).filter((b) => b.start === free[0]!.start);
  const order = { fault: 'late-commit', times: 1, operations: ['GetReserve'], params: { milliseconds: 1000 } };
  sandbox.fault(order);
  await committedLate(async () => {
    await observe(sandbox, 'GetReserve', placeFields(free[0]!), 50);
    expect(mine()).toEqual([]);
  });
  expect(mine()).toMatchObject([{ status: 6 }]);
  sandbox.fault(order);
  await observe(sandbox, 'GetReserve', placeFields(free[1]!), 50);
  const { guid } = sandbox.desk({
    action: 'book',
    employee: free[1]!.employee,
    clinic: free[1]!.clinic,
    start: free[1]!.start,
  });
  await expect
    .poll(() => sandbox.log().findLast((e) => e.fault === 'late-commit')!.outcome, { timeout: 10_000 })
    .toBe('refused');
  expect(sandbox.bookings({ employee: free[1]!.employee }).filter((b) => b.start === free[1]!.start)).toMatchObject([
    { guid },
  ]);
});

test('faults of any operation: the answer of each is spoilt in its own root', async () => {
  const guid = await reserve(sandbox, free[0]!);
  const asks: [string, Record<string, string>, string][] = [
    ['CancelBookAnAppointment', { GUID: guid }, 'РезультатВыполнения'],
    ['GetAppointmentStatus', { GUID: guid }, 'ОтветНаЗаписьССайта'],
  ];
  for (const [operation, fields, root] of asks) {
    sandbox.fault({ fault: 'false-empty-description', times: 1, operations: [operation] });
    expect((await read(sandbox, operation, fields)).name).toBe(root);
  }
  sandbox.fault({
    fault: 'deep-xml',
    times: 1,
    operations: ['BookAnAppointment'],
    params: { count: 3, layer: 'inner' },
  });
  expect(await call(sandbox, 'BookAnAppointment', bookFields(free[0]!, guid))).toContain('<a><a><a></a></a></a></Отв');
});

test('a redirect or an entity that is followed is noticed', async () => {
  const before = sandbox.canaryHits();
  sandbox.fault({ fault: 'redirect-307', times: 1 });
  await fetch(sandbox.url, {
    method: 'POST',
    headers: { authorization: authorizationOf(sandbox) },
    body: requestOf('GetListClinic', {}, {}),
  });
  expect(sandbox.canaryHits()).toBe(before + 1);
});

test('chaos spoils the share it is told to, reads and writes apart', async () => {
  sandbox.chaos({ writeRate: 0, readRate: 0.3, lateMilliseconds: 20, seed: 5 });
  const from = sandbox.log().length;
  for (let n = 0; n < 60; n++) await observe(sandbox, 'GetListClinic', {}, 100);
  for (let n = 0; n < 10; n++) await observe(sandbox, 'CancelBookAnAppointment', { GUID: 'none' }, 100);
  const spoilt = sandbox
    .log()
    .slice(from)
    .filter((e) => e.fault !== undefined);
  expect(spoilt.length).toBeGreaterThan(8);
  expect(spoilt.length).toBeLessThan(30);
  expect(new Set(spoilt.map((e) => e.access))).toEqual(new Set(['read']));
  sandbox.chaos({ writeRate: 1, readRate: 0 });
  const middle = sandbox.log().length;
  for (let n = 0; n < 40; n++) await observe(sandbox, 'CancelBookAnAppointment', { GUID: 'none' }, 100);
  const kinds = sandbox
    .log()
    .slice(middle)
    .map((e) => e.fault);
  const lost = ['drop-before', 'late-commit'];
  const done = ['commit-then-500', 'commit-then-empty-200', 'commit-then-hang', 'commit-then-reset'];
  expect(new Set(kinds)).toEqual(new Set([...lost, ...done]));
  sandbox.clearFaults();
  expect(await call(sandbox, 'GetListClinic')).toContain('СписокКлиник');
});
