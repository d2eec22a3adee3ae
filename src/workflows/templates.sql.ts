/** Statements for templates of schedules. */
import type { Queryable } from '../postgres.ts';
import { documentVisible, type Viewer, viewerValues } from '../store/visibility.ts';

/** A Schedule in its clinic's system. */
export interface SchedulePlace {
  /** Number of the clinic. */
  readonly clinic: number;
  readonly key: string;
}

/** Where a Schedule is kept; undefined for one that is not mirrored, or that the viewer does not see. */
export async function readSchedulePlace(
  db: Queryable,
  viewer: Viewer,
  schedule: string,
): Promise<(SchedulePlace & { readonly body: string }) | undefined> {
  const { rows } = await db.query<SchedulePlace & { body: string }>({
    name: 'place_of_schedule',
    text: `select d.clinic, d.mis_key as key, d.body from document d
      where d.type = 'Schedule' and d.id = $5::uuid and d.mis_key is not null and ${documentVisible('d', 1)}`,
    values: [...viewerValues(viewer), schedule],
  });
  return rows[0];
}

/** By the clock of Postgres, to the microsecond. */
export async function readClock(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ now: string }>('select clock_timestamp()::text as now');
  return rows[0]!.now;
}

/** Appointments of bookings, as far as the viewer sees them. @returns id by that of the booking */
export async function readAppointments(
  db: Queryable,
  viewer: Viewer,
  bookings: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await db.query<{ booking: string; appointment: string }>({
    name: 'appointments_of_bookings',
    text: `select b.id as booking, b.appointment from booking b
      join document d on d.type = 'Appointment' and d.id = b.appointment
      where b.id = any($5::uuid[]) and ${documentVisible('d', 1)}`,
    values: [...viewerValues(viewer), bookings],
  });
  return new Map(rows.map((row) => [row.booking, row.appointment]));
}
