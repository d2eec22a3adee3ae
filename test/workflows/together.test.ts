/** Bookings that share their statements: none waits for another's lock or fails by another's fault, and all go by keys. */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { openPool } from '../../src/postgres.ts';
import { keepReferences } from '../../src/workflows/booking.sql.ts';
import { insertIntents, readFacts } from '../../src/workflows/claim.sql.ts';
import { confirmBookings } from '../../src/workflows/confirmation.sql.ts';
import { createDatabase } from '../support/database.ts';
import { ask } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { begin, quarterSlots } from '../support/memory-mis.ts';
import { orderOf } from '../support/order.ts';

const slots = quarterSlots('doctor-1;branch-1', begin, 90);

const hub = await createMemoryHub({ slots });
await hub.read();
const patient = await hub.patient();
afterAll(() => hub.close());

const slotOf = (n: number) => idOf('demo', 'Slot', String(slots[n]!['key']));

const book = (slot: string, who = patient) => ask(hub, 'POST', 'Appointment', { body: orderOf(slot, who) });

test('bookings that come together are each answered by their own', async () => {
  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => book(slotOf(n))));
  expect(answers.map((a) => a.status)).toEqual(Array(40).fill(201));
  const shown = answers.map((a) => (a.body['slot'] as { reference: string }[])[0]!.reference);
  expect(shown).toEqual(Array.from({ length: 40 }, (_, n) => `Slot/${slotOf(n)}`));
  expect(new Set(answers.map((a) => a.body.id)).size).toBe(40);
  for (const { body } of answers)
    expect((await ask(hub, 'GET', `Appointment/${body.id}`)).body['slot']).toEqual(body['slot']);
});

test('among those that come together, each that cannot be booked hears why, and the others are booked', async () => {
  const orders = [slotOf(41), slotOf(0), slotOf(42), randomUUID(), slotOf(43), slotOf(41)];
  const answers = await Promise.all([...orders.map((slot) => book(slot)), book(slotOf(44), randomUUID())]);
  expect(answers.map((a) => a.status)).toEqual([201, 409, 201, 422, 201, 409, 422]);
});

test('one whose slot is locked keeps no other waiting, and is booked when the lock is gone', async () => {
  const holder = await hub.pool.connect();
  try {
    await holder.query('begin');
    await holder.query('select from slot where id = $1 for update', [slotOf(50)]);
    const held = book(slotOf(50));
    const others = await Promise.all([51, 52, 53].map((n) => book(slotOf(n))));
    expect(others.map((a) => a.status)).toEqual([201, 201, 201]);
    expect(await Promise.race([held, 'waiting'])).toBe('waiting');
    await holder.query('commit');
    expect((await held).status).toBe(201);
  } finally {
    holder.release();
  }
});

test('a plan made while the tables are empty looks up every row by its key', async () => {
  const empty = await createDatabase();
  const pool = openPool(empty.url, { name: 'plans', connections: 1, keyed: true, onError: () => {} });
  const client = await pool.connect();
  try {
    await readFacts(client, []);
    await insertIntents(client, []);
    await keepReferences(client, []);
    await confirmBookings(client, []);
    await confirmBookings(client, [noted]);
    for (const name of ['slot_facts', 'claim', 'keep_references', 'confirm_new', 'confirm_new_noted'])
      expect(await strayScans(client, name), name).toEqual([]);
  } finally {
    client.release();
    await pool.end();
    await empty.drop();
  }
});

const document = {
  type: 'Appointment',
  id: randomUUID(),
  clinic: 1,
  patient: null,
  under: null,
  version: 1,
  updated: 0,
};
const nothing = { misKey: null, mis: null, hash: null, body: '{}', values: '{}' };
const noted = {
  ...{ booking: randomUUID(), reference: 'r', lease: 1, document: { ...document, ...nothing } },
  note: { events: [], queries: [] },
};

/** Scans of tables that go by anything but a whole key. */
async function strayScans(client: pg.PoolClient, statement: string): Promise<string[]> {
  const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain execute ${statement}('[]')`);
  const lines = rows.map((r) => r['QUERY PLAN'].trim());
  return lines.filter((line, i) => {
    if (!/Scan.* on (slot|booking|document|clinic)\b/.test(line)) return false;
    return !/^Index Cond: \((.* AND )?\(?\(?id = /.test(lines[i + 1]!);
  });
}
