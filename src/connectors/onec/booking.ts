/**
 * Booking in 1С (protocols/onec.md §1.4, §7.3): Reserve gives a УИД, Book turns that into a booking, Status says whether it
 * did. No write is ever repeated here, and nothing but a status confirms. A base without reservations is booked at once.
 */
import type { MisRecord, WriteContext, WriteOutcome } from '../connector.ts';
import { bookAtOnce } from './at-once.ts';
import { type BookingRequest, parseRequest, UnfitRequest } from './booking-request.ts';
import { confirm } from './confirmation.ts';
import type { Link } from './link.ts';
import { causeOf, refusalIn, refusedFirst, statusOf, unknownReference } from './outcome.ts';

type Progress = (reference: string) => Promise<void>;

/** The contract's `book` (`connector.ts`); `reference` is a УИД that an earlier attempt got. */
export async function book(
  link: Link,
  record: MisRecord,
  reference: string | undefined,
  progress: Progress,
  context: WriteContext,
): Promise<WriteOutcome> {
  let request: BookingRequest;
  try {
    request = parseRequest(record, link.settings, link.context.zone);
  } catch (error) {
    if (!(error instanceof UnfitRequest)) throw error;
    return { outcome: 'rejected', reason: 'rule', text: error.message };
  }
  if (reference !== undefined) return resume(link, request, reference, context);
  const { atOnce } = link.wire;
  if (atOnce !== undefined) return bookAtOnce(link, atOnce, request, progress, context);
  const reserved = await reserve(link, request, context);
  if (typeof reserved !== 'string') return reserved;
  await progress(reserved);
  return finish(link, request, reserved, context);
}

/** @returns УИД of a reservation that is ours, or how the attempt ended */
async function reserve(link: Link, request: BookingRequest, context: WriteContext): Promise<string | WriteOutcome> {
  let guid: string;
  try {
    guid = await link.wire.reserve(request, context);
  } catch (error) {
    return refusedFirst(error, link);
  }
  if (!link.settings.booking.checkReservation) return guid;
  // Book rewrites whatever document the УИД names: one that is not a fresh reservation may be somebody's booking.
  const status = await statusOf(link, guid, context);
  if (status !== undefined && link.settings.booking.unfinishedStatuses.includes(status)) return guid;
  return { outcome: 'unknown', cause: `reservation without a proof (status ${status ?? 'not told'})` };
}

async function resume(link: Link, request: BookingRequest, guid: string, context: WriteContext): Promise<WriteOutcome> {
  const status = await statusOf(link, guid, context);
  const { confirmedStatuses, unfinishedStatuses, cancelledStatuses } = link.settings.booking;
  if (status === undefined) return { outcome: 'unknown', reference: guid, cause: 'the status cannot be read' };
  if (confirmedStatuses.includes(status)) return confirm(link, request, guid, context);
  // A base without reservations has none of ours: writing to it might write over somebody's booking.
  if (unfinishedStatuses.includes(status) && link.wire.atOnce === undefined)
    return finish(link, request, guid, context);
  if (cancelledStatuses.includes(status) || status === unknownReference) return lapsed;
  return { outcome: 'unknown', reference: guid, cause: `status ${status}` };
}

const lapsed: WriteOutcome = {
  outcome: 'rejected',
  reason: 'taken',
  text: 'Бронь этого времени больше не действует. Выберите время ещё раз.',
};

/** Book, then Status: whatever Book answered, what 1С holds decides. */
async function finish(link: Link, request: BookingRequest, guid: string, context: WriteContext): Promise<WriteOutcome> {
  const failure = await link.wire.book(request, guid, context).then(
    () => undefined,
    (error: unknown) => ({ error, cause: causeOf(error, link) }),
  );
  const status = await statusOf(link, guid, context);
  if (status !== undefined && link.settings.booking.confirmedStatuses.includes(status))
    return confirm(link, request, guid, context);
  const refusal = refusalIn(failure?.error, link);
  // Refused in words we know, and 1С still shows the bare reservation: no booking of ours can come of this.
  if (refusal !== undefined && status !== undefined && link.settings.booking.unfinishedStatuses.includes(status)) {
    await release(link, guid, context);
    return refusal;
  }
  return {
    outcome: 'unknown',
    reference: guid,
    cause: failure?.cause ?? `booked, but the status is ${status ?? 'not told'}`,
  };
}

/** Gives a reservation back early; it lapses by itself if this fails. */
async function release(link: Link, guid: string, context: WriteContext): Promise<void> {
  await link.wire.cancel(guid, 'Запись не состоялась', context).catch((error) => causeOf(error, link));
}
