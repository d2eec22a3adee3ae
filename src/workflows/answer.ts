/** What a client is told of a booking: its Appointment as it is now, or why it was refused. */
import { Fault } from '../fault.ts';
import { stampDocument } from '../store/document.ts';
import { readDocument, type StoredDocument } from '../store/documents.sql.ts';
import type { Viewer } from '../store/visibility.ts';
import { draftAppointment } from './appointment-document.ts';
import { type BookingRow, markTold, readBooking, readBookingOf } from './booking.sql.ts';
import { type IdempotencyKey, readKey, type SlotFacts } from './claim.sql.ts';
import type { BookingContext } from './conclusion.ts';
import { refusalOf } from './refusal.ts';

export interface Answer {
  readonly outcome: 'booked' | 'pending' | 'cancelled' | 'cancelling';
  readonly document: StoredDocument;
  /** The key was used before: nothing new was done. */
  readonly repeated: boolean;
  /** The events that were given with the order are in the audit. */
  readonly noted?: boolean;
}

/**
 * That the viewer sees the Appointment, in this version.
 * @param version of the Appointment that is to be changed; whichever there is when absent
 * @throws Fault not-found; version-mismatch when there is another by now
 */
export async function readVersion(
  { pool }: BookingContext,
  viewer: Viewer,
  appointment: string,
  version?: number,
): Promise<void> {
  const seen = await readDocument(pool, viewer, 'Appointment', appointment);
  if (seen === undefined) throw new Fault('not-found', 'There is no such Appointment.');
  if (version !== undefined && version !== seen.version)
    throw new Fault(
      'version-mismatch',
      `The current version is ${seen.version}: read it again and repeat the change.`,
      {
        expression: 'http.if-match',
      },
    );
}

/** The booking behind an Appointment that the viewer sees. @param version see readVersion @throws as that; Fault business-rule */
export async function readVisibleBooking(
  context: BookingContext,
  viewer: Viewer,
  appointment: string,
  version?: number,
): Promise<BookingRow> {
  // The booking first: as long as this one stands, so does the version that is read after it.
  const row = await readBookingOf(context.pool, appointment);
  await readVersion(context, viewer, appointment, version);
  if (row === undefined)
    throw new Fault('business-rule', 'This Appointment was not made here: the clinic changes it.', {
      code: 'not-ours',
    });
  return row;
}

/** The answer to a repeated request: the same Appointment in its current state. */
export async function answerOfKey(
  context: BookingContext,
  viewer: Viewer,
  key: IdempotencyKey,
): Promise<Answer | undefined> {
  const known = await readKey(context.pool, key.client, key.key);
  if (known === undefined) return undefined;
  if (!known.request.equals(key.request))
    throw new Fault(
      'key-reused',
      'This Idempotency-Key or If-None-Exist was used with another request: take a new one.',
      {
        expression: 'http.idempotency-key',
      },
    );
  return answerOf(context, viewer, (await readBooking(context.pool, known.booking))!, true);
}

/** What the state of a booking says to its client. @throws Fault when it was refused */
export async function answerOf(
  context: BookingContext,
  viewer: Viewer,
  row: BookingRow,
  repeated: boolean,
): Promise<Answer> {
  switch (row.state) {
    case 'confirmed':
    case 'cancelling':
    case 'cancel_unknown':
      return answer(context, viewer, row.appointment, 'booked', repeated);
    case 'cancelled':
    case 'lost_in_mis':
      return answer(context, viewer, row.appointment, 'cancelled', repeated);
    case 'rejected':
      if (row.told && !row.moves) return answer(context, viewer, row.appointment, 'cancelled', repeated);
      throw refusalOf(row);
    default:
      return tellPending(context, viewer, row, undefined, repeated);
  }
}

/** Says "pending"; with that the Appointment comes into being, unless it is an old one that is being moved. */
export async function tellPending(
  context: BookingContext,
  viewer: Viewer,
  row: BookingRow,
  facts: SlotFacts | undefined,
  repeated: boolean,
): Promise<Answer> {
  if (!row.told) {
    const clinic = context.clinics.byNumber(row.clinic)!;
    const draft = row.moves ? undefined : await draftAppointment(context, clinic, row, 'pending', facts);
    const document = draft && stampDocument(draft, 1, context.clock());
    if (!(await markTold(context.pool, row.id, document)))
      return answerOf(context, viewer, (await readBooking(context.pool, row.id))!, repeated);
  }
  return answer(context, viewer, row.appointment, 'pending', repeated);
}

/** The Appointment as the viewer sees it now. @throws Fault not-found */
export async function answer(
  context: BookingContext,
  viewer: Viewer,
  appointment: string,
  outcome: Answer['outcome'],
  repeated: boolean,
): Promise<Answer> {
  const document = await readDocument(context.pool, viewer, 'Appointment', appointment);
  if (document === undefined) throw new Fault('not-found', 'There is no such Appointment.');
  return { outcome, document, repeated };
}

/** Neither moved nor cancelled while its outcome is not known. */
export function notSettled(): Fault {
  return new Fault('in-progress', 'This Appointment is not settled yet: wait until its status is "booked".', {
    expression: 'Appointment.status',
    retryAfter: 5,
  });
}
