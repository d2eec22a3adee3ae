/**
 * Booking in 1С (protocols/onec.md §1.4, §7.3): Reserve gives a УИД, Book turns that into a booking, Status says whether it
 * did. No write is ever repeated here, and nothing but a status confirms.
 */
import { MisReadError, type MisRecord, type WriteContext, type WriteOutcome } from '../connector.ts';
import { ExchangeError } from '../exchange.ts';
import { bareError, RefusedByOnec } from './answer.ts';
import { type BookingRequest, parseRequest, UnfitRequest } from './booking-request.ts';
import type { Link } from './link.ts';
import { refusalOf } from './sentences.ts';
import { isSole } from './sole.ts';

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

/** The outcome of the first write of an attempt, when it failed: only here can "nothing was sent" be the whole truth. */
function refusedFirst(error: unknown, link: Link): WriteOutcome {
  if (error instanceof ExchangeError && error.failure === 'unsent') return unsent;
  if (error instanceof RefusedByOnec) {
    const { meaning, text } = refusalOf(error.sentence, link.settings.booking.sentences);
    if (meaning === 'taken' || meaning === 'rule') return { outcome: 'rejected', reason: meaning, text };
  }
  return { outcome: 'unknown', cause: causeOf(error, link) };
}

const unsent = {
  outcome: 'rejected',
  reason: 'unsent',
  text: 'Система клиники сейчас не отвечает. Запись не отправлена, попробуйте позже.',
} as const;

/** For operators: names no person and quotes nothing. @throws what is no failure of an exchange */
function causeOf(error: unknown, link: Link): string {
  if (error instanceof ExchangeError) return `${error.failure}: ${error.message}`;
  if (error instanceof RefusedByOnec)
    return `1С refused (${refusalOf(error.sentence, link.settings.booking.sentences).meaning})`;
  if (error instanceof MisReadError) return error.message;
  throw error;
}

async function resume(link: Link, request: BookingRequest, guid: string, context: WriteContext): Promise<WriteOutcome> {
  const status = await statusOf(link, guid, context);
  const { confirmedStatuses, unfinishedStatuses, cancelledStatuses } = link.settings.booking;
  if (status === undefined) return { outcome: 'unknown', reference: guid, cause: 'the status cannot be read' };
  if (confirmedStatuses.includes(status)) return confirm(link, request, guid, context);
  if (unfinishedStatuses.includes(status)) return finish(link, request, guid, context);
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

function refusalIn(error: unknown, link: Link): WriteOutcome | undefined {
  if (!(error instanceof RefusedByOnec)) return undefined;
  const { meaning, text } = refusalOf(error.sentence, link.settings.booking.sentences);
  return meaning === 'taken' || meaning === 'rule' ? { outcome: 'rejected', reason: meaning, text } : undefined;
}

/** Gives a reservation back early; it lapses by itself if this fails. */
async function release(link: Link, guid: string, context: WriteContext): Promise<void> {
  await link.wire.cancel(guid, 'Запись не состоялась', context).catch((error) => causeOf(error, link));
}

async function confirm(
  link: Link,
  request: BookingRequest,
  guid: string,
  context: WriteContext,
): Promise<WriteOutcome> {
  const confirmed: WriteOutcome = { outcome: 'confirmed', reference: guid };
  if (!link.settings.booking.verifySole) return confirmed;
  const sole = await isSole(link, request, context.signal).catch((error) => causeOf(error, link));
  if (sole === true) return confirmed;
  if (sole !== false) return { outcome: 'unknown', reference: guid, cause: `sole holder not proven: ${sole}` };
  const cancelled = await cancel(link, guid, 'Время занято другой записью', context);
  if (cancelled.outcome === 'confirmed')
    return { outcome: 'rejected', reason: 'taken', text: 'Это время уже занято. Выберите другое.' };
  return { outcome: 'unknown', reference: guid, cause: 'two bookings at one time, ours could not be cancelled yet' };
}

/** Says that 1С does not know the УИД; no status code looks like this. */
export const unknownReference = 'unknown-reference';

/** Status code, `unknownReference`, or undefined when it cannot be told now. */
export async function statusOf(link: Link, guid: string, context: WriteContext): Promise<string | undefined> {
  try {
    return await link.wire.readStatus(guid, context);
  } catch (error) {
    if (error instanceof ExchangeError) return undefined;
    if (!(error instanceof RefusedByOnec)) throw error;
    const { meaning } = refusalOf(error.sentence, link.settings.booking.sentences);
    return meaning === 'unknown-reference' ? unknownReference : undefined;
  }
}

/** The contract's `cancel`: whatever Cancel answered, the status decides; the wrong answer would leave a patient expected. */
export async function cancel(
  link: Link,
  guid: string,
  reason: string | undefined,
  context: WriteContext,
): Promise<WriteOutcome> {
  const failure = await link.wire.cancel(guid, reason ?? 'Отменено пациентом', context).then(
    () => undefined,
    (error: unknown) => ({ error, cause: causeOf(error, link) }),
  );
  if (failure?.error instanceof ExchangeError && failure.error.failure === 'unsent')
    return { ...unsent, text: 'Система клиники сейчас не отвечает. Отмена не отправлена, попробуйте позже.' };
  const status = await statusOf(link, guid, context);
  const { cancelledStatuses, heldStatuses } = link.settings.booking;
  if (status === unknownReference || (status !== undefined && cancelledStatuses.includes(status)))
    return { outcome: 'confirmed', reference: guid };
  // Only an explicit no counts; a failure to hear may still be followed by a late yes.
  const saidNo = failure?.error instanceof RefusedByOnec && failure.error.sentence !== bareError;
  if (saidNo && status !== undefined && heldStatuses.includes(status)) return notCancelled;
  return {
    outcome: 'unknown',
    reference: guid,
    cause: failure?.cause ?? `cancelled, but the status is ${status ?? 'not told'}`,
  };
}

const notCancelled: WriteOutcome = {
  outcome: 'rejected',
  reason: 'rule',
  text: 'Клиника не отменила запись через интернет. Позвоните в регистратуру.',
};
