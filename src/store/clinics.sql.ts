/** Statements on `clinic` and `sync_run`. */
import type { Queryable } from '../postgres.ts';

/** The number of each clinic, giving one to those that are new; any number of processes may do it at once. */
export async function ensureClinics(db: Queryable, keys: readonly string[]): Promise<Map<string, number>> {
  // A row that runs into a conflict has used up a number all the same, and a smallint has few.
  await db.query(
    `insert into clinic (key) select k from unnest($1::text[]) as n(k)
     where not exists (select from clinic c where c.key = n.k) on conflict do nothing`,
    [keys],
  );
  const { rows } = await db.query<{ id: number; key: string }>('select id, key from clinic');
  return new Map(rows.map((r) => [r.key, r.id]));
}

export interface Freeze {
  readonly at: Date;
  readonly reason: string;
}

export async function readFreeze(db: Queryable, clinic: number): Promise<Freeze | undefined> {
  const { rows } = await db.query<Freeze>({
    name: 'read_freeze',
    text: 'select frozen_at as at, frozen_reason as reason from clinic where id = $1 and frozen_at is not null',
    values: [clinic],
  });
  return rows[0];
}

export async function freezeClinic(db: Queryable, clinic: number, reason: string): Promise<void> {
  await db.query(
    'update clinic set frozen_at = clock_timestamp(), frozen_reason = $2 where id = $1 and frozen_at is null',
    [clinic, reason],
  );
}

export async function thawClinic(db: Queryable, clinic: number): Promise<boolean> {
  const { rowCount } = await db.query(
    'update clinic set frozen_at = null, frozen_reason = null where id = $1 and frozen_at is not null',
    [clinic],
  );
  return rowCount === 1;
}

export type SyncKind = 'directory' | 'schedule' | 'waiting';

/** @returns `started` as Postgres writes it, to the microsecond: a Date would lose what happened in the same millisecond */
export async function beginRun(
  db: Queryable,
  clinic: number,
  kind: SyncKind,
): Promise<{ id: string; started: string }> {
  const { rows } = await db.query<{ id: string; started: string }>(
    'insert into sync_run (clinic, kind) values ($1, $2) returning id, clock_timestamp()::text as started',
    [clinic, kind],
  );
  return rows[0]!;
}

export interface RunResult {
  readonly outcome: 'done' | 'suspect' | 'failed';
  readonly read: number;
  readonly written: number;
  readonly problem?: string;
}

export async function endRun(db: Queryable, run: string, result: RunResult): Promise<void> {
  await db.query(
    `update sync_run set finished = clock_timestamp(), outcome = $2, read = $3, written = $4, problem = $5 where id = $1`,
    [run, result.outcome, result.read, result.written, result.problem ?? null],
  );
}

export interface LastRun extends RunResult {
  readonly kind: SyncKind;
  readonly started: Date;
  readonly finished: Date | null;
}

/** The newest finished run of a kind. */
export async function readLastRun(db: Queryable, clinic: number, kind: SyncKind): Promise<LastRun | undefined> {
  const { rows } = await db.query<LastRun>(
    `select kind, started, finished, outcome, read, written, problem from sync_run
     where clinic = $1 and kind = $2 and outcome is not null order by id desc limit 1`,
    [clinic, kind],
  );
  return rows[0];
}

export interface ReadingAge {
  readonly key: string;
  readonly kind: SyncKind;
  /** Seconds since it ended. */
  readonly age: number;
}

/** The last good reading of each kind, for clinics that have had one. */
export async function readReadingAges(db: Queryable, clinics: readonly number[]): Promise<ReadingAge[]> {
  const { rows } = await db.query<ReadingAge>({
    name: 'reading_ages',
    text: `select c.key, k.kind, extract(epoch from clock_timestamp() - r.finished)::float8 as age
      from clinic c cross join (values ('directory'), ('schedule'), ('waiting')) k (kind) cross join lateral (
        select finished from sync_run where clinic = c.id and kind = k.kind and outcome = 'done' order by id desc limit 1) r
      where c.id = any($1::smallint[])`,
    values: [clinics],
  });
  return rows;
}

/**
 * Deletes old runs. The last good one of each kind stays however old it is: an alarm is told its age.
 * @param days how long a run is kept
 * @returns how many were deleted, `limit` at most
 */
export async function pruneRuns(db: Queryable, days: number, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from sync_run where id in (select r.id from sync_run r where r.started < now() - make_interval(days => $1)
       and r.id not in (select max(id) from sync_run where outcome = 'done' group by clinic, kind) limit $2)`,
    [days, limit],
  );
  return rowCount ?? 0;
}
