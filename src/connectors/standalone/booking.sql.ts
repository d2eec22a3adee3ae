/** Statements on `standalone_booking`. `$1` is the key of the clinic. */
import type { Interval } from '../../instant.ts';
import type { Queryable } from '../../postgres.ts';
import type { BookedTime } from '../template-ability.ts';
import type { Cells } from './grid.ts';
import type { VisitRequest } from './request.ts';

const clinic = '(select id from clinic where key = $1)';

/**
 * Books a time that active templates offer and that nobody else has. The templates by which it is offered cannot be changed until it is
 * done: whoever changes one then sees the booking, and who books after the change does not find the time offered.
 * @returns false when it is not offered, or taken, or is there already under this reference
 */
export async function insertBooking(
  db: Queryable,
  key: string,
  reference: string,
  request: VisitRequest,
  { day, weekday, cells }: Cells,
): Promise<boolean> {
  const { schedule, practitioner, start, end, patient, booking } = request;
  const { rowCount } = await db.query({
    name: 'standalone_book',
    text: `with offered as (
        select cells from standalone_template where clinic = ${clinic} and schedule = $2 and active
          and first_day <= $9::date and coalesce(last_day >= $9::date, true) and $10 = any(weekdays)
        for share)
      insert into standalone_booking (clinic, schedule, reference, practitioner, start_at, end_at, patient, booking)
      select ${clinic}, $2, $3, $4, $5, $6, $7::uuid, $8
      where not exists (select from unnest($11::smallint[]) c where not exists (select from offered where c = any(cells)))
      on conflict do nothing`,
    values: [
      ...[key, schedule, reference, practitioner, new Date(start), new Date(end), patient, booking],
      ...[day, weekday, cells],
    ],
  });
  return rowCount === 1;
}

/** What is there under a reference; undefined: nothing. */
export async function readBooking(
  db: Queryable,
  key: string,
  reference: string,
): Promise<'held' | 'cancelled' | undefined> {
  const { rows } = await db.query<{ held: boolean }>({
    name: 'standalone_booking',
    text: `select cancelled_at is null as held from standalone_booking where clinic = ${clinic} and reference = $2`,
    values: [key, reference],
  });
  return rows[0] && (rows[0].held ? 'held' : 'cancelled');
}

export async function isTaken(db: Queryable, key: string, practitioner: string, time: Interval): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'standalone_taken',
    text: `select from standalone_booking where clinic = ${clinic} and practitioner = $2 and cancelled_at is null
      and tstzrange(start_at, end_at) && tstzrange($3, $4) limit 1`,
    values: [key, practitioner, new Date(time.start), new Date(time.end)],
  });
  return rowCount === 1;
}

/** One that is cancelled already, or is not there, stays so. */
export async function cancelBooking(db: Queryable, key: string, reference: string): Promise<void> {
  await db.query({
    name: 'standalone_cancel',
    text: `update standalone_booking set cancelled_at = clock_timestamp()
      where clinic = ${clinic} and reference = $2 and cancelled_at is null`,
    values: [key, reference],
  });
}

/** The time of a practitioner that is taken, wherever he works. */
export interface TakenTime extends Interval {
  readonly schedule: string;
  readonly practitioner: string;
}

export async function readTaken(
  db: Queryable,
  key: string,
  practitioners: readonly string[],
  window: Interval,
): Promise<TakenTime[]> {
  const { rows } = await db.query<{ schedule: string; practitioner: string; start: Date; end: Date }>({
    name: 'standalone_all_taken',
    text: `select schedule, practitioner, start_at as start, end_at as end from standalone_booking
      where clinic = ${clinic} and practitioner = any($2::text[]) and cancelled_at is null
        and tstzrange(start_at, end_at) && tstzrange($3, $4) order by schedule, start_at`,
    values: [key, practitioners, new Date(window.start), new Date(window.end)],
  });
  return rows.map((row) => ({ ...row, start: row.start.getTime(), end: row.end.getTime() }));
}

/** Visits of a schedule that begin after `now`. */
export async function readComing(db: Queryable, key: string, schedule: string, now: number): Promise<BookedTime[]> {
  const { rows } = await db.query<{ booking: string; start: Date; end: Date }>({
    name: 'standalone_coming',
    text: `select booking, start_at as start, end_at as end from standalone_booking
      where clinic = ${clinic} and schedule = $2 and start_at > $3 and cancelled_at is null order by start_at`,
    values: [key, schedule, new Date(now)],
  });
  return rows.map(({ booking, start, end }) => ({ booking, start: start.getTime(), end: end.getTime() }));
}
