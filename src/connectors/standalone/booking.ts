/** Booking in a table of our own: a constraint decides who gets a time, and a reference made of the booking tells what is ours. */
import { fhirInstant } from '../../instant.ts';
import { type FoundBooking, MisReadError, type MisRecord, type WriteContext, type WriteOutcome } from '../connector.ts';
import { cancelBooking, insertBooking, isTaken, readBooking } from './booking.sql.ts';
import { cellsOf } from './grid.ts';
import type { Link } from './link.ts';
import { referenceOf, visitOf } from './request.ts';

const refuse = (reason: 'taken' | 'rule', text: string): WriteOutcome => ({ outcome: 'rejected', reason, text });

/** The contract's `book`. Asked again, it is the same booking. */
export async function book(
  link: Link,
  record: MisRecord,
  given: string | undefined,
  { signal, booking }: WriteContext,
): Promise<WriteOutcome> {
  const { clinic, zone } = link.context;
  const request = visitOf(record);
  if (request === undefined) return refuse('rule', 'Клиника не приняла дату и время записи.');
  const reference = given ?? referenceOf(clinic, request);
  const { schedule, start, end } = request;
  const cells = link.places.some(({ key }) => key === schedule) ? cellsOf(request, zone) : undefined;
  if (cells === undefined) return refuse('taken', 'Этого времени нет в расписании. Выберите другое.');
  const ask = {
    operation: 'book',
    request: { reference, schedule, start: fhirInstant(start), end: fhirInstant(end) },
    signal,
    booking,
  };
  return link.write(ask, reference, async (db) => {
    if (await insertBooking(db, clinic, reference, request, cells)) return { outcome: 'confirmed', reference };
    // Not by this attempt; an earlier one of the same booking may have made it.
    const state = await readBooking(db, clinic, reference).catch((): 'doubted' => 'doubted');
    if (state === 'doubted') return { outcome: 'unknown', reference, cause: 'what was booked cannot be read' };
    if (state === 'held') return { outcome: 'confirmed', reference };
    if (state === 'cancelled') return refuse('rule', 'Эта запись уже отменена.');
    return refuse('taken', 'Это время уже занято или больше не предлагается. Выберите другое.');
  });
}

/** The contract's `findBooking`: the reference is made of the request, so it is known even if nobody could keep it. */
export async function findBooking(
  link: Link,
  record: MisRecord,
  given: string | undefined,
  signal: AbortSignal,
): Promise<FoundBooking> {
  const { clinic } = link.context;
  const request = visitOf(record);
  const reference = given ?? (request && referenceOf(clinic, request));
  if (reference === undefined) throw new MisReadError('neither a reference nor a time to look for', false);
  return link.read({ operation: 'find', request: { reference }, signal }, async (db): Promise<FoundBooking> => {
    const state = await readBooking(db, clinic, reference);
    if (state !== undefined) return { state, reference };
    const taken = request !== undefined && (await isTaken(db, clinic, request.practitioner, request));
    return { state: taken ? 'taken' : 'free' };
  });
}

/** The contract's `cancel`. Why it is cancelled is kept with the Appointment alone. */
export function cancel(link: Link, reference: string, { signal, booking }: WriteContext): Promise<WriteOutcome> {
  return link.write({ operation: 'cancel', request: { reference }, signal, booking }, reference, async (db) => {
    await cancelBooking(db, link.context.clinic, reference);
    return { outcome: 'confirmed', reference };
  });
}
