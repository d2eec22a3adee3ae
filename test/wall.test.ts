/** Row level security: what Postgres shows a client's connection though the statement says nothing of clinics (RELIABILITY §1.10). */
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPool, transaction } from '../src/postgres.ts';
import { clientRole, createWall, type Wall } from '../src/wall.ts';
import { ask } from './support/hub.ts';
import { createMemoryHub, type MemoryHub } from './support/memory-hub.ts';
import {
  begin,
  createMemoryMis,
  memoryConfig,
  openMemoryClinic,
  quarterSlots,
  schedules,
} from './support/memory-mis.ts';
import { orderOf } from './support/order.ts';

let hub: MemoryHub;
let clients: pg.Pool;
let wall: Wall;
let one: number;
let two: number;

beforeAll(async () => {
  hub = await createMemoryHub({
    keys: ['one', 'two'],
    open(key, number) {
      const mis = createMemoryMis();
      mis.slots = quarterSlots(schedules[0].key, begin, 8);
      return openMemoryClinic(key, number, mis, memoryConfig(key));
    },
  });
  for (const key of ['one', 'two']) {
    await hub.read(key);
    const token = await hub.token({ clinics: [key] });
    const { body } = await ask(hub, 'POST', 'Patient', { token, body: { resourceType: 'Patient' } });
    const slots = await ask(hub, 'GET', 'Slot?status=free&_count=1', { token });
    const slot = (slots.body['entry'] as { resource: { id: string } }[])[0]!.resource.id;
    const booked = await ask(hub, 'POST', 'Appointment', { token, body: orderOf(slot, body.id!) });
    expect(booked.status).toBe(201);
    await ask(hub, 'DELETE', `Patient/${body.id}`, { token });
  }
  [one, two] = ['one', 'two'].map((key) => hub.clinics.byKey(key)!.number) as [number, number];
  // One connection, so that each use of it follows one with other clinics.
  clients = openPool(hub.url, { name: 'test wall', connections: 1, role: clientRole, onError: () => {} });
  wall = createWall(clients);
});
afterAll(async () => {
  await clients.end();
  await hub.close();
});

const tables = ['document', 'document_version', 'slot', 'slot_version', 'booking'];

const seen = async (db: Pick<pg.Pool, 'query'>, table: string) => {
  const { rows } = await db.query<{ clinic: number }>(
    `select distinct clinic from ${table} where clinic > 0 order by 1`,
  );
  return rows.map((r) => r.clinic);
};

test.each(tables)('%s: the clinics of the one who asks, and none where nobody has said', async (table) => {
  if (table !== 'document_version') expect(await seen(hub.pool, table)).toEqual([one, two]);
  const untold = openPool(hub.url, { name: 'test wall', connections: 1, role: clientRole, onError: () => {} });
  expect(await seen(untold, table)).toEqual([]);
  await untold.end();
  for (const clinics of [[one], [two], [], [one], [one, two], [two]]) {
    const there = await seen(hub.pool, table);
    expect(await seen(wall(clinics), table)).toEqual(there.filter((c) => clinics.includes(c)));
  }
});

test('a connection that served one clinic serves the next client with his', async () => {
  const all = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const mine = [one, two][i % 2]!;
      const read = () => seen(wall([mine]), 'slot');
      const inside = () => transaction(wall([mine]), (db) => seen(db, 'slot'));
      return [mine, await (i % 3 === 0 ? inside() : read())] as const;
    }),
  );
  for (const [mine, clinics] of all) expect(clinics).toEqual([mine]);
});

test('after an error and a rollback, too', async () => {
  await expect(transaction(wall([one]), (db) => db.query('select 1/0'))).rejects.toMatchObject({ code: '22012' });
  expect(await seen(wall([one]), 'slot')).toEqual([one]);
  await expect(wall([two]).query('select 1/0')).rejects.toMatchObject({ code: '22012' });
  expect(await seen(wall([two]), 'slot')).toEqual([two]);
});

test('nothing is written into another clinic, nor moved there', async () => {
  const insert = `insert into document (type, id, clinic, version, updated, body)
    values ('Patient', gen_random_uuid(), $1, 1, now(), '{}')`;
  await expect(wall([one]).query(insert, [two])).rejects.toMatchObject({ code: '42501' });
  await expect(
    wall([one]).query(`update document set clinic = $1 where clinic = $2`, [two, one]),
  ).rejects.toMatchObject({ code: '42501' });
  const { rowCount } = await wall([one]).query('delete from document where clinic = $1', [two]);
  expect(rowCount).toBe(0);
});

test('what is no client’s business is not there at all', async () => {
  const { rows } = await hub.pool.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind in ('r', 'p') and has_table_privilege('${clientRole}', c.oid, 'select')`,
  );
  const readable = rows.map((r) => r.name);
  const inner = ['account', 'client', 'smart_record', 'smart_key', 'smart_grant', 'message', 'audit_event'];
  for (const name of [...inner, 'standalone_booking', 'standalone_template']) expect(readable).not.toContain(name);
  // A table with clinics has its policy, or is no client's.
  const { rows: bare } = await hub.pool.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'clinic'
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and not c.relrowsecurity
       and has_table_privilege('${clientRole}', c.oid, 'select') order by 1`,
  );
  expect(bare.map((r) => r.name)).toEqual(['access_code', 'card_patient', 'slot_fragment']);
  expect((await clients.query('select current_user as name')).rows).toEqual([{ name: clientRole }]);
});
