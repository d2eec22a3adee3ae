/** The pretend РЕГИЗ as a process: what it acknowledged survives SIGKILL, what it had not done yet does not. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { createRegizSandbox, type RegizSandbox } from '../../support/regiz-sandbox.ts';
import { ask, freeSlots, get, idOf, visitsOf } from './client.ts';

let sandbox: RegizSandbox;

beforeEach(async () => {
  // Far ahead, so that no slot is past whenever the test runs.
  sandbox = await createRegizSandbox(['--start', '2126-12-02', '--days', '3', '--booked', '0.1']);
});
afterEach(() => sandbox.dispose());

const period = { visitStart: '2126-12-01T00:00:00', visitEnd: '2126-12-31T00:00:00' };

async function firstSlot(): Promise<{ idLpu: number; idDoc: string; slot: string; start: string }> {
  const [one] = await freeSlots(sandbox, 44, 'oculist', period);
  return one!;
}

test('bookings, settings and chaos survive SIGKILL on the same port', async () => {
  const free = await firstSlot();
  const idPat = await idOf(sandbox, 44, 'anna');
  await get(sandbox, 'SetAppointment', { idAppointment: free.slot, idLpu: 44, idPat });
  const before = await visitsOf(sandbox, 44, idPat);
  await sandbox.control('POST', 'settings', { emptyLists: 'nil' });
  await sandbox.control('POST', 'chaos', { lateMilliseconds: 77 });
  await sandbox.kill();
  await sandbox.start();
  expect(before.get(free.start)).toMatch(/^778/);
  expect(await visitsOf(sandbox, 44, idPat)).toEqual(before);
  expect(await sandbox.control('GET', 'settings')).toMatchObject({ emptyLists: 'nil' });
  expect(await sandbox.control('POST', 'chaos', {})).toMatchObject({ lateMilliseconds: 77 });
  const still = await freeSlots(sandbox, 44, 'oculist', period);
  expect(still.map((s) => s.slot)).not.toContain(free.slot);
});

test('a late commit that had not happened is lost with the process', async () => {
  const free = await firstSlot();
  const idPat = await idOf(sandbox, 44, 'anna');
  const order = { fault: 'late-commit', operations: ['SetAppointment'], params: { milliseconds: 60_000 } };
  await sandbox.control('POST', 'faults', order);
  const set = { idAppointment: free.slot, idLpu: 44, idPat };
  expect((await ask(sandbox, 'SetAppointment', set, { milliseconds: 300 })).problem).toContain('TimeoutError');
  await sandbox.kill();
  await sandbox.start();
  expect(await sandbox.control('GET', 'state?source=hub')).toMatchObject({ bookings: [] });
});

test('options of the command line reach the sandbox; a bad control changes nothing', async () => {
  await sandbox.kill();
  await sandbox.start('--strict-order', 'refuse', '--booking-ids', 'same', '--write-rate', '0.25', '--base', 'med');
  expect(await sandbox.control('GET', 'settings')).toMatchObject({ strictOrder: 'refuse', bookingIds: 'same' });
  expect(await sandbox.control('POST', 'chaos', {})).toMatchObject({ writeRate: 0.25 });
  await expect(sandbox.control('POST', 'settings', { strictOrder: 'maybe' })).rejects.toThrow('400');
  await expect(sandbox.control('POST', 'settings', { nonsense: 1 })).rejects.toThrow('400');
  await expect(sandbox.control('POST', 'desk', { action: 'cancel', idLpu: 44, id: '1' })).rejects.toThrow('409');
  await expect(sandbox.control('GET', 'nonsense')).rejects.toThrow('404');
  expect(await sandbox.control('GET', 'settings')).toMatchObject({ strictOrder: 'refuse' });
  expect(await sandbox.stop()).toBe(0);
});

test('the same seed makes the same region; a later day finds as many new ones ahead', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'regiz-days-'));
  const file = join(folder, 'days.sqlite');
  const seen = async (options: object) => {
    const one = await startRegizSandbox({ days: 4, ...options });
    const bookings = one.bookings().map(({ slot, patient }) => `${slot} ${patient}`);
    const { WorkingTimeList } = await get(one, 'GetWorkingTime', {
      ...{ idLpu: 44, idDoc: 'п101.137', visitStart: '2126-01-01T00:00:00', visitEnd: '2127-01-01T00:00:00' },
    });
    await one.close();
    return { bookings, days: (WorkingTimeList as { VisitStart: string }[]).map((d) => d.VisitStart.slice(0, 10)) };
  };
  const first = await seen({ file, start: '2126-12-02' });
  expect(first.days).toEqual(['2126-12-02', '2126-12-03', '2126-12-04', '2126-12-05']);
  expect(await seen({ start: '2126-12-02' })).toEqual(first);
  expect((await seen({ start: '2126-12-02', seed: 2 })).bookings).not.toEqual(first.bookings);
  const later = await seen({ file, start: '2126-12-04' });
  expect(later.days).toEqual([...first.days, '2126-12-06', '2126-12-07']);
  rmSync(folder, { recursive: true });
});
