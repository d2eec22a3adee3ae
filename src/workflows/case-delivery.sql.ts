/** Statements on `case_delivery`: every transition is a compare-and-set. */
import type { Queryable } from '../postgres.ts';

export type CaseState = 'due' | 'sending' | 'accepted' | 'refused' | 'withdrawn';

export interface CaseRow {
  /** Also of the Encounter. */
  readonly id: string;
  readonly clinic: number;
  readonly patient: string;
  readonly state: CaseState;
  /** How often the Encounter was finished or changed since. */
  readonly wish: number;
  /** False: it is no finished remote consultation any more, and is to be withdrawn. */
  readonly wanted: boolean;
  /** The region has it, or an earlier one under the same id. */
  readonly accepted: boolean;
  /** Seconds since it was last sent without an answer that was understood, by the clock of Postgres. */
  readonly doubted_for: number | null;
  readonly reads: number;
  /** Why it is refused, Russian. */
  readonly reason: string | null;
}

const columns = `c.id, c.clinic, c.patient, c.state, c.wish, c.wanted, c.accepted, c.reads, c.reason,
  extract(epoch from clock_timestamp() - c.doubted_at)::float8 as doubted_for`;

/** What is being sent just now is left to end; what was wished meanwhile follows it. */
const wished = `wish = c.wish + 1, reason = null, reads = 0, changed = clock_timestamp(),
  state = case when c.state = 'sending' then c.state else 'due' end,
  next_at = case when c.state = 'sending' then c.next_at else clock_timestamp() end`;

/** It is to be handed over as it is now, in the transaction that writes its Encounter. */
export async function wantCase(db: Queryable, id: string, clinic: number, patient: string): Promise<void> {
  await db.query({
    name: 'want_case',
    text: `insert into case_delivery as c (id, clinic, patient) values ($1, $2, $3)
      on conflict (id) do update set ${wished}, wanted = true, patient = excluded.patient`,
    values: [id, clinic, patient],
  });
}

/** It is to be withdrawn. @returns false when it has never been handed over */
export async function unwantCase(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'unwant_case',
    text: `update case_delivery c set ${wished}, wanted = false where c.id = $1 and c.wanted`,
    values: [id],
  });
  return rowCount === 1;
}

/** Forgets one that certainly does not stand in the region. @returns whether nothing is left of it */
export async function forgetCase(db: Queryable, id: string): Promise<boolean> {
  await db.query(
    `delete from case_delivery where id = $1 and state <> 'sending' and not accepted and doubted_at is null`,
    [id],
  );
  return (await readCase(db, id)) === undefined;
}

export async function readCase(db: Queryable, id: string): Promise<CaseRow | undefined> {
  const { rows } = await db.query<CaseRow>(`select ${columns} from case_delivery c where c.id = $1`, [id]);
  return rows[0];
}

/**
 * Begins an attempt; one whose sender has died is begun anew.
 * @param lease seconds after which another process takes the attempt for dead
 * @param doubt it will not be known whether the region has it, from now until the end
 * @returns undefined when somebody else was faster
 */
export async function beginCase(
  db: Queryable,
  { id, state, wish }: CaseRow,
  lease: number,
  doubt: boolean,
): Promise<CaseRow | undefined> {
  const { rows } = await db.query<CaseRow>({
    name: 'begin_case',
    text: `update case_delivery c set state = 'sending', next_at = clock_timestamp() + make_interval(secs => $4), changed = clock_timestamp(),
        doubted_at = case when $5 then clock_timestamp() else doubted_at end
      where id = $1 and state = $2 and wish = $3 returning ${columns}`,
    values: [id, state, wish, lease, doubt],
  });
  return rows[0];
}

export interface CaseEnd {
  readonly to: Exclude<CaseState, 'sending'>;
  /** Seconds until it is looked at again; null: never. */
  readonly next: number | null;
  /** Whether the region has it; undefined: as before. */
  readonly accepted?: boolean;
  /** It is known now what the region has. */
  readonly sure: boolean;
  readonly reason?: string;
}

/** Ends the attempt. @returns the row after it, which is due at once when something else is wished meanwhile; undefined: somebody else has ended it */
export async function endCase(db: Queryable, { id, wish }: CaseRow, end: CaseEnd): Promise<CaseRow | undefined> {
  const { to, next, accepted, sure, reason } = end;
  const { rows } = await db.query<CaseRow>({
    name: 'end_case',
    text: `update case_delivery c set changed = clock_timestamp(), accepted = coalesce($5, accepted),
        state = case when wish = $2 then $3::case_state else 'due' end,
        next_at = case when wish = $2 then clock_timestamp() + make_interval(secs => $4) else clock_timestamp() end,
        reads = case when wish = $2 then least(reads + 1, 30000) else 0 end,
        reason = case when wish = $2 then $7 end,
        doubted_at = case when $6 then null else doubted_at end
      where id = $1 and state = 'sending' returning ${columns}`,
    values: [id, wish, to, next, accepted ?? null, sure, reason ?? null],
  });
  return rows[0];
}

/** Takes those that are due; for `lease` seconds no other process takes them. */
export async function takeDueCases(db: Queryable, limit: number, lease: number): Promise<CaseRow[]> {
  const { rows } = await db.query<CaseRow>({
    name: 'take_due_cases',
    text: `update case_delivery c set next_at = clock_timestamp() + make_interval(secs => $2)
      where id in (select id from case_delivery where next_at <= clock_timestamp() order by next_at limit $1 for update skip locked)
      returning ${columns}`,
    values: [limit, lease],
  });
  return rows;
}

/** Not looked at now: later. */
export async function postponeCase(db: Queryable, id: string, seconds: number): Promise<void> {
  await db.query(
    `update case_delivery set next_at = clock_timestamp() + make_interval(secs => $2) where id = $1 and next_at is not null`,
    [id, seconds],
  );
}

/** Those that a person may want to know of: refused, or tried again and again. */
export async function readTroubledCases(
  db: Queryable,
  clinic: number,
): Promise<readonly (CaseRow & { readonly changed: Date; readonly next_at: Date | null })[]> {
  const { rows } = await db.query<CaseRow & { changed: Date; next_at: Date | null }>(
    `select ${columns}, c.changed, c.next_at from case_delivery c
      where c.clinic = $1 and c.state in ('due', 'sending', 'refused') order by c.changed`,
    [clinic],
  );
  return rows;
}

/** Those that are refused are sent again, after what was wrong with the configuration has been mended. @returns how many */
export async function retryRefusedCases(db: Queryable, clinic: number): Promise<number> {
  const { rowCount } = await db.query(
    `update case_delivery c set ${wished} where c.clinic = $1 and c.state = 'refused'`,
    [clinic],
  );
  return rowCount ?? 0;
}
