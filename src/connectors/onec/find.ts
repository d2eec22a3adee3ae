/** What 1С holds for a request: by the УИД when there is one, else by the live schedule (RELIABILITY.md §4.3). */
import type { FoundBooking, MisRecord } from '../connector.ts';
import { MisReadError } from '../connector.ts';
import { RefusedByOnec } from './answer.ts';
import { type BookingRequest, parseRequest, UnfitRequest } from './booking-request.ts';
import type { Link } from './link.ts';
import { misRead } from './read-error.ts';
import { refusalOf } from './sentences.ts';
import type { OnecSettings } from './settings.ts';
import { checksSole, isSole, lookAtTime } from './sole.ts';

/**
 * The contract's `findBooking`. A request may be empty when there is a reference; then a УИД that 1С does not know means
 * `free`, since nothing of ours is there.
 * @throws MisReadError
 */
export function findBooking(
  link: Link,
  record: MisRecord,
  reference: string | undefined,
  signal: AbortSignal,
): Promise<FoundBooking> {
  return misRead(link, async () => {
    const request = requestOf(record, link);
    if (reference !== undefined) {
      const known = await findByReference(link, request, reference, signal);
      if (known !== undefined) return known;
      if (request === undefined) return { state: 'free' };
    }
    if (request === undefined) throw new MisReadError('neither a УИД nor a time to look for', false);
    return lookAtTime(link, request, signal);
  });
}

function requestOf(record: MisRecord, link: Link): BookingRequest | undefined {
  const settings: OnecSettings = { ...link.settings, booking: { ...link.settings.booking, required: [] } };
  try {
    return parseRequest(record, settings, link.context.zone);
  } catch (error) {
    if (error instanceof UnfitRequest) return undefined;
    throw error;
  }
}

/** @returns undefined when 1С does not know the УИД */
async function findByReference(
  link: Link,
  request: BookingRequest | undefined,
  reference: string,
  signal: AbortSignal,
): Promise<FoundBooking | undefined> {
  const status = await askStatus(link, reference, signal);
  if (status === undefined) return undefined;
  const { heldStatuses, unfinishedStatuses, cancelledStatuses } = link.settings.booking;
  if (unfinishedStatuses.includes(status)) return { state: 'unfinished', reference };
  if (cancelledStatuses.includes(status)) return { state: 'cancelled', reference };
  if (!heldStatuses.includes(status)) throw new MisReadError(`1С gives the status ${status}`, true);
  // New and unverified: a rival may stand beside it until the check after booking has been made.
  const fresh = checksSole(link) && status === '1' && request !== undefined;
  return { state: fresh && !(await isSole(link, request, signal)) ? 'unfinished' : 'held', reference };
}

async function askStatus(link: Link, reference: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await link.wire.readStatus(reference, { signal });
  } catch (error) {
    const { sentences } = link.settings.booking;
    if (error instanceof RefusedByOnec && refusalOf(error.sentence, sentences).meaning === 'unknown-reference')
      return undefined;
    throw error;
  }
}
