/** What a concentrator is told of a booking (protocols/regiz.md §1.6). The contract's own words for what became of it. */
import type { HubParameters } from '../../connectors/regiz/contract/hub.ts';
import type { NotifySettings } from '../../hub-service-settings.ts';
import { localOf } from '../../instant.ts';
import { type Reference, type Resource, referencedId } from '../../store/resource.ts';
import { localTime, type Place } from './desk.ts';
import { doctorsOf, writeDoctor, writeSpecialty } from './doctor.ts';
import type { NotificationRow } from './notification.sql.ts';
import { writePatient } from './person.ts';
import { readScheduleOf, readSchedules } from './schedule.sql.ts';

type Status = NonNullable<HubParameters<'SendNotificationAboutAppointmentStatus'>['status']>;

export type Step = 'booked' | 'moved' | 'cancelled' | 'fulfilled' | 'noshow';

export const statusTexts = {
  moved: 'запись_перенесена',
  fulfilled: 'посещение_состоялось',
  noshow: 'пациент_не_явился',
  patient: 'запись_отменена_по_инициативе_пациента',
  clinic: 'запись_отменена_по_инициативе_ЛПУ',
} as const satisfies Readonly<Record<string, Status>>;

/** What is to be told next, by what has been accepted and what the Appointment is now; undefined: nothing. */
export function nextStep({ told, told_start }: NotificationRow, appointment: Resource): Step | undefined {
  if (told === null || told === 'moved') return 'booked';
  if (told !== 'booked') return undefined;
  const { status, start } = appointment as { status?: string; start?: string };
  if (status === 'cancelled' || status === 'entered-in-error') return 'cancelled';
  if (status === 'fulfilled' || status === 'noshow') return status;
  return start === undefined || Date.parse(start) === told_start?.getTime() ? undefined : 'moved';
}

export interface Saying {
  readonly row: NotificationRow;
  readonly place: Place;
  readonly settings: NotifySettings;
  readonly appointment: Resource;
  readonly patient: Resource;
  /** Milliseconds. */
  readonly now: number;
}

/** Parameters of SendNotificationAboutAppointment. @param member of the caller that has booked; it may have none */
export async function announcementOf(saying: Saying, member: string | undefined): Promise<object> {
  const { row, place, settings, appointment, patient } = saying;
  const [slot] = (appointment['slot'] ?? []) as Reference[];
  const schedule = await readScheduleOf(place, referencedId(slot, 'Slot')!);
  const found = schedule === undefined ? [] : await readSchedules(place, [schedule]);
  const [doctor] = await doctorsOf(
    place,
    found.map((s) => ({ ...s, active: true })),
  );
  const [, doctorsReferal] = /^Направление № (.+)$/.exec(String(appointment['comment'] ?? '')) ?? [];
  const visit = {
    ...{ Address: doctor?.address, IdAppointment: row.appointment, Room: doctor?.room },
    ...{ VisitStart: local(appointment['start'], place), VisitEnd: local(appointment['end'], place) },
  };
  const isLate = saying.now - row.changed.getTime() > settings.lateSeconds * 1000;
  return {
    ...(doctor && { doctor: writeDoctor(place, doctor, []), spesiality: writeSpecialty(place, doctor.specialty, []) }),
    idLpu: place.settings.idLpu,
    patient: writePatient(patient),
    appointment: isLate
      ? { $type: 'NoticeAppointment', ...visit, EventDateTime: localTime(row.changed, place) }
      : visit,
    doctorsReferal,
    ...{ appointmentSource: row.member === null ? 'Интернет' : 'Прочее', guid: settings.guid, member },
  };
}

const local = (time: unknown, { clinic }: Place): string => localOf(Date.parse(String(time)), clinic.zone);

/** Parameters of SendNotificationAboutAppointmentStatus. */
export function statusOf({ row, place, settings, patient }: Saying, status: Status): object {
  return {
    idNotification: row.number ?? undefined,
    idLpu: place.settings.idLpu,
    idPat: patient.id!,
    idAppointment: row.appointment,
    status,
    eventDatetime: localTime(row.changed, place),
    guid: settings.guid,
  };
}
