import pg from 'pg';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Database, openPool } from '../../src/postgres.ts';
import { adoptCluster } from '../../src/store/generation.sql.ts';
import { isKnownChange } from '../../src/store/undone.sql.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let pool: Database;
let client: pg.Client;
let lines: Record<string, unknown>[];
const log = pino({ base: null }, { write: (line) => lines.push(JSON.parse(line)) });

beforeAll(async () => {
  database = await createDatabase();
  pool = openPool(database.url, { name: 'test', connections: 12, queryTimeout: 30_000, onError: () => {} });
  await pool.query(`insert into slot (id, schedule, start_at, end_at, clinic, status, mis_status, fragment)
    select md5(n::text)::uuid, md5('schedule')::uuid, now(), now(), 1, 0, 0, 1 from generate_series(1, 3) n`);
  await pool.query(`insert into document (type, id, clinic, version, updated, body)
    values ('Patient', md5('p')::uuid, 1, 1, now(), '{}')`);
});
afterAll(async () => {
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  lines = [];
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterEach(() => client.end());

/** As a dump of another cluster has it. */
const estrange = () => pool.query(`update generation set cluster = 'another' where last is null`);

async function generations(): Promise<{ number: number; last: string | null }[]> {
  return (await pool.query('select number, last from generation order by number')).rows;
}

const firstOf = async () => BigInt((await generations()).at(-1)!.number) << 40n;

test('nothing is adopted that is known', async () => {
  await adoptCluster(pool, log);
  expect([await generations(), lines]).toEqual([[{ number: 0, last: null }], []]);
});

test('eight hubs at once begin one generation, and one of them says so', async () => {
  await estrange();
  await Promise.all(Array.from({ length: 8 }, () => adoptCluster(pool, log)));
  expect(await generations()).toHaveLength(2);
  expect(lines).toHaveLength(1);
});

const update = 'update slot set version = version + 1, xid = change_number() where id = md5($1)::uuid returning xid';
const insert = `insert into slot (id, schedule, start_at, end_at, clinic, status, mis_status, fragment)
  values (gen_random_uuid(), md5('other')::uuid, now(), now(), 1, 0, 0, $1) returning xid`;
const insertDocument = `insert into document (type, id, clinic, version, updated, body)
  values ($1, md5($2)::uuid, 1, 1, now(), '{}')`;
const replace = `with r as (select replace_document('Patient', md5('p')::uuid, 1::smallint, null, null,
    (select version + 1 from document where id = md5($1)::uuid), now(), null, null, null, '{}', '{}') as doc)
  select change_horizon() as xid from r`;
const statements = { update: [update, '1'], insert: [insert, 1], replace: [replace, 'p'] } as const;

test.each(['auto', 'force_generic_plan', 'force_custom_plan'])(
  'what an open connection has prepared goes by the new generation (plan_cache_mode %s)',
  async (mode) => {
    await client.query(`set plan_cache_mode = ${mode}`);
    const run = async (name: keyof typeof statements) =>
      BigInt((await client.query({ name, text: statements[name][0], values: [statements[name][1]] })).rows[0].xid);
    const names = Object.keys(statements) as (keyof typeof statements)[];
    // From the sixth time on, `auto` may have chosen one plan for all values.
    for (let i = 0; i < 7; i++) for (const name of names) expect(await run(name)).toBeGreaterThan(await firstOf());
    const old = await firstOf();
    await estrange();
    await adoptCluster(pool, log);
    expect(await firstOf()).toBeGreaterThan(old);
    for (const name of names) expect(await run(name), name).toBeGreaterThan(await firstOf());
    const { rows } = await pool.query(`select xid from document where type = 'Patient'`);
    expect(BigInt(rows[0].xid)).toBeGreaterThan(await firstOf());
  },
);

test('who writes by a number of before has ended when the first walk goes by those of after', async () => {
  const waiting = (n: number) =>
    pool.query(
      `select count(*) = $1 as all from pg_locks where not granted and database =
      (select oid from pg_database where datname = current_database())`,
      [n],
    );
  const waitFor = async (n: number) => {
    while (!(await waiting(n)).rows[0].all) await new Promise((done) => setTimeout(done, 10));
  };
  const begun = (await generations()).length;
  await client.query('begin');
  await client.query(update, ['2']);
  await estrange();
  const adopted = adoptCluster(pool, log);
  await waitFor(1);
  const later = pool.query({ name: 'later', text: update, values: ['3'] });
  await waitFor(2);
  expect(await generations()).toHaveLength(begun);
  await client.query('commit');
  await adopted;
  expect(await generations()).toHaveLength(begun + 1);
  expect(BigInt((await later).rows[0].xid)).toBeGreaterThan(await firstOf());
});

test('a change is known up to the last one of its generation', async () => {
  const { rows } = await pool.query<{ xid: string }>('select max(xid)::text as xid from slot');
  const highest = BigInt(rows[0]!.xid);
  await pool.query('delete from tick');
  await estrange();
  await adoptCluster(pool, log);
  const [before, now] = (await generations()).slice(-2);
  expect(before!.last).toBe(String(highest));
  const begins = BigInt(now!.number) << 40n;
  const known = async (number: bigint) => isKnownChange(pool, String(number));
  expect([await known(highest), await known(highest + 1n)]).toEqual([true, false]);
  expect([await known(begins - 1n), await known(begins)]).toEqual([false, true]);
  const written = BigInt((await client.query(update, ['1'])).rows[0].xid);
  expect([await known(written), await known(written + 100_000n)]).toEqual([true, false]);
});

test.each([
  ['slots', update, ['2']],
  ['slots that are gone', `delete from slot where id = md5($1)::uuid`, ['3']],
  ['documents', insertDocument, ['Appointment', 'a']],
  ['documents of another type', insertDocument, ['Schedule', 's']],
  ['documents that are gone', `select delete_document($1, md5($2)::uuid, 1, now())`, ['Schedule', 's']],
])('the last change of a generation is found among %s', async (_name, text, values) => {
  await pool.query('delete from tick');
  await client.query('begin');
  const { rows } = await client.query<{ number: string }>('select change_number() as number');
  await client.query(text, values);
  await client.query('commit');
  await estrange();
  await adoptCluster(pool, log);
  expect((await generations()).at(-2)!.last).toBe(rows[0]!.number);
});

test('a tick stands for what was written before it', async () => {
  await pool.query(`insert into tick (at, oldest, next) values (now(), change_number(), change_number() + 1000)`);
  const { rows } = await pool.query<{ next: string }>('select next from tick');
  await estrange();
  await adoptCluster(pool, log);
  expect((await generations()).at(-2)!.last).toBe(String(BigInt(rows[0]!.next) - 1n));
});

test.each([
  ['a claim', `update slot set xid = change_number() where id = md5('1')::uuid`],
  [
    'a reading',
    `insert into slot (id, schedule, start_at, end_at, clinic, status, mis_status, fragment)
    select gen_random_uuid(), gen_random_uuid(), now(), now(), 1, 0, 0, 1 from generate_series(1, 10)`,
  ],
  [
    'a walk',
    'select id from slot where xid < change_horizon() and (xid, id) > (5, md5($$$$)::uuid) order by xid, id limit 10',
  ],
])('the plan of %s calls no function of ours', async (_name, text) => {
  await client.query('set enable_seqscan = off');
  const { rows } = await client.query<Record<string, string>>(`explain (verbose) ${text}`);
  const plan = rows.map((r) => r['QUERY PLAN']).join('\n');
  expect(plan).toContain('txid_');
  expect(plan).not.toContain('change_');
});
