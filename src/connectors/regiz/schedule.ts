/**
 * Free times of the doctors → records `schedule` and `slot`. The service shows free times alone: one that is taken is simply
 * not there (protocols/regiz.md §1.4, §2.3).
 */
import { fhirInstant, type Interval, localOf, startOfDay } from '../../instant.ts';
import type { MisRecord, MisRecords } from '../connector.ts';
import { ExchangeError } from '../exchange.ts';
import type { HubData } from './contract/hub.ts';
import type { Doctor } from './doctors.ts';
import type { Link } from './link.ts';
import { misRead, orEmpty } from './read-error.ts';
import type { Reference } from './reference.ts';
import type { Roster } from './roster.ts';
import { misInstant } from './time.ts';
import { inTurn } from './turns.ts';

/** A time of a doctor. */
type Place = Pick<Reference, 'idDoc' | 'start' | 'slot'>;

export interface Timetable {
  /** Kinds `schedule` and `slot`. @param only ids of doctors @throws MisReadError */
  read(window: Interval, only: readonly string[] | undefined, signal: AbortSignal): Promise<MisRecords>;
}

export function openTimetable(link: Link, roster: Roster): Timetable {
  async function read(window: Interval, only: readonly string[] | undefined, signal: AbortSignal): Promise<MisRecords> {
    const wanted = only === undefined ? undefined : new Set(only);
    const doctors = (await roster.known(signal)).filter(({ id }) => wanted?.has(id) ?? true);
    const { concurrency } = link.settings.guard;
    const slots = await inTurn(doctors, concurrency, (doctor) => readSlots(link, doctor, window, signal));
    return { schedule: doctors.map((doctor) => scheduleRecord(link, doctor)), slot: uniqueOf(slots.flat()) };
  }

  return {
    async read(window, only, signal) {
      try {
        return await misRead(link, () => read(window, only, signal));
      } catch (error) {
        roster.forget();
        throw error;
      }
    },
  };
}

/** @throws ExchangeError when one id names two times: a booking of it would be a guess */
function uniqueOf(slots: readonly MisRecord[]): readonly MisRecord[] {
  if (new Set(slots.map(({ key }) => key)).size < slots.length)
    throw new ExchangeError('untrusted', 'the same IdAppointment stands at several times');
  return slots;
}

export async function readSlots(
  link: Link,
  doctor: Pick<Doctor, 'id' | 'tickets' | 'specialities'>,
  window: Interval,
  signal: AbortSignal,
): Promise<MisRecord[]> {
  const { schedule, lpu, directory } = link.settings;
  if (schedule.onlyWithTickets && doctor.tickets === 0) return [];
  const { zone } = link.context;
  const asked = {
    idDoc: doctor.id,
    idLpu: lpu,
    idPat: directory.patient,
    // Whole days: which end is included differs from server to server.
    visitStart: `${localOf(window.start, zone).slice(0, 10)}T00:00:00`,
    visitEnd: `${localOf(window.end - 1, zone).slice(0, 10)}T23:59:59`,
  };
  const reading = link.read('GetAvaibleAppointments', asked, { signal });
  const listed = await orEmpty(
    link,
    reading.then((result) => result.ListAppointments),
  );
  const specialities = doctor.specialities.map((s) => ({ ...s }));
  return listed.flatMap((appointment) => {
    const record = slotRecord(link, { id: doctor.id, specialities }, appointment);
    return record !== undefined && isWithin(window, Date.parse(record.start)) ? [record] : [];
  });
}

const isWithin = ({ start, end }: Interval, instant: number): boolean => instant >= start && instant < end;

/** `{key: IdAppointment, schedule, start, end, status: free, room?, specialities}`; undefined without an id or a time */
export function slotRecord(
  link: Link,
  { id, specialities }: Pick<Doctor, 'id' | 'specialities'>,
  { IdAppointment, VisitStart, VisitEnd, Room }: HubData<'Appointment'>,
) {
  if (IdAppointment === undefined || VisitStart === undefined) return undefined;
  const { zone } = link.context;
  const start = misInstant(VisitStart, zone);
  const end = VisitEnd === undefined ? start : misInstant(VisitEnd, zone);
  const shortest = start + link.settings.schedule.defaultMinutes * 60_000;
  return {
    key: IdAppointment,
    schedule: id,
    start: fhirInstant(start),
    end: fhirInstant(end > start ? end : shortest),
    status: 'free',
    specialities,
    ...(Room !== undefined && { room: Room }),
  };
}

/** `{key: IdDoc, doctor, doctorName, clinic, specialities, area?, start, end}`; start and end change once a day. */
function scheduleRecord({ settings, context }: Link, { id, name, specialities, area }: Doctor): MisRecord {
  const today = startOfDay(localOf(context.clock(), context.zone).slice(0, 10), context.zone);
  const end = startOfDay(
    localOf(today + settings.schedule.horizonDays * 86_400_000, context.zone).slice(0, 10),
    context.zone,
  );
  return {
    key: id,
    doctor: id,
    doctorName: name,
    clinic: String(settings.lpu),
    specialities: specialities.map((s) => ({ ...s })),
    ...(area !== undefined && { area }),
    start: fhirInstant(today),
    end: fhirInstant(end),
  };
}

/** Whether that time is still listed. @throws ExchangeError, RefusedByHub */
export async function isFree(link: Link, place: Place, signal: AbortSignal): Promise<boolean> {
  const { zone } = link.context;
  const day = startOfDay(place.start.slice(0, 10), zone);
  const window = { start: day, end: misInstant(place.start, zone) + 1 };
  const slots = await readSlots(link, { id: place.idDoc, specialities: [] }, window, signal);
  return slots.some(({ key }) => key === place.slot);
}
