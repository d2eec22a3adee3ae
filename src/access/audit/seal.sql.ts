/**
 * The chain of seals. Events are added without waiting for each other; once no earlier one can be committed any more, they are
 * sealed in the order of changes. Nothing sealed can be altered, taken out, put in or moved without breaking the chain.
 */
import type { Queryable } from '../../postgres.ts';
import { committed } from '../../store/history.sql.ts';

/** Any number that only sealing uses. */
const lock = 7_232_551_910;

/** Events of one seal at most: what is broken is told by the seal. */
export const mostInSeal = 10_000;

/** One line of JSON for an event: the text that is hashed. It must never change; a new column begins a new form. */
const line = `jsonb_build_array(1, e.seq, e.xid, (extract(epoch from e.at) * 1000000)::bigint, e.kind, e.action, e.interaction,
  e.outcome, e.status, e.reason, e.clinic, e.patient, e.subject, e.role, e.client, e.account, e.address, e.request, e.resource,
  encode(e.query, 'hex'))::text`;

/** SHA-256 of the events of the group, a line each. */
const content = `sha256(convert_to(string_agg(${line}, E'\\n' order by e.xid, e.seq), 'UTF8'))`;

/** SQL: the hash of a seal, of what the row says and of the hash before it. */
const hashOf = (s: string, previous: string) =>
  `sha256(${previous} || convert_to(jsonb_build_array(${s}.n, ${s}.xid, ${s}.seq, ${s}.count,
    (extract(epoch from ${s}.first_at) * 1000000)::bigint, (extract(epoch from ${s}.last_at) * 1000000)::bigint)::text, 'UTF8')
    || ${s}.content)`;

/** The hash before the first seal. */
const beginning = `'\\x'::bytea`;

/** @returns how many events were sealed; 0 also while another hub seals. For use inside a transaction of its own. */
export async function sealEvents(db: Queryable): Promise<number> {
  // A statement of its own: what the next one sees begins when the lock is held.
  const { rows: got } = await db.query<{ held: boolean }>('select pg_try_advisory_xact_lock($1) as held', [lock]);
  if (!got[0]!.held) return 0;
  const { rows } = await db.query<{ count: number }>({
    name: 'seal_audit',
    text: `with last as materialized (
        select n, xid, seq, hash from (
          select n, xid, seq, hash from audit_seal union all select 0, -1, -1, ${beginning}) s order by n desc limit 1),
      batch as materialized (
        select e.* from last l cross join lateral (select * from audit_event e
          where (e.xid, e.seq) > (l.xid, l.seq) and ${committed('e')} order by e.xid, e.seq limit ${mostInSeal}) e),
      seal as (
        select l.n + 1 as n, b.*, l.hash as previous from last l, (
          select (array_agg(e.xid order by e.xid desc, e.seq desc))[1] as xid,
            (array_agg(e.seq order by e.xid desc, e.seq desc))[1] as seq, count(*)::integer as count,
            min(e.at) as first_at, max(e.at) as last_at, ${content} as content
          from batch e having count(*) > 0) b)
      insert into audit_seal (n, xid, seq, count, first_at, last_at, content, hash)
      select n, xid, seq, count, first_at, last_at, content, ${hashOf('s', 's.previous')} from seal s returning count`,
  });
  return rows[0]?.count ?? 0;
}

/**
 * Deletes the events of the oldest seal that has any, when all of them are of more than three years; the seal stays.
 * @returns how many; 0: there is nothing that old
 */
export async function expireSeal(db: Queryable): Promise<number> {
  const { rowCount } = await db.query({
    name: 'expire_audit',
    text: `with oldest as (select xid, seq from audit_event order by xid, seq limit 1),
        seal as (select s.xid, s.seq, s.last_at from audit_seal s, oldest o
          where (s.xid, s.seq) >= (o.xid, o.seq) order by s.n limit 1)
      delete from audit_event e using seal s where (e.xid, e.seq) <= (s.xid, s.seq)
        and s.last_at < clock_timestamp() - interval '3 years'`,
  });
  return rowCount ?? 0;
}

/** Texts of requests that are as old. @returns how many, `limit` at most */
export async function expireQueries(db: Queryable, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from audit_query where ctid = any(array(select ctid from audit_query
       where at < clock_timestamp() - interval '3 years' limit $1))`,
    [limit],
  );
  return rowCount ?? 0;
}

export interface Seal {
  readonly n: string;
  /** Hexadecimal. */
  readonly hash: string;
  readonly at: Date;
}

export async function readNewestSeal(db: Queryable): Promise<Seal | undefined> {
  const { rows } = await db.query<Seal>(
    `select n::text, encode(hash, 'hex') as hash, at from audit_seal order by n desc limit 1`,
  );
  return rows[0];
}

export interface CheckedSeal extends Seal {
  readonly count: number;
  /** How many events there are in its place now. */
  readonly found: number;
  readonly first_at: Date;
  readonly last_at: Date;
  readonly isContent: boolean;
  readonly isHash: boolean;
  /** The one before it is there. */
  readonly isNext: boolean;
}

/** Seals after `after`, `limit` of them, each compared with its events and with the seal before. */
export async function checkSeals(db: Queryable, after: string, limit: number): Promise<CheckedSeal[]> {
  const { rows } = await db.query<CheckedSeal>({
    name: 'check_seals',
    text: `select s.n::text, encode(s.hash, 'hex') as hash, s.at, s.count, s.first_at, s.last_at, f.found::integer,
        f.content is not distinct from s.content as "isContent",
        s.hash = ${hashOf('s', `coalesce(p.hash, ${beginning})`)} as "isHash", s.n = coalesce(p.n, 0) + 1 as "isNext"
      from audit_seal s
      left join lateral (select n, xid, seq, hash from audit_seal p where p.n < s.n order by p.n desc limit 1) p on true
      cross join lateral (
        select count(*) as found, ${content} as content from audit_event e
        where (e.xid, e.seq) > (coalesce(p.xid, -1), coalesce(p.seq, -1)) and (e.xid, e.seq) <= (s.xid, s.seq)) f
      where s.n > $1 order by s.n limit $2`,
    values: [after, limit],
  });
  return rows;
}

/** How many events no seal holds yet, and since when the oldest of them waits. */
export async function readUnsealed(db: Queryable): Promise<{ count: number; since: Date | null }> {
  const { rows } = await db.query<{ count: number; since: Date | null }>(
    `select count(*)::integer as count, min(e.at) as since from audit_event e,
       (select xid, seq from audit_seal union all select -1, -1 order by 1 desc, 2 desc limit 1) l
     where (e.xid, e.seq) > (l.xid, l.seq)`,
  );
  return rows[0]!;
}

/** Texts of requests that are not those that were sent: their digest tells. */
export async function readChangedQueries(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `select count(*)::integer as count from audit_query where digest <> sha256(salt || convert_to(text, 'UTF8'))`,
  );
  return rows[0]!.count;
}
