/** The pretend 1С as a process: what it acknowledged survives SIGKILL, what it had not done yet does not. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
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
