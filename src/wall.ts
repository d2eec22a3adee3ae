/**
 * Connections in which Postgres itself shows only some clinics (row level security, migration 0011): a second wall behind
 * `store/visibility.ts`. A connection is told the clinics before each use in which they are others than in the use before, so it never
 * serves one client with the clinics of another.
 */
import type pg from 'pg';
import type { Database } from './postgres.ts';

/** The role that the wall stands around. */
export const clientRole = 'medmost_client';

export type Wall = (clinics: readonly number[]) => Database;

const told = new WeakMap<object, string>();

/** @param pool whose connections run in `clientRole` */
export function createWall(pool: pg.Pool): Wall {
  const known = new Map<string, Database>();
  return (clinics) => {
    const text = `{${clinics.join(',')}}`;
    let found = known.get(text);
    if (found === undefined) {
      if (known.size > 1000) known.clear();
      found = within(pool, text);
      known.set(text, found);
    }
    return found;
  };
}

/** Until the transaction that is open ends, its connection shows these clinics alone. */
export async function enterWall(client: Pick<pg.ClientBase, 'query'>, clinics: readonly number[]): Promise<void> {
  await client.query(`set local role ${clientRole}`);
  await client.query(`select set_config('medmost.clinics', $1, true)`, [`{${clinics.join(',')}}`]);
}

function within(pool: pg.Pool, clinics: string): Database {
  async function connect(): Promise<pg.PoolClient> {
    const client = await pool.connect();
    if (told.get(client) === clinics) return client;
    try {
      told.delete(client);
      await client.query({ name: 'wall', text: `select set_config('medmost.clinics', $1, false)`, values: [clinics] });
      told.set(client, clinics);
      return client;
    } catch (error) {
      client.release(error as Error);
      throw error;
    }
  }
  async function query(...args: Parameters<pg.PoolClient['query']>): Promise<unknown> {
    const client = await connect();
    let broken: Error | undefined;
    try {
      return await client.query(...args);
    } catch (error) {
      // As pg-pool does: an error that has no SQLSTATE is one of the connection.
      if ((error as { code?: unknown }).code === undefined) broken = error as Error;
      throw error;
    } finally {
      client.release(broken);
    }
  }
  // Of a pool, statements use no more than these.
  return { connect, query } as unknown as Database;
}
