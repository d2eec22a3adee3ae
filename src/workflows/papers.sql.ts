/** Statements on `paper_reading` and `paper`: for which bookings papers are read, when, and what was made of them. */
import type { Queryable } from '../postgres.ts';

/** Whose visits are followed: those that have begun since then. */
export interface Followed {
  readonly clinic: number;
  readonly since: Date;
}

/** Takes up the bookings whose visit has begun. */
export async function enrolReadings(db: Queryable, followed: readonly Followed[], now: Date): Promise<void> {
  await db.query({
    name: 'enrol_readings',
    text: `insert into paper_reading (booking, clinic, patient)
      select b.id, b.clinic, b.patient from unnest($1::smallint[], $2::timestamptz[]) f (clinic, since)
      join slot s on s.clinic = f.clinic and s.start_at >= f.since and s.start_at < $3 and s.booking is not null
      join booking b on b.id = s.booking and b.state = 'confirmed' and b.reference is not null
      where not exists (select from paper_reading r where r.booking = b.id) on conflict do nothing`,
    values: [followed.map((f) => f.clinic), followed.map((f) => f.since), now],
  });
}

export interface PaperReading {
  /** Of the booking. */
  readonly id: string;
  readonly clinic: number;
  readonly patient: string;
  readonly account: string | null;
  readonly isConfirmed: boolean;
  readonly reference: string | null;
  /** When the visit began; null: its time is not kept any more. */
  readonly start: Date | null;
}

/** Takes one that is due of each of these clinics, `limit` at most; for `lease` seconds no other process takes it. */
export async function takeDueReadings(
  db: Queryable,
  clinics: readonly number[],
  limit: number,
  lease: number,
): Promise<PaperReading[]> {
  const { rows } = await db.query<PaperReading>({
    name: 'take_due_readings',
    text: `with due as (
        update paper_reading set next_at = clock_timestamp() + make_interval(secs => $3)
        where booking = any(array(
          select d.booking from unnest($1::smallint[]) c (clinic) cross join lateral (
            select r.booking from paper_reading r where r.clinic = c.clinic and r.next_at <= clock_timestamp()
            order by r.next_at limit 1 for update skip locked) d limit $2))
        returning booking)
      select b.id, b.clinic, b.patient, b.account, b.state = 'confirmed' as "isConfirmed", b.reference, s.start_at as start
      from due join booking b on b.id = due.booking left join slot s on s.id = b.slot`,
    values: [clinics, limit, lease],
  });
  return rows;
}

/** @param seconds until it is read again */
export async function postponeReading(db: Queryable, booking: string, seconds: number): Promise<void> {
  await db.query({
    name: 'postpone_reading',
    text: 'update paper_reading set next_at = clock_timestamp() + make_interval(secs => $2) where booking = $1',
    values: [booking, seconds],
  });
}

/** It is read no more; what was made of it stays as it is. */
export async function endReading(db: Queryable, booking: string): Promise<void> {
  await db.query('delete from paper_reading where booking = $1', [booking]);
}

export interface KeptPaper {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly hash: Buffer | null;
  readonly under: string | null;
}

/** Those of these resources that there are. */
export async function readKept(
  db: Queryable,
  clinic: number,
  wanted: readonly { readonly type: string; readonly id: string }[],
): Promise<KeptPaper[]> {
  const { rows } = await db.query<KeptPaper>({
    name: 'read_kept_papers',
    text: `select d.type, d.id, d.version, d.hash, d.under from unnest($2::text[], $3::uuid[]) w (type, id)
      join document d on d.type = w.type and d.id = w.id where d.clinic = $1`,
    values: [clinic, wanted.map((w) => w.type), wanted.map((w) => w.id)],
  });
  return rows;
}

/** A reading has had these. @returns those of the booking that neither it nor the one before it had */
export async function noteSeen(
  db: Queryable,
  booking: string,
  seen: readonly { readonly type: string; readonly id: string }[],
): Promise<{ type: string; id: string }[]> {
  const values = [booking, seen.map((s) => s.type), seen.map((s) => s.id)];
  await db.query({
    name: 'note_seen_papers',
    text: `insert into paper (booking, type, id)
      select r.booking, s.type, s.id from paper_reading r, unnest($2::text[], $3::uuid[]) s (type, id) where r.booking = $1
      on conflict (booking, type, id) do update set missed = false where paper.missed`,
    values,
  });
  const { rows } = await db.query<{ type: string; id: string }>({
    name: 'note_missed_papers',
    text: `with before as (
        select type, id, missed from paper p where booking = $1
          and not exists (select from unnest($2::text[], $3::uuid[]) s (type, id) where s.type = p.type and s.id = p.id)),
      noted as (
        update paper p set missed = true from before b where p.booking = $1 and p.type = b.type and p.id = b.id and not b.missed)
      select type, id from before where missed`,
    values,
  });
  return rows;
}
