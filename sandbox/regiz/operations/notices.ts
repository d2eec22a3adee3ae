/** What a MIS or a portal tells the hub: notifications, old waiting list, the desk of today. */
import { randomUUID } from 'node:crypto';
import { type Data, type DataObject, listOf, numberOf, objectOf, textOf, typeKey } from '../data.ts';
import { keepRecord, readRecord, readRecords } from '../record.ts';
import { errorTexts, Refusal } from '../refusal.ts';
import { type BookingRow, doctorOf, doctorsOf, patientOf } from '../row.ts';
import type { State } from '../state.ts';
import { doctorData, patientData } from '../view.ts';
import type { Handlers } from './handler.ts';

export interface Notification {
  idNotification: number;
  idLpu: number;
  idAppointment: string;
  /** How often it came. */
  times: number;
  source: string;
  /** guid of the client that had booked. */
  member: string;
  /** It came as `NoticeAppointment`, long after the event. */
  late: boolean;
  visitStart: string;
  doctor: Data;
  spesiality: Data;
  patient: Data;
  statuses: { status: string; eventDatetime: string; times: number }[];
}

/** The same booking is the same notification, however often it comes. @throws Refusal 4 */
function receive(state: State, ask: DataObject): Notification {
  const appointment = objectOf(ask, 'appointment');
  const [idLpu, idAppointment] = [numberOf(ask, 'idLpu') ?? 0, textOf(appointment, 'IdAppointment')];
  if (idLpu === 0 || idAppointment === '' || textOf(appointment, 'VisitStart') === '') throw new Refusal(4);
  if (objectOf(ask, 'doctor') === undefined || objectOf(ask, 'patient') === undefined) throw new Refusal(4);
  const key = `${idLpu} ${idAppointment}`;
  const known = readRecord<Notification>(state, 'notification', key);
  const notification: Notification = {
    ...{ idNotification: known?.idNotification ?? state.next('notifications', 998_001), idLpu, idAppointment },
    times: (known?.times ?? 0) + 1,
    source: textOf(ask, 'appointmentSource'),
    member: textOf(ask, 'member'),
    late: appointment?.[typeKey] === 'NoticeAppointment',
    visitStart: textOf(appointment, 'VisitStart'),
    ...{ doctor: ask['doctor'], spesiality: ask['spesiality'], patient: ask['patient'] },
    statuses: known?.statuses ?? [],
  };
  keepRecord(state, 'notification', key, notification);
  return notification;
}

/** Told by the number of the notification, or by clinic and booking. @throws Refusal 99 */
function receiveStatus(state: State, ask: DataObject): void {
  const number = numberOf(ask, 'idNotification');
  const key = `${numberOf(ask, 'idLpu') ?? 0} ${textOf(ask, 'idAppointment')}`;
  const all = readRecords<Notification>(state, 'notification');
  const found = all.find(({ id, body }) => (number === undefined ? id === key : body.idNotification === number));
  if (found === undefined) throw new Refusal(99, 'Уведомление о записи не найдено');
  const [status, eventDatetime] = [textOf(ask, 'status'), textOf(ask, 'eventDatetime')];
  if (status === '') throw new Refusal(4);
  const same = found.body.statuses.find((s) => s.status === status);
  if (same === undefined) found.body.statuses.push({ status, eventDatetime, times: 1 });
  else same.times++;
  keepRecord(state, 'notification', found.id, found.body);
}

function todayOf(state: State): DataObject[] {
  const day = state.now().slice(0, 10);
  const sql = `SELECT * FROM booking WHERE substr(start, 1, 10) = ? AND status = 'active' ORDER BY start`;
  const byDoctor = Map.groupBy(state.all<BookingRow>(sql, day), (row) => `${row.clinic} ${row.doctor}`);
  return [...byDoctor.values()].map((rows) => {
    const doctor = doctorOf(state, rows[0]!.clinic, rows[0]!.doctor);
    return {
      Doc: doctor === undefined ? null : doctorData(state, doctor),
      ShedulerOfDoctorItemCollection: rows.map((row) => {
        const patient = patientOf(state, row.clinic, row.patient);
        return {
          AppointmentItem: { IdAppointment: row.id, Room: doctor?.room, VisitEnd: row.end, VisitStart: row.start },
          DateStartCheckIn: `${day}T07:30:00`,
          Pat: patient === undefined ? null : patientData(patient),
        };
      }),
    };
  });
}

export const noticeHandlers: Handlers = {
  SendNotificationAboutAppointment: ({ state }, ask) => ({
    IdNotification: state.transaction(() => receive(state, ask)).idNotification,
  }),
  SendNotificationAboutAppointmentStatus({ state }, ask) {
    state.transaction(() => receiveStatus(state, ask));
    return {};
  },
  PatientNotification({ state }, ask) {
    const contacts = listOf(ask, 'contacts');
    if (textOf(ask, 'idPat') === '' || contacts.length === 0) throw new Refusal(4);
    const { guid: _, ...body } = ask;
    keepRecord(state, 'patient-notification', randomUUID(), body);
    return {};
  },
  SetWaitingList({ state }, ask) {
    if (textOf(ask, 'namePat') === '' || textOf(ask, 'phone') === '') throw new Refusal(4);
    const id = randomUUID();
    const { guid: _, ...body } = ask;
    keepRecord(state, 'waiting', id, body);
    return { GuidClaim: id };
  },
  GetTodayAppointments: ({ state }) => ({ SchedulerOfDoctorList: todayOf(state) }),
  CheckIn({ state }, ask) {
    const sql = `SELECT * FROM booking WHERE id = ? AND status = 'active'`;
    const row = state.get<BookingRow>(sql, textOf(ask, 'idAppointment'));
    if (row === undefined) throw new Refusal(75);
    const doctor = doctorsOf(state, row.clinic).find((d) => d.id === row.doctor);
    return { Count: 0, Office: doctor?.room ?? null };
  },
  GetErrorList: () => ({
    ErrorList: Object.entries(errorTexts).map(([code, text]) => ({ ErrorDescription: text, IdError: Number(code) })),
  }),
};
