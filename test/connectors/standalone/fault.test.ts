/**
 * Everything that Postgres and the way to it can do to the connector × what it is asked: each ends in exactly one of confirmed, rejected,
 * unknown, a reading that may be repeated; and whatever was said for certain is what stands in the table.
 */
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { FoundBooking, MisRecord, Operations, WriteOutcome } from '../../../src/connectors/connector.ts';
import { type Database, openPool } from '../../../src/postgres.ts';
import { openProxy, type PostgresProxy } from './proxy.ts';
import { countHeld, mornings, openStage, practitionerOf, put, requestOf, type Stage, window } from './stage.ts';

type Outcome = 'good' | 'taken' | 'unsent' | 'unknown' | 'retryable';
const columns = ['book', 'cancel', 'findBooking', 'schedule', 'directory'] as const;
type Column = (typeof columns)[number];

let stage: Stage;
let proxy: PostgresProxy;
/** By way of the proxy, at one connection, with short deadlines. */
let through: Database;
let nowhere: Database;
let times: IterableIterator<MisRecord>;
let schedules: readonly MisRecord[];
/** Transactions of others, which every test ends. */
const others: pg.PoolClient[] = [];

beforeAll(async () => {
  stage = await openStage();
  proxy = await openProxy(stage.url);
  const pool = (url: string) => openPool(url, { name: 'fault', connections: 1, queryTimeout: 2000, onError: () => {} });
  [through, nowhere] = [pool(proxy.url), pool('postgres://hub@127.0.0.1:9/none')];
  const { operations } = stage.open(stage.pool);
  await put(operations, 'orlov;main', mornings);
  await put(operations, 'belova;main', mornings);
  const read = await operations.schedule!.read(window, undefined, soon().signal);
  schedules = read['schedule']!;
  times = read['slot']!.filter((_, i) => i % 2 === 0).values();
});
afterAll(async () => {
  await Promise.all([through.end(), nowhere.end()]);
  await proxy.close();
  await stage.close();
});
afterEach(async () => {
  proxy.fault(null);
  for (const client of others.splice(0)) {
    await client.query('rollback');
    client.release();
  }
});

const soon = () => ({ signal: AbortSignal.timeout(20_000), booking: 'b' });

/** A transaction of somebody else's that stays open. */
async function other(sql: string, values: unknown[] = []): Promise<pg.PoolClient> {
  const client = await stage.pool.connect();
  others.push(client);
  await client.query('begin');
  await client.query(sql, values);
  return client;
}

interface Time {
  readonly slot: MisRecord;
  readonly request: MisRecord;
}

function take(): Time {
  const slot = times.next().value as MisRecord;
  const schedule = schedules.find(({ key }) => key === slot['schedule'])!;
  return { slot, request: requestOf(slot, schedule, `b-${String(slot['key'])}`) };
}

const held = async ({ slot }: Time) => (await countHeld(stage, slot, practitionerOf(slot))) === 1;

async function booked(): Promise<Time & { readonly reference: string }> {
  const time = take();
  const outcome = await stage
    .open(stage.pool)
    .operations.booking!.book(time.request, undefined, async () => {}, soon());
  if (outcome.outcome !== 'confirmed') throw new Error(JSON.stringify(outcome));
  return { ...time, reference: outcome.reference };
}

/** The rival's visit at that time, in a transaction that is open. */
const rivalAt = ({ slot }: Time) =>
  other(
    `insert into standalone_booking (clinic, reference, schedule, practitioner, start_at, end_at, patient, booking)
     select id, gen_random_uuid(), $1, $2, $3, $4, gen_random_uuid(), 'rival' from clinic where key = 'demo'`,
    [slot['schedule'], practitionerOf(slot), slot['start'], slot['end']],
  );

