/**
 * Booking at a clinic behind РЕГИЗ (protocols/regiz.md §1.6, §6.5): the patient's card, then SetAppointment, then the history,
 * where alone the id of the booking stands. There is no idempotency key, so no write is ever repeated here.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { MisRecord, WriteContext, WriteOutcome } from '../connector.ts';
import { ExchangeError } from '../exchange.ts';
import { type BookingRequest, parsePatient, parseRequest } from './booking-request.ts';
import type { DeferredData } from './contract/hub.ts';
import { findVisit, readHistory } from './history.ts';
import { activeRequest } from './journal.ts';
import type { Call, Link } from './link.ts';
import { cardOf } from './patient.ts';
import { type Reference, readReference, writeReference } from './reference.ts';
import { RefusedByHub, refusalOf } from './refusal.ts';
import { isFree } from './schedule.ts';
import { beforeWriting, type Rejected, unsent } from './unsent.ts';

/** The contract's `book`. The reference that is given first holds the patient's id, by which the history can be asked. */
export async function book(
  link: Link,
  record: MisRecord,
  earlier: string | undefined,
  progress: (reference: string) => Promise<void>,
  context: WriteContext,
): Promise<WriteOutcome> {
  const call: Call = { ...context, chain: {} };
  try {
    const request = parseRequest(record, link.settings);
    const known = earlier === undefined ? undefined : readReference(earlier);
    // What an earlier attempt left may be a booking: asking again would be refused, or make a second one.
    const held = known && (await findHeld(link, known, call));
    if (held !== undefined) return { outcome: 'confirmed', reference: writeReference(held) };
    const { idPar } = request;
    const waiting = idPar === undefined ? undefined : await activeRequest(link, idPar, call);
    if (idPar !== undefined && waiting === undefined) return closed;
    // A request is for the card that it names: which that is has been found out when it was registered.
    const idPat =
      known?.idPat ??
      waiting?.PARequestPatient?.IdPatient ??
      (await cardOf(link, parsePatient(record, link.settings), call));
    if (typeof idPat !== 'string') return idPat;
    const reference = { idPat, idDoc: request.idDoc, start: request.start, slot: request.idAppointment };
    await progress(writeReference(reference));
    return await setAppointment(link, request, reference, waiting, call);
  } catch (error) {
    return beforeWriting(link, error);
  }
}

const closed: Rejected = { outcome: 'rejected', reason: 'rule', text: 'Клиника уже закрыла эту заявку.' };

async function setAppointment(
  link: Link,
  { idAppointment, doctorsReferral }: BookingRequest,
  reference: Reference,
  attachedPARequest: DeferredData<'ActivePARequestInfo'> | undefined,
  call: Call,
): Promise<WriteOutcome> {
  const { lpu: idLpu, codes } = link.settings;
  const unknown = (cause: string): WriteOutcome => ({
    outcome: 'unknown',
    reference: writeReference(reference),
    cause,
  });
  try {
    if (attachedPARequest === undefined)
      await link.write('SetAppointment', { idAppointment, idLpu, idPat: reference.idPat, doctorsReferral }, call);
    else await link.write('SetAppointmentByPARequest', { idAppointment, idLpu, attachedPARequest }, call);
  } catch (error) {
    if (error instanceof ExchangeError) return error.failure === 'unsent' ? unsent : unknown(error.message);
    if (!(error instanceof RefusedByHub)) throw error;
    const { meaning, text } = refusalOf(error, codes);
    // The same number says that somebody else is just booking another time of that day.
    if (meaning === 'taken' && (await isFree(link, reference, call.signal).catch(() => false))) return unsent;
    if (meaning === 'taken' || meaning === 'rule' || meaning === 'unsent')
      return { outcome: 'rejected', reason: meaning, text };
    return unknown(error.message);
  }
  return { outcome: 'confirmed', reference: writeReference(await identify(link, reference, call)) };
}

/**
 * With the id that the booking has in the history. The clinic has said yes: where its history cannot be read or shows it late,
 * the id of the slot stands in, which is that of the booking with some clinics; cancelling looks again.
 */
async function identify(link: Link, reference: Reference, call: Call): Promise<Reference> {
  const { historyTries, historyPause } = link.settings.booking;
  for (let tries = 1; ; tries++) {
    const held = await findHeld(link, reference, call).catch(() => undefined);
    if (held !== undefined || tries >= historyTries || call.signal.aborted) return held ?? reference;
    await pause(historyPause, undefined, { signal: call.signal }).catch(() => {});
  }
}

/** The booking as the history shows it among the coming visits. @throws ExchangeError, RefusedByHub */
export async function findHeld(link: Link, reference: Reference, call: Call): Promise<Reference | undefined> {
  const { visits } = await readHistory(link, reference.idPat, call);
  const visit = findVisit(link, visits, reference);
  return visit?.IdAppointment === undefined ? undefined : { ...reference, booking: visit.IdAppointment };
}

/** The contract's `cancel`. The reason has no place in the service's request. */
export async function cancel(link: Link, text: string, context: WriteContext): Promise<WriteOutcome> {
  const call: Call = { ...context, chain: {} };
  const reference = readReference(text);
  const confirmed: WriteOutcome = { outcome: 'confirmed', reference: text };
  try {
    const held = reference.booking === undefined ? await findHeld(link, reference, call) : reference;
    await refuse(link, held ?? reference, call);
    return confirmed;
  } catch (error) {
    return cancelOutcome(link, text, error);
  }
}

/** @throws ExchangeError, RefusedByHub */
async function refuse(link: Link, reference: Reference, call: Call): Promise<void> {
  // Where the history never showed it, the id of the slot is all that is known: with some clinics it is that of the booking.
  const asked = reference.booking ?? reference.slot;
  try {
    await claimRefusal(link, reference, asked, call);
  } catch (error) {
    const gone = error instanceof RefusedByHub && refusalOf(error, link.settings.codes).meaning === 'gone';
    if (!gone) throw error;
    // Cancelled before; or it has got another id since, under which it still stands.
    const held = await findHeld(link, reference, call);
    if (held?.booking === asked) throw error;
    if (held?.booking !== undefined) return claimRefusal(link, reference, held.booking, call);
    // That there is no booking with the id of the slot tells nothing of ours.
    if (reference.booking === undefined && !(await isFree(link, reference, call.signal))) throw error;
  }
}

/** @throws ExchangeError, RefusedByHub */
async function claimRefusal(link: Link, { idPat }: Reference, idAppointment: string, call: Call): Promise<void> {
  await link.write('CreateClaimForRefusal', { idLpu: link.settings.lpu, idPat, idAppointment }, call);
}

function cancelOutcome(link: Link, reference: string, error: unknown): WriteOutcome {
  if (error instanceof ExchangeError)
    return error.failure === 'unsent' ? unsent : { outcome: 'unknown', reference, cause: error.message };
  if (!(error instanceof RefusedByHub)) throw error;
  const { meaning, text } = refusalOf(error, link.settings.codes);
  if (meaning === 'rule') return { outcome: 'rejected', reason: 'rule', text };
  return meaning === 'unsent' ? unsent : { outcome: 'unknown', reference, cause: error.message };
}
