/** What `pg_dump` and a restore do, without the program: embedded Postgres has none, and Debian's is older than the server. */
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { migrate } from '../../src/migrate.ts';
import { withClient } from '../../src/postgres.ts';

export interface Dump {
  /** By name, in an order in which no row comes before one that it refers to. */
  readonly tables: ReadonlyMap<string, Buffer>;
  readonly functions: readonly string[];
  /** By name, where it stands. */
  readonly sequences: ReadonlyMap<string, string>;
}

const referredTo = ['clinic', 'slot_fragment'];

/** Rows of all tables, functions and sequences, of one snapshot. */
export async function dump(url: string): Promise<Dump> {
  return withClient(url, async (client) => {
    await client.query('begin isolation level repeatable read, read only');
    const tables = new Map<string, Buffer>();
    for (const table of await tablesOf(client)) tables.set(table, await read(client, table));
    const { rows: functions } = await client.query<{ text: string }>(
      `select pg_get_functiondef(p.oid) as text from pg_proc p where p.pronamespace = 'public'::regnamespace
         and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')`,
    );
    const { rows: sequences } = await client.query<{ name: string; at: string }>(
      `select sequencename as name, last_value::text as at from pg_sequences where schemaname = 'public' and last_value is not null`,
    );
    return {
      tables,
      functions: functions.map((f) => f.text),
      sequences: new Map(sequences.map((s) => [s.name, s.at])),
    };
  });
}

/** Into an empty database: the schema as the migrations make it, everything in it as it was dumped. */
export async function restore(url: string, { tables, functions, sequences }: Dump): Promise<void> {
  await migrate(url);
  await withClient(url, async (client) => {
    // The audit is empty by its migration, and lets nobody empty it.
    const emptied = (await tablesOf(client)).filter((name) => !/^(audit_|destruction$)/.test(name));
    await client.query(`truncate ${emptied.join(', ')}`);
    for (const [table, rows] of tables) {
      const copy = client.query(copyFrom(`copy ${table} from stdin`));
      await pipeline(new PassThrough().end(rows), copy);
    }
    for (const text of functions) await client.query(text);
    for (const [name, at] of sequences) await client.query('select setval($1, $2)', [name, at]);
  });
}

async function tablesOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' order by tablename <> all($1), tablename`,
    [referredTo],
  );
  return rows.map((r) => r.name);
}

async function read(client: pg.Client, table: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of client.query(copyTo(`copy ${table} to stdout`))) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
