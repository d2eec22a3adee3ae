/** Statements on exports: a row of `export` is its own job. */
import type { AuditAgent } from '../../access/audit/event.ts';
import type { Queryable } from '../../postgres.ts';
import type { Viewer } from '../../store/visibility.ts';
import type { ExportQuery, Kind } from './query.ts';

export interface NewExport {
  readonly key: string;
  readonly subject: string;
  readonly viewer: Viewer;
  readonly base: string;
  /** The address by which it was asked for. */
  readonly request: string;
  readonly query: ExportQuery;
  readonly agent: AuditAgent;
}

export interface Limits {
  /** Of one client: not yet done, and kept. */
  readonly running: number;
  readonly kept: number;
  /** Not yet done of all clients. */
  readonly all: number;
}

/** First key of the lock under which exports are counted, so that two at once cannot both be the last allowed one. */
const countLock = 1_836_280_933;

/** Inside a transaction. @returns false when the client, or all clients together, have too many */
export async function insertExport(db: Queryable, e: NewExport, limits: Limits): Promise<boolean> {
  // A statement of its own, so that the next one sees what was there when the lock was got.
  await db.query('select pg_advisory_xact_lock($1, 0)', [countLock]);
  const { rowCount } = await db.query(
    `insert into export (key, subject, clinics, keys, types, closed, base, request, query, agent)
     select $1, $2, $3, $4, $5, $6, $7, $8, $9, $13
     from (select count(*) filter (where next_at is not null) as running, count(*) as kept
         from export where subject = $2 and expires > clock_timestamp()) own,
       (select count(*) as running from export where next_at is not null) everybody
     where own.running < $10 and own.kept < $11 and everybody.running < $12`,
    [
      ...[e.key, e.subject, e.viewer.clinics, e.viewer.keys, e.viewer.types, e.viewer.closed],
      ...[e.base, e.request, JSON.stringify(e.query)],
      ...[limits.running, limits.kept, limits.all, JSON.stringify(e.agent)],
    ],
  );
  return rowCount === 1;
}

export interface ExportJob extends Viewer {
  readonly key: string;
  readonly base: string;
  readonly query: ExportQuery;
  readonly agent: AuditAgent;
  readonly attempt: number;
}

/** Takes one that is due; for `lease` seconds no other hub takes it for lost. */
export async function takeExport(db: Queryable, lease: number): Promise<ExportJob | undefined> {
  const { rows } = await db.query<ExportJob>({
    name: 'take_export',
    text: `update export set state = 'running', attempt = attempt + 1, told = 0,
        next_at = clock_timestamp() + make_interval(secs => $1)
      where key = (select key from export where next_at <= clock_timestamp() order by next_at limit 1 for update skip locked)
      returning key, clinics, keys, types, closed, base, query, agent, attempt`,
    values: [lease],
  });
  return rows[0];
}

type Attempt = Pick<ExportJob, 'key' | 'attempt'>;

/** @returns false when it was cancelled or another hub has taken it */
export async function renewExport(db: Queryable, { key, attempt }: Attempt, told: number, lease: number) {
  const { rowCount } = await db.query({
    name: 'renew_export',
    text: `update export set told = $3, next_at = clock_timestamp() + make_interval(secs => $4)
      where key = $1 and attempt = $2 and state = 'running'`,
    values: [key, attempt, told, lease],
  });
  return rowCount === 1;
}

/**
 * Gives it back, to be begun anew after some seconds.
 * @param untouched nothing was written, so it does not count as an attempt
 */
export async function postponeExport(
  db: Queryable,
  { key, attempt }: Attempt,
  seconds: number,
  untouched = false,
): Promise<void> {
  await db.query(
    `update export set state = 'waiting', attempt = attempt - $4::boolean::integer,
       next_at = clock_timestamp() + make_interval(secs => $3)
     where key = $1 and attempt = $2 and state = 'running'`,
    [key, attempt, seconds, untouched],
  );
}

export async function failExport(db: Queryable, { key, attempt }: Attempt): Promise<void> {
  await db.query(
    `update export set state = 'failed', next_at = null where key = $1 and attempt = $2 and state = 'running'`,
    [key, attempt],
  );
}

export interface ExportFile {
  readonly number: number;
  readonly kind: Kind;
  readonly type: string;
  readonly resources: number;
  readonly bytes: number;
  readonly packed: number;
  readonly crc: number;
}

/** Names the files and says that they are whole, in one statement. @returns false when the attempt is not the current one */
export async function finishExport(
  db: Queryable,
  { key, attempt }: Attempt,
  at: Date,
  told: number,
  files: readonly ExportFile[],
): Promise<boolean> {
  const { rowCount } = await db.query(
    `with done as (update export set state = 'done', next_at = null, transaction_time = $3, told = $4,
        expires = clock_timestamp() + interval '1 day' where key = $1 and attempt = $2 and state = 'running' returning key),
      named as (insert into export_file (export, attempt, number, kind, type, resources, bytes, packed, crc)
        select done.key, $2, f.* from done, jsonb_to_recordset($5::jsonb)
          f (number smallint, kind text, type text, resources bigint, bytes bigint, packed bigint, crc bigint))
     select from done`,
    [key, attempt, at, told, JSON.stringify(files)],
  );
  return rowCount === 1;
}

/** @throws 23503 when the export was cancelled */
export async function putPiece(
  db: Queryable,
  { key, attempt }: Attempt,
  file: number,
  number: number,
  body: Buffer,
): Promise<void> {
  await db.query({
    name: 'put_piece',
    text: 'insert into export_piece (export, attempt, file, number, body) values ($1, $2, $3, $4, $5)',
    values: [key, attempt, file, number, body],
  });
}

export async function pruneExports(db: Queryable): Promise<void> {
  await db.query('delete from export where expires <= clock_timestamp()');
}

/** What attempts have left that came to nothing. */
export async function prunePieces(db: Queryable, { key, attempt }: Attempt): Promise<void> {
  await db.query('delete from export_piece where export = $1 and attempt < $2', [key, attempt]);
}
