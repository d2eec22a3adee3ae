/** Booking, cancelling and the history of a patient: the saga that every door leads to (protocols/regiz.md §1.6). */
import { hash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '../../fault.ts';
import { readClosed } from '../../store/availability.sql.ts';
import { isId } from '../../store/resource.ts';
import type { Answer } from '../../workflows/answer.ts';
import { readBookingOf } from '../../workflows/booking.sql.ts';
import type { Order } from '../../workflows/booking.ts';
import { readOwnClaim } from '../../workflows/claim.sql.ts';
import { hasComing, readAppointment, readVisits } from './booking.sql.ts';
import { type Call, type Handler, localTime, type Place, patientOf, placeOf } from './desk.ts';
import { doctorsOf, writeDoctor, writeSpecialty } from './doctor.ts';
import { HubError, incomplete, unknownOutcome } from './error.ts';
import { patientToBook } from './patient.ts';
import { readScheduleOf, readSchedules } from './schedule.sql.ts';

type Booking = Call<'SetAppointment'>;

export const book: Handler<'SetAppointment'> = async (call) => {
  const { idAppointment, idLpu } = call.parameters;
  const place = placeOf(call, idLpu);
  const slot = idAppointment?.trim();
  if (slot === undefined) throw incomplete('idAppointment');
  if (!isId(slot)) throw new HubError(99, 'Неверный талон');
  const { id: patient } = await patientToBook(call, place);
  call.touched.add(patient!);
  const schedule = await readScheduleOf(place, slot);
  if (schedule === undefined) throw new HubError(38);
  const previous = await previousOf(call, place, patient!);
  const answer = await bookOnce(call, orderOf(call, place, slot, patient!, previous), async () => {
    await checkOpen(call, place, schedule, patient!);
    await checkOther(call, place, patient!, schedule, slot, previous);
  });
  call.note(`Appointment/${answer.document.id}`);
  await booked(call, place, answer);
  return { Type: 'отсутстствует_неопределено' };
};

/** @throws HubError 36, 33 */
async function checkOpen({ ground }: Booking, place: Place, schedule: string, patient: string): Promise<void> {
  const closed = await readClosed(ground.pool, ground.parameters, place.viewer.clinics, [patient]);
  const found = closed.find((c) => c.id === schedule);
  if (found !== undefined) throw new HubError(found.rule === 'attached' ? 36 : 33);
}

/** The Appointment that is to be given up for this one. @throws HubError 75 */
async function previousOf({ parameters }: Booking, place: Place, patient: string): Promise<string | undefined> {
  const id = parameters.idAppointmentPrev?.trim();
  if (id === undefined) return undefined;
  const found = isId(id) ? await readAppointment(place, id) : undefined;
  if (found?.patient !== patient) throw new HubError(75);
  return id;
}

/** @throws HubError 35 */
async function checkOther(
  { ground, onePerDoctor }: Booking,
  place: Place,
  patient: string,
  schedule: string,
  slot: string,
  previous: string | undefined,
): Promise<void> {
  if (!onePerDoctor) return;
  const but = { slot, appointment: previous ?? null, now: new Date(ground.clock()) };
  if (await hasComing(place, patient, schedule, but)) throw new HubError(35);
}

function orderOf(
  { caller, parameters }: Booking,
  place: Place,
  slot: string,
  patient: string,
  inPlaceOf: string | undefined,
): Omit<Order, 'key'> {
  const referral = parameters.doctorsReferral?.trim().slice(0, 100);
  const comment = referral && `Направление № ${referral}`;
  return {
    ...{ viewer: place.viewer, client: caller.principal.subject, slot, patient, inPlaceOf, repeatable: true },
    content: { resourceType: 'Appointment', status: 'proposed', ...(comment && { comment }) },
  };
}

/** Bookings of one time that one patient has given up and wants again. */
const mostAgain = 50;

/**
 * The contract has no key of idempotency; caller, patient and time together are one. Once the booking that was made with it is over,
 * the same call means another one, whose key has the id of the one before.
 * @param check of what is asked for the first time: what stands is not judged again
 */
async function bookOnce(
  { ground, parameters }: Booking,
  order: Omit<Order, 'key'>,
  check: () => Promise<void>,
): Promise<Answer> {
  const { slot, patient, client, viewer } = order;
  const request = hash('sha256', `${slot} ${patient}`, 'buffer');
  let text = `SetAppointment ${parameters.idLpu} ${patient} ${slot}`;
  for (let again = 0; again < mostAgain; again++) {
    const key = { client, key: text, request };
    const earlier = await ground.booking.answered(viewer, key);
    if (earlier === undefined) await check();
    const answer = earlier ?? (await ground.booking.book({ ...order, key }));
    if (!answer.repeated || answer.outcome !== 'cancelled') return answer;
    text = `SetAppointment ${parameters.idLpu} ${patient} ${slot} after ${answer.document.id}`;
  }
  throw new HubError(39);
}

const lookEvery = 200;

/** Whether an Appointment comes to one of these statuses before the caller would give up. */
async function comesTo(call: Pick<Booking, 'deadline'>, place: Place, id: string, statuses: readonly string[]) {
  for (;;) {
    const now = (await readAppointment(place, id))?.status;
    if (now !== undefined && statuses.includes(now)) return now;
    if (performance.now() + lookEvery > call.deadline) return undefined;
    await pause(lookEvery);
  }
}

/** Waits until it is certain. @throws HubError 39, 99 */
async function booked(call: Booking, place: Place, { outcome, document }: Answer): Promise<void> {
  if (outcome === 'booked') return;
  const now = await comesTo(call, place, document.id, ['booked', 'cancelled']);
  if (now === 'booked') return;
  if (now === undefined) throw new HubError(99, unknownOutcome);
  const row = await readBookingOf(call.ground.pool, document.id);
  if (row?.refusal === 'taken') throw new HubError(39);
  throw new HubError(99, row?.refusal === 'rule' ? (row.refusal_text ?? undefined) : 'Запись не выполнена');
}

export const cancel: Handler<'CreateClaimForRefusal'> = async (call) => {
  const { parameters, ground, touched, note } = call;
  const place = placeOf(call, parameters.idLpu);
  const asked = parameters.idAppointment?.trim();
  if (asked === undefined) throw incomplete('idAppointment');
  const { id: patient } = await patientOf(place, parameters.idPat);
  touched.add(patient!);
  if (!isId(asked)) throw new HubError(75);
  // Callers that know systems in which both ids are alike send that of the time.
  const id = (await readOwnClaim(ground.pool, asked, patient!, undefined))?.appointment ?? asked;
  const found = await readAppointment(place, id);
  if (found?.patient !== patient || found?.status === 'cancelled') throw new HubError(75);
  note(`Appointment/${id}`);
  const { outcome } = await ground.booking.cancel({ viewer: place.viewer }, id, undefined).catch(refusedCancel);
  if (outcome === 'cancelled') return {};
  if ((await comesTo(call, place, id, ['cancelled'])) === undefined) throw new HubError(99, unknownOutcome);
  return {};
};

function refusedCancel(error: unknown): never {
  if (error instanceof Fault && error.details.code === 'not-ours')
    throw new HubError(99, 'Эту запись отменяет сама медицинская организация');
  throw error;
}

const givenUpFor = 30 * 86_400_000;

export const history: Handler<'GetPatientHistory'> = async (call) => {
  const { ground, parameters, touched } = call;
  const place = placeOf(call, parameters.idLpu);
  const { id: patient } = await patientOf(place, parameters.idPat);
  touched.add(patient!);
  const now = ground.clock();
  const visits = await readVisits(place, patient!, new Date(now), new Date(now - givenUpFor));
  const schedules = visits.length === 0 ? [] : await readSchedules(place, [...new Set(visits.map((v) => v.schedule))]);
  const doctors = new Map(
    (
      await doctorsOf(
        place,
        schedules.map((s) => ({ ...s, active: true })),
      )
    ).map((d) => [d.id, d]),
  );
  const written = (status: string) =>
    visits
      .filter((v) => v.status === status)
      .map((visit) => {
        const doctor = doctors.get(visit.schedule);
        return {
          DateCreatedAppointment: localTime(visit.created, place),
          DoctorRendingConsultation: doctor && writeDoctor(place, doctor, []),
          IdAppointment: visit.id,
          SpecialityRendingConsultation: doctor && writeSpecialty(place, doctor.specialty, []),
          VisitStart: localTime(visit.start, place),
        };
      });
  return { ListHistoryRefusal: written('cancelled'), ListHistoryVisit: written('booked') };
};