/** Waits until a statement of the connector waits for a lock. @returns the process of its server */
async function waiting(): Promise<number> {
  for (const until = Date.now() + 10_000; Date.now() < until; ) {
    const { rows } = await stage.pool.query<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and application_name = 'medmost fault'
       and wait_event_type = 'Lock'`,
    );
    if (rows[0] !== undefined) return rows[0].pid;
    await new Promise((done) => setTimeout(done, 10));
  }
  throw new Error('nothing waits for a lock');
}

/** While the connector waits for the lock of somebody's visit, this happens to it. */
const whileLocked = (sql: string) => async (time: Time) => {
  await rivalAt(time);
  void waiting().then((pid) => stage.pool.query(sql, [pid]));
};

interface Fault {
  /** As in `columns`; `-` where the fault makes no sense. */
  readonly outcomes: string;
  readonly database?: () => Database;
  readonly aborted?: boolean;
  begin?(time: Time): Promise<unknown> | unknown;
}

const lock = (sql: string) => () => other(sql);
const spoilt = (kind: Parameters<PostgresProxy['fault']>[0]) => async () => {
  // The connection is there: it is the statement that meets the fault.
  await through.query('select 1');
  proxy.fault(kind);
};
const takeAll = (pool: () => Database) => async () => {
  const client = await pool().connect();
  others.push(client);
  await client.query('begin');
};

const faults: Readonly<Record<string, Fault>> = {
  'the statement is lost': { outcomes: 'unknown unknown - - -', begin: spoilt('write-lost-before') },
  'its answer is lost': { outcomes: 'unknown unknown - - -', begin: spoilt('write-lost-after') },
  'every answer is lost': { outcomes: 'unknown unknown retryable retryable retryable', begin: spoilt('read-lost') },
  'every answer is garbage': {
    outcomes: 'unknown unknown retryable retryable retryable',
    begin: spoilt('read-garbage'),
  },
  'no answer comes': { outcomes: 'unknown unknown retryable retryable retryable', begin: spoilt('hang') },
  'Postgres is away': { outcomes: 'unsent unsent retryable retryable retryable', database: () => nowhere },
  'no connection is left': {
    outcomes: 'unsent unsent retryable retryable retryable',
    begin: takeAll(() => through),
  },
  'the deadline is over': { outcomes: 'unsent unsent retryable retryable retryable', aborted: true },
  'somebody changes the templates': {
    outcomes: 'unsent good good good good',
    begin: lock('select from standalone_template for update'),
  },
  'somebody has all visits locked': {
    outcomes: 'good unsent good good good',
    begin: lock('select from standalone_booking for update'),
  },
  'somebody has the table of visits': {
    outcomes: 'unsent unsent retryable retryable good',
    begin: lock('lock table standalone_booking in access exclusive mode'),
  },
  'a rival has not committed': { outcomes: 'unsent - - - -', begin: rivalAt },
  'a rival commits meanwhile': {
    outcomes: 'taken - - - -',
    async begin(time) {
      const rival = await rivalAt(time);
      void waiting().then(() => rival.query('commit'));
    },
  },
  'a rival gives up meanwhile': {
    outcomes: 'good - - - -',
    async begin(time) {
      const rival = await rivalAt(time);
      void waiting().then(() => rival.query('rollback'));
    },
  },
  'an administrator ends the connection': {
    outcomes: 'unknown - - - -',
    begin: whileLocked('select pg_terminate_backend($1)'),
  },
  'an administrator ends the statement': {
    outcomes: 'unsent - - - -',
    begin: whileLocked('select pg_cancel_backend($1)'),
  },
  'a standby has taken over and takes no writes yet': {
    outcomes: 'unsent unsent good good good',
    begin: () => through.query('set default_transaction_read_only = on'),
  },
};

const ask: Readonly<
  Record<Column, (operations: Operations, time: Time & { reference?: string }, signal: AbortSignal) => Promise<unknown>>
> = {
  book: ({ booking }, { request }, signal) =>
    booking!.book(request, undefined, async () => {}, { signal, booking: 'b' }),
  cancel: ({ booking }, { reference }, signal) => booking!.cancel(reference!, undefined, { signal, booking: 'b' }),
  findBooking: ({ booking }, { request, reference }, signal) => booking!.findBooking(request, reference, signal),
  schedule: ({ schedule }, _, signal) => schedule!.read(window, undefined, signal),
  directory: ({ directory }, _, signal) => directory!(signal),
};

async function outcomeOf(asked: Promise<unknown>): Promise<Outcome> {
  try {
    const { outcome, reason } = (await asked) as WriteOutcome & { reason?: string };
    if (outcome === 'rejected') return reason as Outcome;
    return outcome === 'unknown' ? 'unknown' : 'good';
  } catch (error) {
    expect(error).toMatchObject({ name: 'MisReadError', retryable: true });
    return 'retryable';
  }
}

/** A new day: connections of the fault before are gone. */
async function fresh(): Promise<void> {
  proxy.fault(null);
  await stage.pool.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'medmost fault' and datname = current_database()`,
  );
  for (let ok = false; !ok; )
    ok = await through.query('select 1').then(
      () => true,
      () => false,
    );
}

const cases = Object.entries(faults).flatMap(([name, fault]) =>
  fault.outcomes
    .split(' ')
    .flatMap((expected, i) => (expected === '-' ? [] : [{ name, fault, column: columns[i]!, expected }])),
);

describe('what Postgres and the way to it can do', () => {
  test.each(cases)('$name: $column → $expected', async ({ fault, column, expected }) => {
    await fresh();
    const time = column === 'book' ? take() : await booked();
    const { operations, exchanges } = stage.open(fault.database?.() ?? through);
    await fault.begin?.(time);
    const signal = fault.aborted === true ? AbortSignal.abort() : soon().signal;
    expect(await outcomeOf(ask[column](operations, time, signal))).toBe(expected);
    for (const client of others) await client.query('rollback');
    expect(exchanges).toHaveLength(1);
    if (column !== 'book' && column !== 'cancel') return;
    await agree(time, column, expected as Outcome, exchanges[0]!.outcome);
  });

  /** What was said for certain is so; what was not is found, and asked again it is the same booking. */
  async function agree(time: Time, column: 'book' | 'cancel', outcome: Outcome, told: string): Promise<void> {
    const { booking } = stage.open(stage.pool).operations;
    const isHeld = await held(time);
    if (outcome === 'unknown') {
      expect(told).toBe('unknown');
      const found: FoundBooking = await booking!.findBooking(time.request, undefined, soon().signal);
      expect(found.state).toBe(isHeld ? 'held' : column === 'book' ? 'free' : 'cancelled');
    } else if (outcome !== 'taken') expect(isHeld).toBe(outcome === 'good' ? column === 'book' : column === 'cancel');
    if (outcome === 'taken') return expect(isHeld).toBe(true);
    const again = column === 'book' ? ask.book : ask.cancel;
    const reference = { reference: referenceIn(await booking!.findBooking(time.request, undefined, soon().signal)) };
    const made = await again(stage.open(stage.pool).operations, { ...time, ...reference }, soon().signal);
    expect(made).toMatchObject({ outcome: 'confirmed' });
    expect(await held(time)).toBe(column === 'book');
  }
  const referenceIn = (found: FoundBooking): string => ('reference' in found ? found.reference : '');
});
