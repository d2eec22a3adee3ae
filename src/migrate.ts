/** Numbered, forward-only migrations (`src/migrations/NNNN-name.sql`), each in a transaction, taken under one lock. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { withClient } from './postgres.ts';

const folder = join(import.meta.dirname, 'migrations');

/** Any number that only migrating processes of this product use. */
const lock = 7_232_551_903;

/**
 * Brings the schema up to date; any number of processes may call it at once. Has its own connection: waiting for the lock
 * may take longer than the query deadline of the pools.
 * @throws Error when the database is newer than this program
 */
export async function migrate(url: string): Promise<number> {
  const work = async (client: pg.Client): Promise<number> => {
    await client.query('select pg_advisory_lock($1)', [lock]);
    await client.query('set client_min_messages = warning');
    await client.query(
      'create table if not exists migration (number integer primary key, name text not null, applied timestamptz not null default now())',
    );
    const { rows } = await client.query<{ number: number }>('select number from migration order by number');
    return apply(client, new Set(rows.map((r) => r.number)));
  };
  return withClient(url, work, 'medmost migrate');
}

async function apply(client: pg.Client, done: ReadonlySet<number>): Promise<number> {
  const files = (await readdir(folder)).filter((f) => f.endsWith('.sql')).sort();
  const newest = Number(files.at(-1)?.slice(0, 4) ?? 0);
  const ahead = [...done].find((n) => n > newest);
  if (ahead !== undefined)
    throw new Error(`The database has migration ${ahead}, this program knows ${newest}. Start a newer medmost.`);
  let applied = 0;
  for (const file of files) {
    const number = Number(file.slice(0, 4));
    if (done.has(number)) continue;
    const sql = await readFile(join(folder, file), 'utf8');
    await client.query('begin');
    await client.query(sql);
    await client.query('insert into migration (number, name) values ($1, $2)', [number, file]);
    await client.query('commit');
    applied++;
  }
  return applied;
}
