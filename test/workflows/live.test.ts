/** The live check of a slot when the MIS, the hub or the clinic's desk make it hard. */
import { afterAll, beforeEach, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { transaction } from '../../src/postgres.ts';
import { lockMirror } from '../../src/store/slots-upkeep.sql.ts';
import { syncSchedule } from '../../src/workflows/sync.ts';
import { ask } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { begin, quarterSlots } from '../support/memory-mis.ts';

const doctor = 'doctor-1;branch-1';
const all = quarterSlots(doctor, begin, 40);

let now = Date.now();
/** What the next reading of the MIS waits for. */
let held: Promise<unknown> | undefined;
let reads = 0;

const hub = await createMemoryHub({ clock: () => now });
const { mis, clinic } = hub;
const schedule = mis.operations.schedule!;
const { read } = schedule;
Object.assign(schedule, {
  async read(...asked: Parameters<typeof read>) {
    reads++;
    await held;
    return read(...asked);
  },
});
afterAll(() => hub.close());
beforeEach(async () => {
  held = undefined;
  mis.slots = all;
  await syncSchedule(hub.sync, clinic, AbortSignal.timeout(10_000));
  now += (clinic.config.sync.liveSeconds + 1) * 1000;
  reads = 0;
});

const look = async (index: number) => {
  const { status, body } = await ask(hub, 'GET', `Slot/${idOf('demo', 'Slot', String(all[index]!['key']))}`);
  return [status, body['status']];
};
const sell = (index: number) => {
  mis.slots = all.map((s, i) => (i === index ? { ...s, status: 'busy' } : s));
};

test('a whole day that the desk has closed is believed at once', async () => {
  mis.slots = [];
  expect(await look(3)).toEqual([200, 'busy-unavailable']);
});

test('who comes while the day is being read waits for that reading', async () => {
  const gate = Promise.withResolvers<void>();
  held = gate.promise;
  sell(4);
  const first = look(4);
  while (reads === 0) await new Promise((done) => setTimeout(done, 5));
  const second = look(4);
  await hub.pool.query('select pg_sleep(0.05)');
  gate.resolve();
  expect(await Promise.all([first, second])).toEqual([
    [200, 'busy'],
    [200, 'busy'],
  ]);
  expect(reads).toBe(1);
});

test('a MIS that hangs, whatever it is told, does not hold the answer', async () => {
  held = new Promise(() => {});
  expect(await look(5)).toEqual([200, 'free']);
});

test('a hub whose connections for readings are all taken answers what it has', async () => {
  sell(6);
  const clients = await Promise.all(Array.from({ length: 6 }, () => hub.sync.pool.connect()));
  expect(await look(6)).toEqual([200, 'free']);
  for (const client of clients) client.release();
});

test('while another reading of the clinic is written, it answers what it has', async () => {
  sell(7);
  await transaction(hub.pool, async (client) => {
    await lockMirror(client, clinic.number, 1000);
    expect(await look(7)).toEqual([200, 'free']);
  });
});

test('when that reading is written in time, it waits for it and tells what the MIS says', async () => {
  sell(8);
  let answer: Promise<unknown> | undefined;
  await transaction(hub.pool, async (client) => {
    await lockMirror(client, clinic.number, 1000);
    answer = look(8);
    await client.query('select pg_sleep(0.2)');
  });
  expect(await answer).toEqual([200, 'busy']);
});
