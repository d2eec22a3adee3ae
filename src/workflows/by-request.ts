/** Booking by the request of a patient who waits: the saga is that of every booking, the MIS closes the request (protocols/regiz.md §4). */
import type { Clinic } from '../connectors/clinic.ts';
import type { ReadSlot } from '../connectors/read-slot.ts';
import { Fault } from '../fault.ts';
import { readDocument } from '../store/documents.sql.ts';
import { isId, type Reference, type Resource, referencedId } from '../store/resource.ts';
import type { Viewer } from '../store/visibility.ts';
import { type BookingContext, withinDeadline } from './conclusion.ts';
import { markSuccessor, readWaitings, type WaitingRow } from './waiting.sql.ts';

interface Asked {
  readonly viewer: Viewer;
  readonly content: Resource;
  readonly patient: string;
  readonly waiting?: string | undefined;
}

const expression = 'Appointment.supportingInformation';

const notWaiting = (where: string): Fault =>
  new Fault('business-rule', 'This Appointment does not wait for a time (any more): book without it.', {
    expression: where,
    code: 'not-waiting',
  });

/**
 * The request by which an Appointment is to be booked, given or named in `supportingInformation`, is looked at from now on until it is closed.
 * @returns its number in the MIS; undefined when there is none
 * @throws Fault business-rule when that one is not this Patient's, of another clinic, or does not wait
 */
export async function beginByRequest(
  context: BookingContext,
  asked: Asked,
  clinic: number,
  appointment: string,
): Promise<string | undefined> {
  const request = await requestBehind(context, asked);
  if (request === undefined) return undefined;
  if (request.patient !== asked.patient || request.clinic !== clinic)
    throw new Fault('business-rule', 'The Appointment that waits is of another Patient or clinic.', {
      expression,
      code: 'waiting-of-other',
    });
  const marked = await markSuccessor(context.pool, request.id, appointment);
  if (marked === undefined) throw notWaiting(expression);
  return marked.reference!;
}

/** One that is named there and not seen is words alone; one that is given is meant. */
async function requestBehind(context: BookingContext, asked: Asked): Promise<WaitingRow | undefined> {
  const { viewer, content, waiting } = asked;
  if (waiting !== undefined) {
    const [given] = await readWaitings(context.pool, [waiting]);
    if (given === undefined || !(await sees(context, viewer, waiting))) throw notWaiting('http.waiting-reference');
    return given;
  }
  const named = ((content['supportingInformation'] ?? []) as Reference[]).flatMap((reference) => {
    const id = referencedId(reference, 'Appointment');
    return id !== undefined && isId(id) ? [id] : [];
  });
  const [row, ...others] = named.length === 0 ? [] : await readWaitings(context.pool, named);
  if (others.length > 0)
    throw new Fault('business-rule', 'Name one Appointment that waits, by which it is booked.', { expression });
  return row === undefined || (await sees(context, viewer, row.id)) ? row : undefined;
}

const sees = async ({ pool }: BookingContext, viewer: Viewer, id: string): Promise<boolean> =>
  (await readDocument(pool, viewer, 'Appointment', id)) !== undefined;

export interface RequestTimes {
  readonly patient: string;
  readonly clinic: Clinic;
  /** Whether the mirror has them or not. */
  readonly slots: readonly ReadSlot[];
}

/**
 * The times that the clinic's MIS offers now to one who waits.
 * @throws Fault business-rule for what does not wait, or not for this viewer; transient when the MIS does not tell
 */
export async function readRequestTimes(
  context: BookingContext,
  viewer: Viewer,
  appointment: string,
): Promise<RequestTimes> {
  const where = 'http.waiting-reference';
  const [row] = await readWaitings(context.pool, [appointment]);
  const clinic = row && context.clinics.byNumber(row.clinic);
  if (row === undefined || clinic === undefined || !(await sees(context, viewer, appointment))) throw notWaiting(where);
  const { reference, state, patient } = row;
  if (state !== 'waiting' || reference === null || clinic.journal === undefined) throw notWaiting(where);
  const { journal } = clinic;
  const slots = await withinDeadline(clinic, (signal) => journal.findTimes(reference, signal)).catch(
    (cause: unknown) => {
      throw new Fault('transient', "The clinic's system does not tell now which times it offers.", {
        retryAfter: 30,
        cause,
      });
    },
  );
  if (slots === undefined) throw notWaiting(where);
  return { patient, clinic, slots };
}
