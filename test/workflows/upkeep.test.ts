/** What time alone brings about: slots that have begun, and rows that nobody needs any more. */
import { afterAll, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { readReadingAges } from '../../src/store/clinics.sql.ts';
import { prune } from '../../src/workflows/queue.ts';
import { syncSchedule } from '../../src/workflows/sync.ts';
import { ask } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { begin, quarterSlots } from '../support/memory-mis.ts';

const doctor = 'doctor-1;branch-1';
const quarter = 900_000;

let now = Date.now();

const hub = await createMemoryHub({ clock: () => now });
const { mis, clinic } = hub;
mis.slots = quarterSlots(doctor, begin, 6).map((s, i) => (i === 1 ? { ...s, status: 'busy' } : s));
await hub.read();
afterAll(() => hub.close());

const sync = () => syncSchedule(hub.sync, clinic, AbortSignal.timeout(10_000));

interface Shown {
  status: string;
  extension?: { valueCode: string }[];
}

async function shown(): Promise<string[]> {
  const answers = await Promise.all(
    mis.slots.map((s) => ask(hub, 'GET', `Slot/${idOf('demo', 'Slot', String(s['key']))}`)),
  );
  return answers.map(({ body }) => {
    const { status, extension } = body as unknown as Shown;
    return `${status} ${extension?.[0]?.valueCode ?? ''}`.trim();
  });
}

test('a free slot that has begun is closed and says so, without and with a MIS that answers', async () => {
  const { schedule } = clinic.operations;
  const { read } = schedule!;
  now = begin + 2 * quarter;
  Object.assign(schedule!, { read: () => Promise.reject(new Error('no answer')) });
  await expect(sync()).rejects.toThrow('no answer');
  Object.assign(schedule!, { read });
  const past = 'busy-unavailable past';
  const expected = [past, 'busy', past, 'free', 'free', 'free'];
  expect(await shown()).toEqual(expected);
  expect(await sync()).toMatchObject({ outcome: 'done', written: 0 });
  expect(await shown()).toEqual(expected);
});

test('what the MIS says of a slot later is shown, be it past', async () => {
  mis.slots[0] = { ...mis.slots[0], status: 'busy' };
  expect(await sync()).toMatchObject({ written: 1 });
  expect((await shown())[0]).toBe('busy');
});

test('slots are deleted 90 days later, but none that a booking names', async () => {
  await addOld(
    'slot',
    `id, schedule, start_at, end_at, clinic, status, mis_status, fragment, booking`,
    `(md5('kept')::uuid, md5('s')::uuid, now() - interval '89 days', now(), $1, 1, 1, 1, null),
     (md5('gone')::uuid, md5('s')::uuid, now() - interval '91 days', now(), $1, 1, 1, 1, null),
     (md5('held')::uuid, md5('s')::uuid, now() - interval '91 days', now(), $1, 1, 1, 1, md5('b')::uuid),
     (md5('cancelled')::uuid, md5('s')::uuid, now() - interval '91 days', now(), $1, 0, 0, 1, null)`,
  );
  await addOld(
    'booking',
    'id, appointment, clinic, slot, patient, state',
    `(md5('c')::uuid, md5('a')::uuid, $1, md5('cancelled')::uuid, md5('p')::uuid, 'cancelled')`,
  );
  await prune(hub.pool);
  const names = `unnest(array['kept', 'gone', 'held', 'cancelled']) name`;
  const { rows } = await hub.pool.query(
    `select array_agg(name order by name) as left from ${names} join slot on id = md5(name)::uuid`,
  );
  expect(rows[0].left).toEqual(['cancelled', 'held', 'kept']);
});

test('runs are deleted a week later, but not the last good one, of which the metrics tell the age', async () => {
  await hub.pool.query('delete from sync_run');
  await addOld(
    'sync_run',
    'clinic, kind, started, finished, outcome',
    `($1, 'schedule', now() - interval '9 days', now() - interval '9 days', 'done'),
     ($1, 'schedule', now() - interval '8 days', now() - interval '8 days', 'done'),
     ($1, 'schedule', now() - interval '8 days', now() - interval '8 days', 'failed'),
     ($1, 'schedule', now() - interval '6 days', now() - interval '6 days', 'failed')`,
  );
  await prune(hub.pool);
  const { rows } = await hub.pool.query(
    `select array_agg(outcome || ' ' || extract(day from now() - started) order by started) as left from sync_run`,
  );
  expect(rows[0].left).toEqual(['done 8', 'failed 6']);
  expect(await readReadingAges(hub.pool, [clinic.number])).toEqual([
    { key: 'demo', kind: 'schedule', age: expect.closeTo(8 * 86_400, -2) },
  ]);
});

test('superseded versions are deleted 400 days later, but not what says that a resource was deleted', async () => {
  await addOld(
    'document_version',
    'type, id, version, clinic, updated, xid, deleted, body',
    `('Patient', md5('p')::uuid, 1, $1, now() - interval '401 days', '1', false, '{}'),
     ('Patient', md5('p')::uuid, 2, $1, now() - interval '399 days', '1', false, '{}'),
     ('Patient', md5('q')::uuid, 1, $1, now() - interval '401 days', '1', true, '{}')`,
  );
  await prune(hub.pool);
  const { rows } = await hub.pool.query('select version, deleted from document_version order by version, deleted');
  expect(rows.filter((r) => r.version === 1 && !r.deleted)).toEqual([]);
  expect(rows).toContainEqual({ version: 2, deleted: false });
  expect(rows).toContainEqual({ version: 1, deleted: true });
});

test('superseded slots are deleted 90 days later, and of old ticks one an hour stays', async () => {
  await hub.pool.query('truncate tick, slot_version');
  await hub.pool.query(`insert into tick (at, oldest, next)
    select date_trunc('hour', now()) - interval '91 days' + n * interval '20 minutes', n * 10, n * 10
    from generate_series(1, 6) n`);
  await addOld(
    'slot_version',
    'id, version, schedule, start_at, end_at, clinic, status, reason, fragment, updated, xid, deleted',
    `(md5('s')::uuid, 1, md5('x')::uuid, now(), now(), $1, 0, 0, 1, now() - interval '91 days', '59', false),
     (md5('s')::uuid, 2, md5('x')::uuid, now(), now(), $1, 0, 0, 1, now() - interval '91 days', '59', true),
     (md5('s')::uuid, 3, md5('x')::uuid, now(), now(), $1, 0, 0, 1, now() - interval '89 days', '60', false)`,
  );
  await prune(hub.pool);
  const { rows } = await hub.pool.query('select version from slot_version order by version');
  expect(rows).toEqual([{ version: 2 }, { version: 3 }]);
  const { rows: ticks } = await hub.pool.query('select oldest from tick order by at');
  expect(ticks.map((t) => t.oldest)).toEqual(['10', '30', '60']);
});

async function addOld(table: string, columns: string, rows: string): Promise<void> {
  await hub.pool.query(`insert into ${table} (${columns}) values ${rows}`, [clinic.number]);
}
