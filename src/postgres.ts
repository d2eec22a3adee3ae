/** Connections to Postgres: deadlines on every query, one pool per purpose, transactions, translated errors. */
import pg from 'pg';

export type Database = pg.Pool;
/** What a statement function needs: a pool, or a client inside a transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

export interface PoolOptions {
  /** Shown in pg_stat_activity. */
  readonly name: string;
  readonly connections: number;
  /** Milliseconds; the client gives up on an answer (a half-open link never answers, RELIABILITY §0.6). */
  readonly queryTimeout?: number;
  /** For statements that find all their rows by keys, a few at a time. */
  readonly keyed?: boolean;
  /** The role in which its statements run, when it may do less than the one that signs in. */
  readonly role?: string;
  onError(error: Error): void;
}

/** Planned once, and by keys even while a table is too young for its statistics to say that it will grow. */
const keyedPlans =
  ' -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off';
/** Milliseconds. Rows of different owners are written together, and none shall wait for a lock that another one meets. */
const keyedLockTimeout = 10;

/** Settings of RELIABILITY §6. The statement's own deadline is below the client's, so that the server gives up first. */
export function openPool(url: string, settings: PoolOptions): pg.Pool {
  const { name, connections, queryTimeout = 5000, keyed = false, role, onError } = settings;
  const pool = new pg.Pool({
    connectionString: url,
    application_name: `medmost ${name}`,
    max: connections,
    query_timeout: queryTimeout,
    statement_timeout: queryTimeout - 1000,
    lock_timeout: keyed ? keyedLockTimeout : 2000,
    idle_in_transaction_session_timeout: 10_000,
    // Waiting for a connection is waiting for an answer: readings of many clinics take turns at a few connections.
    connectionTimeoutMillis: queryTimeout,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    // Times written by Postgres itself are read by their places, whatever the database or the role is set to.
    options: `-c datestyle=ISO -c timezone=UTC${keyed ? keyedPlans : ''}${role ? ` -c role=${role}` : ''}`,
  });
  pool.on('error', onError);
  // pg-pool takes its listener off a client it hands out; a link that breaks between two statements would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Runs `work` on a connection of its own, without the deadlines of a pool. @param name of the connection, for pg_stat_activity */
export async function withClient<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
  name = 'medmost',
): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: name });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Runs `work` in one transaction on one connection; any error rolls it back and is thrown on. */
export async function transaction<T>(pool: Database, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((e: Error) => {
      broken = e;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** SQLSTATE of a Postgres error, if it is one. https://www.postgresql.org/docs/18/errcodes-appendix.html */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The constraint a statement ran into, for translating it into a Fault. */
export function violatedConstraint(error: unknown): string | undefined {
  return sqlState(error)?.startsWith('23') ? (error as { constraint?: string }).constraint : undefined;
}

/** It is not certain that the statement was undone: it may have been committed before the connection broke. */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlState(error);
  return state === undefined || /^(08|57P)/.test(state);
}

/** Postgres is away, restarting, overloaded or a standby that takes no writes: the same statement may succeed later. */
export function isDatabaseDown(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return /^(08|53|57P|55P03|40|25006)/.test(state) || state === '57014';
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  return (
    ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'].includes(code ?? '') ||
    /Connection terminated|not queryable|timeout exceeded|Query read timeout/.test(message ?? '')
  );
}
