/** Statements on visits of a patient: what he has coming at a doctor, and his history. */
import { documentVisible, viewerValues } from '../../store/visibility.ts';
import type { Place } from './desk.ts';

/** Whether a visit is coming to a doctor other than at one time, and other than one Appointment, which would be given up for it. */
export async function hasComing(
  { db, viewer }: Place,
  patient: string,
  schedule: string,
  but: { readonly slot: string; readonly appointment: string | null; readonly now: Date },
): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'hub_has_coming',
    text: `select from document d join booking b on b.appointment = d.id join slot s on s.id = b.slot
      where d.type = 'Appointment' and d.patient = $5::uuid and s.schedule = $6::uuid and s.start_at > $9 and s.id <> $7::uuid
        and d.id is distinct from $8::uuid and ${documentVisible('d', 1)}
        and b.state in ('sending', 'unknown', 'needs_operator', 'confirmed', 'cancelling', 'cancel_unknown') limit 1`,
    values: [...viewerValues(viewer), patient, schedule, but.slot, but.appointment, but.now],
  });
  return rowCount === 1;
}

export interface Visit {
  readonly id: string;
  readonly status: string;
  readonly start: Date;
  readonly schedule: string;
  readonly created: Date;
}

const most = 200;

/** Visits to come, and those given up of which the time is not long over; what was never confirmed is none. */
export async function readVisits(
  { db, viewer }: Place,
  patient: string,
  coming: Date,
  givenUp: Date,
): Promise<readonly Visit[]> {
  const { rows } = await db.query<Visit>({
    name: 'hub_visits',
    text: `select v.* from (
        select d.id, d.body::jsonb ->> 'status' as status, s.start_at as start, s.schedule,
          (select min(o.created) from booking o where o.appointment = d.id) as created
        from document d cross join lateral (
          select * from booking x where x.appointment = d.id and x.state <> 'rejected' order by x.created desc limit 1) b
        join slot s on s.id = b.slot
        where d.type = 'Appointment' and d.patient = $5::uuid and ${documentVisible('d', 1)}) v
      where v.status = 'booked' and v.start > $6 or v.status = 'cancelled' and v.start > $7
      order by v.start, v.id limit ${most}`,
    values: [...viewerValues(viewer), patient, coming, givenUp],
  });
  return rows;
}

/** Whose Appointment it is, and its status. */
export async function readAppointment(
  { db, viewer }: Place,
  id: string,
): Promise<{ patient: string | null; status: string } | undefined> {
  const { rows } = await db.query<{ patient: string | null; status: string }>({
    name: 'hub_appointment',
    text: `select d.patient, d.body::jsonb ->> 'status' as status from document d
      where d.type = 'Appointment' and d.id = $5::uuid and ${documentVisible('d', 1)}`,
    values: [...viewerValues(viewer), id],
  });
  return rows[0];
}
