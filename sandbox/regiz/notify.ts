/** A MIS tells the hub what happened at its desk: SendNotificationAboutAppointment and its statuses. protocols/regiz.md §1.6. */
import { z } from 'zod';
import { typeKey } from './data.ts';
import { callHub, type Outcome, type Target } from './hub-client.ts';
import { Refusal } from './refusal.ts';
import { bookingOf, clinicOf, doctorOf, patientOf, specialtiesOf } from './row.ts';
import type { State } from './state.ts';
import { doctorData, patientData, slotData, specialtyData } from './view.ts';

export const noticeSchema = z.strictObject({
  idLpu: z.number().int(),
  /** Id of a booking here. */
  id: z.string(),
  /** Literal of AppointmentStatusType: then the status is told, else the booking. */
  status: z.string().optional(),
  idNotification: z.number().int().optional(),
  /** As `NoticeAppointment`, which comes late. */
  late: z.boolean().default(false),
});

export type HubNotice = z.input<typeof noticeSchema>;

/** @throws Refusal 75 for a booking that is not here */
export function notify(state: State, target: Target, given: HubNotice): Promise<Outcome> {
  const notice = noticeSchema.parse(given);
  const row = bookingOf(state, notice.idLpu, notice.id);
  if (row === undefined) throw new Refusal(75);
  const { idLpu, status, idNotification } = notice;
  if (status !== undefined) {
    const what = { idNotification, idLpu, idPat: row.patient, idAppointment: row.id, status };
    return callHub(target, 'SendNotificationAboutAppointmentStatus', { ...what, eventDatetime: state.now() });
  }
  const doctor = doctorOf(state, row.clinic, row.doctor);
  const patient = patientOf(state, row.clinic, row.patient);
  if (doctor === undefined || patient === undefined) throw new Refusal(75);
  const specialty = specialtiesOf(state, row.clinic).find((s) => s.id === doctor.specialty)!;
  const appointment = slotData({ ...row, id: row.id }, doctor, clinicOf(state, row.clinic));
  return callHub(target, 'SendNotificationAboutAppointment', {
    doctor: doctorData(state, doctor),
    spesiality: specialtyData(state, specialty),
    idLpu,
    patient: patientData(patient),
    appointment: notice.late
      ? { [typeKey]: 'NoticeAppointment', ...appointment, EventDateTime: row.created }
      : appointment,
    // What came through the hub goes back as «Прочее», with the client that had booked.
    appointmentSource: row.source === '' ? 'Прочее' : row.source,
    member: row.source === '' ? row.client : null,
  });
}
