/** Statements on referrals that other clinics have registered, and on when they are listed. */
import type { Queryable } from '../postgres.ts';
import { unknownPatient } from '../store/compartment.ts';

export interface IncomingRow {
  readonly id: string;
  readonly reference: string;
  readonly state: string;
  readonly standing: string | null;
}

/** @returns false when it is there already */
export async function insertIncoming(
  db: Queryable,
  row: { readonly id: string; readonly clinic: number; readonly reference: string; readonly standing: string },
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'insert_incoming',
    text: `insert into referral (id, clinic, patient, incoming, state, told, reference, standing)
      values ($1, $2, $3, true, 'standing', true, $4, $5) on conflict do nothing`,
    values: [row.id, row.clinic, unknownPatient, row.reference, row.standing],
  });
  return rowCount === 1;
}

/** Those that stand, and whatever there is under these numbers. */
export async function readIncoming(
  db: Queryable,
  clinic: number,
  references: readonly string[] = [],
): Promise<IncomingRow[]> {
  const { rows } = await db.query<IncomingRow>({
    name: 'read_incoming',
    text: `select id, reference, state, standing from referral where clinic = $1 and incoming
      and (state = 'standing' or reference = any($2::text[]))`,
    values: [clinic, references],
  });
  return rows;
}

/** They are looked at one by one now. */
export async function hastenIncoming(db: Queryable, ids: readonly string[]): Promise<void> {
  await db.query(
    `update referral set next_at = clock_timestamp() where id = any($1::uuid[]) and state = 'standing' and next_at is null`,
    [ids],
  );
}

export interface Round {
  /** The number of the clinic, for the log. */
  readonly id: string;
  readonly clinic: number;
}

/** Clinics whose listing is due; for `lease` seconds no other process takes them. */
export async function takeDueRounds(
  db: Queryable,
  clinics: readonly number[],
  limit: number,
  lease: number,
): Promise<Round[]> {
  const { rows } = await db.query<Round>({
    name: 'take_due_rounds',
    text: `with fresh as (
        insert into referral_round (clinic) select unnest($1::smallint[]) on conflict do nothing)
      update referral_round set next_at = clock_timestamp() + make_interval(secs => $3)
      where clinic in (select clinic from referral_round where clinic = any($1::smallint[]) and next_at <= clock_timestamp()
        order by next_at limit $2 for update skip locked)
      returning clinic::text as id, clinic`,
    values: [clinics, limit, lease],
  });
  return rows;
}

/** @param seconds until the next listing */
export async function endRound(db: Queryable, clinic: number, seconds: number, isDone: boolean): Promise<void> {
  await db.query(
    `update referral_round set next_at = clock_timestamp() + make_interval(secs => $2),
       listed = case when $3 then clock_timestamp() else listed end where clinic = $1`,
    [clinic, seconds, isDone],
  );
}
