/** `npm start` begun, broken off, killed and begun again on one data folder: it always comes up, and Ctrl-C leaves nothing. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadKeys } from '../src/access/keys.ts';
import { mintToken } from '../src/access/token.ts';
import { freePort } from '../src/port.ts';
import { createDemoPlace, type DemoPlace } from './support/demo.ts';
import { orderOf } from './support/order.ts';

let place: DemoPlace;
beforeAll(async () => {
  place = await createDemoPlace();
});
// A start that failed may have left servers: one more takes them over.
afterAll(async () => {
  const last = await place.start().catch(() => undefined);
  await last?.interrupt();
  await place.remove();
}, 60_000);

test('Ctrl-C while Postgres is made for the first time ends all of it', async () => {
  const demo = await place.start('Starting Postgres');
  await demo.interrupt();
  await expectNothingRuns();
}, 60_000);

test.each(['Starting 1С', 'Reading «'])(
  'Ctrl-C during «%s» ends all of it',
  async (step) => {
    const demo = await place.start(step);
    await demo.interrupt();
    expect(demo.output()).not.toContain('medmost is up.');
    await expectNothingRuns();
  },
  60_000,
);

test('a second start on the same data folder is refused, and the first hub does not feel it', async () => {
  const demo = await place.start();
  const second = await place.startInVain({ PORT: String(await freePort()) });
  expect(second.code).toBe(1);
  expect(second.output).toMatch(
    /A hub already runs on the data folder \S+ \(process \d+\); nothing was touched\. Stop it first/,
  );
  expect((await fetch(`${place.hub}/health/ready`)).status).toBe(200);
  expect((await fetch(place.mis)).status).toBe(404);
  await demo.interrupt();
  await expectNothingRuns();
}, 60_000);

test('after kill -9 of npm and the hub it starts again at once, with the Postgres that was left', async () => {
  await (await place.start()).kill();
  const demo = await place.start();
  expect((await fetch(`${place.hub}/health/ready`)).status).toBe(200);
  await demo.interrupt();
  await expectNothingRuns();
}, 60_000);

test('kill -9 while Postgres is made for the first time leaves no half of it', async () => {
  const fresh = await createDemoPlace();
  const killed = await fresh.start('Starting Postgres');
  await untilInitdbIsAtWork(join(fresh.data, 'postgres'));
  await killed.kill();
  const demo = await fresh.start();
  await demo.interrupt();
  await expectNothingRuns(fresh);
  await fresh.remove();
}, 60_000);

test('Ctrl-C reaches the sandbox only after the bookings in flight: they are answered in full', async () => {
  const demo = await place.start();
  const key = loadKeys(join(place.data, 'token.key'));
  const token = await mintToken(key, { subject: 'test', role: 'app', clinics: ['demo'] }, 600, Date.now);
  const patient = await ask(token, 'POST', 'Patient', {
    resourceType: 'Patient',
    name: [{ family: 'Тестов', given: ['Пётр'] }],
    telecom: [{ system: 'phone', value: '+79990000001' }],
  });
  const from = new Date(Date.now() + 86_400_000).toISOString();
  const { entry } = (await ask(token, 'GET', `Slot?status=free&start=gt${from}&_count=1`)).body;
  await fetch(`${place.mis}/control/settings`, { method: 'POST', body: '{"latencyMilliseconds":700}' });
  const booked = ask(token, 'POST', 'Appointment', orderOf(entry![0]!.resource.id, patient.body.id));
  await untilAsked('GetReserve');
  await demo.interrupt();
  const { status, body } = await booked;
  expect([status, body.status]).toEqual([201, 'booked']);
  await expectNothingRuns();
}, 60_000);

async function expectNothingRuns({ hub, mis, data } = place): Promise<void> {
  for (const url of [hub, mis]) await expect(fetch(url)).rejects.toThrow();
  expect(await filesOf(join(data, 'postgres/data'))).not.toContain('postmaster.pid');
}

/** None where a start was broken off before there was a folder. */
const filesOf = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });

/** It writes PG_VERSION early, long before it is ready. */
async function untilInitdbIsAtWork(folder: string): Promise<void> {
  for (const until = Date.now() + 10_000; Date.now() < until; ) {
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    if (names.some((name) => name.endsWith('/PG_VERSION'))) return;
  }
  throw new Error('initdb does not begin');
}

interface Body {
  readonly id: string;
  readonly status?: string;
  readonly entry?: readonly { readonly resource: { readonly id: string } }[];
}

async function ask(
  token: string,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: Body }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' };
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await fetch(`${place.hub}/fhir/${path}`, init);
  return { status: response.status, body: (await response.json()) as Body };
}

/** The sandbox has begun to work on a call of this operation. */
async function untilAsked(operation: string): Promise<void> {
  for (const until = Date.now() + 10_000; Date.now() < until; ) {
    const { calls } = (await (await fetch(`${place.mis}/control/log`)).json()) as { calls: { operation: string }[] };
    if (calls.some((c) => c.operation === operation)) return;
  }
  throw new Error(`the sandbox was not asked for ${operation}`);
}
