import { afterAll, beforeAll, expect, test } from 'vitest';
import { configSchema } from '../src/config.ts';
import { stopSeconds } from '../src/start.ts';
import { createDatabase, type TestDatabase } from './support/database.ts';
import { createOnecHub, type OnecHub } from './support/onec-hub.ts';
import { orderOf } from './support/order.ts';

let database: TestDatabase;
let hub: OnecHub;

beforeAll(async () => {
  database = await createDatabase();
  hub = await createOnecHub({ databaseUrl: database.url, grace: 2000, request: 3000, answerSeconds: 10 });
});
afterAll(async () => {
  await hub.stop();
  await database.drop();
});

async function send(method: string, path: string, body?: object) {
  const headers = { authorization: `Bearer ${hub.token}`, 'content-type': 'application/fhir+json' };
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await fetch(`${hub.base}/${path}`, init);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> & { id: string } };
}

const root = () => hub.base.replace('/fhir', '');

test('a fresh hub is ready, live, and tells metrics of its clinic', async () => {
  expect((await fetch(`${root()}/health/live`)).status).toBe(200);
  const ready = await fetch(`${root()}/health/ready`);
  expect([ready.status, await ready.json()]).toEqual([
    200,
    { status: 'ready', clinics: { demo: { reads: 'closed', writes: 'closed' } } },
  ]);
  const metrics = async () => (await fetch(`${root()}/metrics`)).text();
  // Slots are found before the reading that brought them is written down as ended.
  await expect
    .poll(metrics, { timeout: 20_000 })
    .toMatch(/^medmost_sync_age_seconds\{clinic="demo",kind="schedule"\} [\d.]+$/m);
  expect(await metrics()).toMatch(/^medmost_mis_breaker\{clinic="demo",access="writes"\} 0$/m);
});

test('another hub may live on the same database and the same data folder', async () => {
  const another = await hub.startAnother();
  expect((await fetch(`${root()}/health/ready`)).status).toBe(200);
  expect(await another.stop(), another.output()).toBe(0);
  expect((await fetch(`${root()}/health/ready`)).status).toBe(200);
});

test('a stop waits longer than the longest booking of the slowest clinic: found, booked, found again, cancelled', () => {
  const clinic = { name: 'x', zone: 'Europe/Moscow', mis: 'onec' };
  const booking = { deadlineSeconds: 120 };
  const config = configSchema.parse({ clinics: { slow: { ...clinic, booking }, quick: clinic } });
  expect(stopSeconds(config)).toBeGreaterThan(4 * 120);
});

test('SIGTERM: bookings in flight are answered, then everything ends', async () => {
  const patient = await send('POST', 'Patient', {
    resourceType: 'Patient',
    name: [{ family: 'Тестов', given: ['Пётр'] }],
    telecom: [{ system: 'phone', value: '+79990000001' }],
  });
  const from = new Date(Date.now() + 86_400_000).toISOString();
  const { body } = await send('GET', `Slot?status=free&start=gt${from}&_count=6`);
  const slots = (body['entry'] as { resource: { id: string } }[]).map((e) => e.resource.id);
  await hub.control('POST', 'settings', { latencyMilliseconds: 200 });
  const answers = slots.map((slot) => send('POST', 'Appointment', orderOf(slot, patient.body.id)));
  await untilAsked('GetReserve');
  const code = await hub.stopHub();
  expect(code).toBe(0);
  const outcomes = (await Promise.all(answers)).map((a) => [a.status, a.body['status']]);
  expect(outcomes).toEqual(slots.map(() => [201, 'booked']));
  const { bookings } = await hub.control('GET', 'state?source=site');
  expect((bookings as unknown[]).length).toBe(slots.length);
  await expect(fetch(`${root()}/health/live`)).rejects.toThrow();
});

/** The sandbox has begun to work on a call of this operation. */
async function untilAsked(operation: string): Promise<void> {
  for (const until = Date.now() + 10_000; Date.now() < until; ) {
    const { calls } = await hub.control('GET', 'log');
    if ((calls as { operation: string }[]).some((c) => c.operation === operation)) return;
  }
  throw new Error(`the sandbox was not asked for ${operation}`);
}
