/** Times that a MIS offers, compared with the mirror. */
import type { Queryable } from '../postgres.ts';

export interface UnlistedTime {
  /** Of the schedule, as the MIS names it. */
  readonly key: string;
  readonly start: Date;
  /** By the clock of Postgres. */
  readonly now: string;
}

/** Those of these slots that the mirror does not show free, of schedules that it knows. */
export async function readUnlisted(
  db: Queryable,
  clinic: number,
  slots: readonly { readonly id: string; readonly schedule: string; readonly start: number }[],
): Promise<UnlistedTime[]> {
  const { rows } = await db.query<UnlistedTime>(
    `select d.mis_key as key, u.start, clock_timestamp()::text as now
      from unnest($2::uuid[], $3::uuid[], $4::timestamptz[]) u (id, schedule, start)
      join document d on d.type = 'Schedule' and d.id = u.schedule and d.clinic = $1
      where d.mis_key is not null and not exists (select from slot s where s.id = u.id and s.status = 0)`,
    [clinic, slots.map((s) => s.id), slots.map((s) => s.schedule), slots.map((s) => new Date(s.start))],
  );
  return rows;
}
