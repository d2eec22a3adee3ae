/** Operations on days and times of one doctor, in the clinic's zone (protocols/regiz.md §1.4). */
import { localOf, startOfDay } from '../../instant.ts';
import { type Call, type Handler, localTime, type Made, type Place, placeFor, placeOf, timeOf } from './desk.ts';
import type { Doctor } from './doctor.ts';
import { oneDoctor } from './doctors.ts';
import { readFree, readTimes, type Time } from './schedule.sql.ts';

interface Window {
  readonly visitStart?: string | undefined;
  readonly visitEnd?: string | undefined;
}

const day = 86_400_000;

/** The end of what is mirrored. */
export const openEnd = ({ clinic }: Place, now: number): Date => new Date(now + (clinic.config.sync.days + 1) * day);

/** A day that is named as the end belongs to what is asked for: callers name it so. Without an end, as far as is mirrored. */
function windowOf({ visitStart, visitEnd }: Window, place: Place, now: number): { from: Date; until: Date } {
  const { zone } = place.clinic;
  const from = visitStart === undefined ? now : timeOf(visitStart, place, 'visitStart');
  if (visitEnd === undefined) return { from: new Date(from), until: openEnd(place, now) };
  const end = timeOf(visitEnd, place, 'visitEnd');
  const isDay = localOf(end, zone).endsWith('T00:00:00');
  // The next midnight, also where a day has 23 hours or 25.
  const until = isDay ? startOfDay(localOf(end + day + day / 8, zone).slice(0, 10), zone) : end;
  return { from: new Date(from), until: new Date(until) };
}

/** What is free of a doctor and has not begun. */
async function freeTimes(
  call: Pick<Call<'GetAvailableDates'>, 'ground' | 'caller'>,
  asked: Pick<Call<'GetAvailableDates'>['parameters'], 'idDoc' | 'idLpu' | 'idPat'> & Window,
): Promise<{ place: Place; of: Doctor; times: readonly Time[] }> {
  const place = await placeFor(call, asked.idLpu, asked.idPat);
  const of = await oneDoctor(place, asked.idDoc);
  const now = call.ground.clock();
  const { from, until } = windowOf(asked, place, now);
  return { place, of, times: await readFree(place, of.id, new Date(Math.max(Number(from), now)), until) };
}

export const dates: Handler<'GetAvailableDates'> = async (call) => {
  const { place, times } = await freeTimes(call, call.parameters);
  const days = new Set(times.map((t) => localTime(t.start, place).slice(0, 10)));
  return { AvailableDateList: [...days].map((d) => `${d}T00:00:00`) };
};

export const writeTime = (place: Place, of: Doctor, time: Time): Made<'Appointment'> => ({
  Address: of.address,
  IdAppointment: time.id,
  Room: of.room,
  VisitEnd: localTime(time.end, place),
  VisitStart: localTime(time.start, place),
});

export const appointments: Handler<'GetAvaibleAppointments'> = async (call) => {
  const { place, of, times } = await freeTimes(call, call.parameters);
  return { ListAppointments: times.map((t) => writeTime(place, of, t)) };
};

/** A referral opens nothing that the patient's other data do not: for whom a doctor's time is, the hub decides by itself. */
export const appointmentsByReferral: Handler<'GetAppointmentsDemandDoctorsReferal'> = async (call) => {
  const { startVisit: visitStart, endVisit: visitEnd, ...rest } = call.parameters;
  const { place, of, times } = await freeTimes(call, { ...rest, visitStart, visitEnd });
  return { ListAppointments: times.map((t) => writeTime(place, of, t)) };
};

export const workingTime: Handler<'GetWorkingTime'> = async (call) => {
  const { parameters, ground } = call;
  const place = placeOf(call, parameters.idLpu);
  const { id } = await oneDoctor(place, parameters.idDoc);
  const { from, until } = windowOf(parameters, place, ground.clock());
  const now = ground.clock();
  const days = Map.groupBy(await readTimes(place, id, from, until), (t) => localTime(t.start, place).slice(0, 10));
  const WorkingTimeList = [...days.values()].map((times) => {
    const isOpen = times.some((t) => t.status === 0 && t.start.getTime() > now);
    const last = times.reduce((a, b) => (a.end > b.end ? a : b));
    return {
      DenyCause: isOpen ? undefined : 'Свободных талонов нет',
      RecordableDay: isOpen,
      VisitEnd: localTime(last.end, place),
      VisitStart: localTime(times[0]!.start, place),
    };
  });
  return { WorkingTimeList };
};
