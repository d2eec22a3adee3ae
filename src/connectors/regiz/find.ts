/** What the clinic holds for a request: by the patient's history, else by the doctor's free times (RELIABILITY.md §4.3). */
import type { FoundBooking, MisRecord } from '../connector.ts';
import { MisReadError } from '../connector.ts';
import { findHeld } from './booking.ts';
import { type BookingRequest, parseRequest, UnfitRequest } from './booking-request.ts';
import { findVisit, readHistory } from './history.ts';
import type { Call, Link } from './link.ts';
import { checkPatient } from './patient.ts';
import { misRead } from './read-error.ts';
import { type Reference, readReference, writeReference } from './reference.ts';
import { RefusedByHub, refusalOf } from './refusal.ts';
import { isFree } from './schedule.ts';

/** The contract's `findBooking`. @throws MisReadError */
export function findBooking(
  link: Link,
  record: MisRecord,
  given: string | undefined,
  signal: AbortSignal,
): Promise<FoundBooking> {
  return misRead(link, async () => {
    const call: Call = { signal, chain: {} };
    const request = requestOf(record, link);
    const reference = given === undefined ? await referenceOf(link, request, call) : readReference(given);
    if (reference !== undefined) {
      const held = await findHeld(link, reference, call);
      if (held !== undefined) return { state: 'held', reference: writeReference(held) };
      if (reference.booking !== undefined && (await isRefused(link, reference, call)))
        return { state: 'cancelled', reference: given! };
    }
    const place = reference ?? (request && { idDoc: request.idDoc, start: request.start, slot: request.idAppointment });
    if (place === undefined) throw new MisReadError('neither a reference nor a time to look for', false);
    return { state: (await isFree(link, place, signal)) ? 'free' : 'taken' };
  });
}

function requestOf(record: MisRecord, { settings }: Link): BookingRequest | undefined {
  try {
    return parseRequest(record, { ...settings, booking: { ...settings.booking, required: [] } });
  } catch (error) {
    if (error instanceof UnfitRequest) return undefined;
    throw error;
  }
}

/** Of a booking that left none: its process died before the clinic had told the patient's id, and so before it wrote. */
async function referenceOf(
  link: Link,
  request: BookingRequest | undefined,
  call: Call,
): Promise<Reference | undefined> {
  const idPat = request && (await idOf(link, request, call));
  if (request === undefined || idPat === undefined) return undefined;
  return { idPat, idDoc: request.idDoc, start: request.start, slot: request.idAppointment };
}

/** A patient whom the clinic will not name, for a rule or for several cards, has no history to look into. */
async function idOf(link: Link, request: BookingRequest, call: Call): Promise<string | undefined> {
  try {
    return await checkPatient(link, request.patient, call);
  } catch (error) {
    const meaning = error instanceof RefusedByHub && refusalOf(error, link.settings.codes).meaning;
    if (meaning === 'rule' || meaning === 'ambiguous-patient') return undefined;
    throw error;
  }
}

async function isRefused(link: Link, reference: Reference, call: Call): Promise<boolean> {
  const { refusals } = await readHistory(link, reference.idPat, call);
  return findVisit(link, refusals, reference) !== undefined;
}
