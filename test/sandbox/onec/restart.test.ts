/** The pretend 1С as a process: what it acknowledged survives SIGKILL, what it had not done yet does not. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { addDays } from '../../../sandbox/common/local-time.ts';
import { generate } from '../../../sandbox/onec/generate.ts';
import { openState } from '../../../sandbox/onec/state.ts';
import { bookFields, call, freeTimes, placeFields, reserve, send, statusOf, type Target } from './client.ts';

let folder: string;
let running: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'onec-'));
});
afterEach(async () => {
  if (running !== undefined) await kill();
  rmSync(folder, { recursive: true });
});

async function start(...more: string[]): Promise<Target & { origin: string; port: number }> {
  const main = new URL('../../../sandbox/onec/main.ts', import.meta.url).pathname;
  const scale = ['--start', '2026-12-01', '--days', '3', '--doctors', '30'];
  const child = spawn(process.execPath, [
    '--no-warnings',
    main,
    '--file',
    join(folder, 'onec.sqlite'),
    ...scale,
    ...more,
  ]);
  running = child;
  const said: string[] = [];
  child.stderr.on('data', (part) => said.push(String(part)));
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`it ended: ${said.join('')}`)));
  ended.catch(() => {});
  const [line] = (await Promise.race([once(createInterface(child.stdout), 'line'), ended])) as [string];
  return { ...JSON.parse(line), password: 'sandbox' };
}

async function kill(): Promise<void> {
  const child = running!;
  running = undefined;
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

const control = async (target: { origin: string }, path: string, body?: unknown) => {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  return (await fetch(`${target.origin}/control/${path}`, init)).json() as Promise<Record<string, unknown>>;
};

test('bookings, settings and chaos survive SIGKILL on the same port', async () => {
  const first = await start();
  const times = (await freeTimes(first)).slice(0, 20);
  const guids: string[] = [];
  for (const time of times) {
    const guid = await reserve(first, time);
    expect(await call(first, 'BookAnAppointment', bookFields(time, guid))).toBe('Ok');
    guids.push(guid);
  }
  await control(first, 'settings', { bookAnswer: 'xml' });
  await control(first, 'chaos', { lateMilliseconds: 77 });
  await kill();
  const second = await start('--port', String(first.port));
  expect(second.port).toBe(first.port);
  for (const guid of guids) expect(await statusOf(second, guid)).toBe('1');
  expect(await control(second, 'settings')).toMatchObject({ bookAnswer: 'xml' });
  expect(await control(second, 'chaos', {})).toMatchObject({ lateMilliseconds: 77 });
  const taken = times.map((t) => `${t.employee} ${t.start}`);
  const still = (await freeTimes(second)).map((t) => `${t.employee} ${t.start}`);
  expect(still.filter((t) => taken.includes(t))).toEqual([]);
});

test('a late commit that had not happened is lost with the process', async () => {
  const first = await start();
  const [time] = await freeTimes(first);
  await control(first, 'faults', {
    fault: 'late-commit',
    operations: ['GetReserve'],
    params: { milliseconds: 60_000 },
  });
  const signal = AbortSignal.timeout(300);
  await expect(send(first, 'GetReserve', placeFields(time!), { signal })).rejects.toThrow();
  await kill();
  const second = await start();
  expect((await control(second, 'state?source=site'))['bookings']).toEqual([]);
});

test('options of the command line reach the sandbox; a wrong one is told', async () => {
  const more = [
    '--uniqueness',
    'off',
    '--reserve-seconds',
    '0.5',
    '--write-rate',
    '0.25',
    '--late-ms',
    '9',
    '--base',
    'med',
  ];
  const sandbox = await start(...more);
  expect(sandbox.url).toContain('/med/ws/ws1.1cws');
  expect(await control(sandbox, 'settings')).toMatchObject({ uniqueness: false, reserveSeconds: 0.5 });
  expect(await control(sandbox, 'chaos', {})).toMatchObject({ writeRate: 0.25, lateMilliseconds: 9 });
  await kill();
  await expect(start('--port', 'many')).rejects.toThrow('--port takes a number');
});

test('SIGTERM ends it by itself', async () => {
  await start();
  const child = running!;
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  running = undefined;
  expect(code).toBe(0);
});

test('a later day finds the days that were, and as many new ones ahead', () => {
  const file = join(folder, 'days.sqlite');
  const daysFrom = (start: string) => {
    const state = openState(file, 'Europe/Moscow', Date.now);
    generate(state, { seed: 1, start, days: 7, doctors: 30, bookedShare: 0.2 });
    const days = state.all<{ day: string }>('SELECT DISTINCT substr(start, 1, 10) AS day FROM work ORDER BY 1');
    const booked = state.get<{ n: number }>('SELECT count(*) AS n FROM appointment')!.n;
    state.close();
    return { days: days.map((d) => d.day), booked };
  };
  const first = daysFrom('2026-12-01');
  expect([first.days.length, first.days.at(-1)]).toEqual([7, '2026-12-07']);
  const later = daysFrom('2026-12-04');
  expect([later.days.length, later.days.at(-1)]).toEqual([10, '2026-12-10']);
  expect(later.booked).toBeGreaterThan(first.booked);
  expect(daysFrom('2026-12-04')).toEqual(later);
  expect(daysFrom('2027-01-11').days).toEqual([...later.days, ...weekFrom('2027-01-11')]);
});

const weekFrom = (day: string) => Array.from({ length: 7 }, (_, n) => addDays(day, n));
