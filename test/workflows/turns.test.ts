/** Readings of one clinic at the same time: they take turns at writing. */
import { afterAll, expect, test } from 'vitest';
import { transaction } from '../../src/postgres.ts';
import { lockMirror } from '../../src/store/slots-upkeep.sql.ts';
import { syncSchedule, syncSome } from '../../src/workflows/sync.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { begin, quarterSlots } from '../support/memory-mis.ts';

const doctors = ['doctor-1;branch-1', 'doctor-2;branch-1'];
const signal = () => AbortSignal.timeout(60_000);

const hub = await createMemoryHub({ slots: doctors.flatMap((doctor) => quarterSlots(doctor, begin, 20)) });
const { mis, clinic } = hub;
await hub.read();
// Rows are locked one by one, slowly enough that two readings are in the middle of it together.
await hub.pool.query(`create function linger() returns trigger language plpgsql as
  $$ begin perform pg_sleep(0.001); return new; end $$`);
await hub.pool.query('create trigger linger before update on slot for each row execute function linger()');
afterAll(() => hub.close());

/** Another picture, in another order, at every look. */
function shuffle(): void {
  const sold = () => (Math.random() < 0.5 ? 'busy' : 'free');
  mis.slots = mis.slots.map((s) => ({ ...s, status: sold() })).sort(() => Math.random() - 0.5);
}

async function now(): Promise<string> {
  return (await hub.pool.query('select clock_timestamp()::text as now')).rows[0].now;
}

async function readAll() {
  shuffle();
  return syncSchedule(hub.sync, clinic, signal());
}

async function readSome() {
  shuffle();
  const window = { start: begin, end: begin + 7 * 86_400_000 };
  return syncSome(hub.sync, clinic, window, doctors, await now(), signal());
}

test('none of them fails, however they cross', async () => {
  const often = async (read: () => Promise<unknown>) => {
    for (let i = 0; i < 15; i++) expect(await read()).toMatchObject({ outcome: 'done' });
  };
  await Promise.all([readAll, readSome, readAll, readSome].map(often));
  mis.slots = mis.slots.map((s) => ({ ...s, status: 'free' }));
  await syncSchedule(hub.sync, clinic, signal());
  const { rows } = await hub.pool.query('select count(*)::integer as n from slot where status = 0');
  expect(rows[0].n).toBe(40);
});

test('one waits for the one that is being written', async () => {
  let done = false;
  const reading = await transaction(hub.sync.pool, async (client) => {
    await lockMirror(client, clinic.number, 10_000);
    const waiting = readAll().finally(() => {
      done = true;
    });
    await untilWaiting();
    expect(done).toBe(false);
    return { waiting };
  });
  expect((await reading.waiting).outcome).toBe('done');
});

async function untilWaiting(): Promise<void> {
  const text = `select from pg_locks where locktype = 'advisory' and not granted`;
  while ((await hub.pool.query(text)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 10));
}
