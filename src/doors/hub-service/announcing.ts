/**
 * The job that tells a concentrator of one booking: compares what it has accepted with what the Appointment is now, and tells the
 * difference, a step at a time. However often it runs, nothing is told twice that was accepted once; what was not is told again,
 * under the same idLpu and IdAppointment, by which a concentrator knows it (protocols/regiz.md §1.6).
 */
import type { Http } from '../../connectors/http.ts';
import type { HubServiceSettings } from '../../hub-service-settings.ts';
import { mayProcess } from '../../store/consent.sql.ts';
import { readDocument } from '../../store/documents.sql.ts';
import { type Reference, type Resource, referencedId } from '../../store/resource.ts';
import { readBookingOf } from '../../workflows/booking.sql.ts';
import { announcementOf, nextStep, type Saying, type Step, statusOf, statusTexts } from './announcement.ts';
import type { Caller } from './caller.ts';
import { NotAccepted, tell } from './concentrator.ts';
import { type Ground, openPlace, type Place } from './desk.ts';
import {
  markTold,
  type NotificationRow,
  releaseNotification,
  type Told,
  takeNotification,
} from './notification.sql.ts';

export interface NotificationJob {
  readonly caller: string;
  readonly appointment: string;
}

export interface Announcer {
  readonly ground: Ground;
  readonly settings: HubServiceSettings;
  readonly callers: readonly Caller[];
  readonly http: Http;
}

/** Booked, moved, booked anew, cancelled: a further change has a job of its own. */
const mostSteps = 4;
/** Seconds beside those of a call: what a process that was killed has taken is not waited for any longer. */
const slack = 15;

/** @throws NotAccepted when there is more to tell: the job comes again */
export async function announce(announcer: Announcer, job: NotificationJob): Promise<void> {
  const { pool } = announcer.ground;
  const lease = slack + (announcer.settings.callers[job.caller]?.notify?.timeoutSeconds ?? 0);
  const taken = await takeNotification(pool, job.caller, job.appointment, lease);
  if (taken === undefined) return;
  if (taken === 'busy') throw new NotAccepted('another process is telling of this booking');
  let failed = true;
  try {
    let row: NotificationRow | undefined = taken;
    for (let steps = 0; row !== undefined && steps < mostSteps; steps++) row = await tellNext(announcer, row, lease);
    failed = false;
  } finally {
    await releaseNotification(pool, taken, failed);
  }
}

/** Tells one step. @returns the row after it; undefined when there is nothing left to tell */
async function tellNext(
  announcer: Announcer,
  row: NotificationRow,
  lease: number,
): Promise<NotificationRow | undefined> {
  const { ground, settings, callers } = announcer;
  const notify = settings.callers[row.caller]?.notify;
  const caller = callers.find((c) => c.name === row.caller);
  const own = caller?.clinics.find((c) => c.clinic.number === row.clinic);
  // Since it was noted, the caller or the clinic has been taken out of the configuration.
  if (notify === undefined || caller === undefined || own === undefined) return undefined;
  const place = openPlace({ ground, caller }, own);
  const appointment = await read(place, 'Appointment', row.appointment);
  const step = appointment && nextStep(row, appointment);
  if (step === undefined) return undefined;
  const patient = await read(place, 'Patient', patientOf(appointment!));
  if (patient === undefined) return undefined;
  const mayTell = row.member !== null || (await mayProcess(ground.pool, patient.id!, 'notification'));
  if (!mayTell) return void (await markTold(ground.pool, row, { told: 'withheld' }, lease));
  const saying = { row, place, settings: notify, appointment: appointment!, patient, now: ground.clock() };
  await recordTelling(ground, caller, saying);
  return markTold(ground.pool, row, await say(announcer, saying, step), lease);
}

const patientOf = (appointment: Resource): string =>
  ((appointment['participant'] ?? []) as { actor?: Reference }[])
    .map((p) => referencedId(p.actor, 'Patient'))
    .find((id) => id !== undefined)!;

async function read({ db, viewer }: Place, type: string, id: string): Promise<Resource | undefined> {
  const found = await readDocument(db, viewer, type, id);
  return found && (JSON.parse(found.body) as Resource);
}

/** @throws NotAccepted */
async function say({ ground, settings, http }: Announcer, saying: Saying, step: Step): Promise<Told> {
  const { row, appointment } = saying;
  if (step === 'booked') {
    const member = row.member === null ? undefined : settings.callers[row.member]?.member;
    const parameters = await announcementOf(saying, member);
    const { IdNotification: number } = await tell(
      http,
      saying.settings,
      'SendNotificationAboutAppointment',
      parameters,
    );
    return { told: step, start: new Date(String(appointment['start'])), number };
  }
  const status = step === 'cancelled' ? await cancelledBy(ground, row) : step;
  const operation = 'SendNotificationAboutAppointmentStatus';
  await tell(http, saying.settings, operation, statusOf(saying, statusTexts[status]));
  return { told: step };
}

/** What vanished from the clinic's system, the clinic has cancelled. */
async function cancelledBy({ pool }: Ground, { appointment }: NotificationRow): Promise<'clinic' | 'patient'> {
  return (await readBookingOf(pool, appointment))?.state === 'lost_in_mis' ? 'clinic' : 'patient';
}

/** Written down before it is sent; when it cannot be, it is not sent. */
async function recordTelling({ audit, clock }: Ground, { principal }: Caller, { row, patient }: Saying): Promise<void> {
  const { subject, role, client } = principal;
  await audit.record([
    {
      ...{ at: clock(), kind: 'notification', action: 'R', interaction: 'notification', outcome: 0 },
      ...{ clinic: row.clinic, patient: patient.id!, resource: `Appointment/${row.appointment}` },
      agent: { subject, role, client },
    },
  ]);
}
