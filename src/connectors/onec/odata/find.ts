/** What 1С holds for a request: by what is kept of the attempt, else by the doctor's time (RELIABILITY.md §4.3). */
import { type FoundBooking, MisReadError, type MisRecord } from '../../connector.ts';
import { lookAtTime, readHolding, readRivals } from './holding.ts';
import type { Link } from './link.ts';
import { misRead } from './read-error.ts';
import { type Reference, readReference, writeReference } from './reference.ts';
import { isWhole, timeIn, type VisitRequest } from './visit-request.ts';
import type { Visit } from './visits.ts';

/**
 * The contract's `findBooking`. Without a reference nothing was written: it is kept before that. A request may be empty where
 * there is a reference.
 * @throws MisReadError
 */
export function findBooking(
  link: Link,
  record: MisRecord,
  given: string | undefined,
  signal: AbortSignal,
): Promise<FoundBooking> {
  return misRead(link, async () => {
    const request = timeIn(link, record);
    if (given !== undefined) {
      const reference = readReference(given);
      const { live, cancelled } = await readHolding(link, reference, request, signal);
      if (live.length > 0) return stateOf(link, reference, live, request, signal);
      if (cancelled.length > 0) return { state: 'cancelled', reference: given };
      if (request === undefined) return { state: 'free' };
    }
    if (request === undefined) throw new MisReadError('neither a reference nor a time to look for', false);
    return { state: await lookAtTime(link, request, signal) };
  });
}

/** One that was never confirmed may lack what 1С has dropped, or stand beside another: it is unfinished until that is settled. */
async function stateOf(
  link: Link,
  reference: Reference,
  live: readonly Visit[],
  request: VisitRequest | undefined,
  signal: AbortSignal,
): Promise<FoundBooking> {
  const visit = live[0]!;
  const held: FoundBooking = { state: 'held', reference: writeReference({ ...reference, visit: visit.key }) };
  if (reference.visit !== undefined) return held;
  const unfinished: FoundBooking = { state: 'unfinished', reference: writeReference(reference) };
  if (live.length > 1 || !isWhole(link, visit, reference.mark)) return unfinished;
  const length = request === undefined ? link.settings.schedule.defaultDuration * 60_000 : request.end - request.start;
  const rivals = await readRivals(link, visit, length, [visit.key], signal);
  return rivals.length > 0 ? unfinished : held;
}
