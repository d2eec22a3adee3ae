/**
 * Журнал отложенной записи (protocols/regiz.md §4): patients who wait for a time that is not there yet. The journal gives a request
 * a number (IdPar) and no idempotency key: one whose answer was lost is known by our id in its text.
 */
import type { MisRecord, WriteContext, WriteOutcome } from '../connector.ts';
import { MisReadError } from '../connector.ts';
import { ExchangeError } from '../exchange.ts';
import type { FoundRequest, JournalAbility } from '../waitlist-ability.ts';
import { parsePatient, parseWaiting, UnfitRequest, type WaitingRequest } from './booking-request.ts';
import type { DeferredData } from './contract/hub.ts';
import { findByNumber, findTimes, readJournal, statuses } from './journal.ts';
import type { Call, Link } from './link.ts';
import { cardOf, checkPatient } from './patient.ts';
import { misRead } from './read-error.ts';
import { RefusedByHub, refusalOf } from './refusal.ts';
import { beforeWriting, unsent } from './unsent.ts';

/** The contract's `register`. */
export async function register(link: Link, record: MisRecord, context: WriteContext): Promise<WriteOutcome> {
  const call: Call = { ...context, chain: {} };
  let request: DeferredData<'RegisterPARequestRequest'>;
  try {
    const parsed = parseWaiting(record, link.settings);
    const card = await cardOf(link, parsed.patient, call);
    if (typeof card !== 'string') return card;
    request = requestOf(link, parsed, card);
  } catch (error) {
    return beforeWriting(link, error);
  }
  try {
    const { IdPar } = await link.write('RegisterPARequest', { request }, call);
    return IdPar === undefined
      ? { outcome: 'unknown', cause: 'no IdPar in the answer' }
      : { outcome: 'confirmed', reference: IdPar };
  } catch (error) {
    return writeOutcome(link, error);
  }
}

function requestOf(link: Link, { patient, wish }: WaitingRequest, idPat: string) {
  const { Birthday, Surname, Name, SecondName, CellPhone } = patient;
  return {
    PARequest: {
      FerIdSpeciality: wish.ferIdSpeciality,
      IdDoc: wish.idDoc,
      IdLpu: String(link.settings.lpu),
      IdSpeciality: wish.idSpeciality,
      NameDoc: wish.nameDoc,
      NameSpeciality: wish.nameSpeciality,
    },
    PARequestInfo: { Claim: wish.claim, Info: wish.info },
    PARequestPatient: {
      BirthDate: Birthday && `${Birthday}T00:00:00`,
      FirstName: Name,
      IdPatient: idPat,
      LastName: Surname,
      MiddleName: SecondName,
      PARequestPatientContacts: { Phone: CellPhone },
    },
    PASource: link.settings.waitlist.source,
    PreferredIntervals: wish.intervals.map(({ start, end }) => ({ EndDate: end, StartDate: start })),
  };
}

function writeOutcome(link: Link, error: unknown): WriteOutcome {
  if (error instanceof ExchangeError)
    return error.failure === 'unsent' ? unsent : { outcome: 'unknown', cause: error.message };
  if (!(error instanceof RefusedByHub)) throw error;
  const { meaning, text } = refusalOf(error, link.settings.codes);
  if (meaning === 'rule' || meaning === 'unsent') return { outcome: 'rejected', reason: meaning, text };
  return { outcome: 'unknown', cause: error.message };
}

/** The contract's `findRequest`. @throws MisReadError */
export function findRequest(
  link: Link,
  record: MisRecord,
  reference: string | undefined,
  signal: AbortSignal,
): Promise<FoundRequest> {
  return misRead(link, async () => {
    const call: Call = { signal, chain: {} };
    const found =
      reference === undefined ? await findOwn(link, record, call) : await findByNumber(link, reference, call);
    return found === undefined ? { state: 'none' } : foundOf(found);
  });
}

type Info = DeferredData<'SearchPARequestInfo'>;

/** Among all requests of the patient, the one whose text holds our id. */
async function findOwn(link: Link, record: MisRecord, call: Call): Promise<Info | undefined> {
  const { patient, wish } = waitingOf(link, record);
  const IdPatient = await checkPatient(link, patient, call);
  if (IdPatient === undefined) return undefined;
  const filter = { IdInfos: [{ IdLpu: String(link.settings.lpu), IdPatient }] };
  const { PARequests = [] } = await link.read('SearchPARequests', { filter }, call);
  return PARequests.find((one) => one.PARequestInfo?.Info === wish.info);
}

/** The contract's journal. */
export const journalOf = (link: Link): JournalAbility => ({
  read: (only, signal) => readJournal(link, only, signal),
  findPatient: (record, signal) => misRead(link, () => findPatient(link, record, { signal })),
  findTimes: (reference, signal) => findTimes(link, reference, signal),
});

/** IdPat of the only card that fits a Patient. @throws ExchangeError, RefusedByHub */
async function findPatient(link: Link, record: MisRecord, call: Call): Promise<string | undefined> {
  try {
    return await checkPatient(link, parsePatient(record, link.settings), call);
  } catch (error) {
    if (error instanceof UnfitRequest) return undefined;
    const meaning = error instanceof RefusedByHub && refusalOf(error, link.settings.codes).meaning;
    if (meaning === 'rule' || meaning === 'ambiguous-patient') return undefined;
    throw error;
  }
}

/** @throws MisReadError when there is nothing by which it could be known */
function waitingOf(link: Link, record: MisRecord): WaitingRequest {
  try {
    return parseWaiting(record, link.settings);
  } catch (error) {
    if (error instanceof UnfitRequest) throw new MisReadError('neither a number nor a request to look for', false);
    throw error;
  }
}

/** DeactivationReason in words for the patient. */
const reasons: Readonly<Record<number, string>> = {
  1: 'Заявка отозвана пациентом',
  2: 'Клиника не смогла с вами связаться',
  3: 'В клинике нет такого специалиста',
  4: 'Вас записали в другую клинику',
  5: 'Услуга уже оказана',
};

/** @throws ExchangeError for a status that the contract does not have */
function foundOf({ IdPar, PARequestStatus, PARequestDeactivationInfo }: Info): FoundRequest {
  const reference = IdPar;
  if (reference === undefined) throw new ExchangeError('untrusted', 'a request without a number');
  if (PARequestStatus === statuses.active) return { state: 'waiting', reference };
  if (PARequestStatus === statuses.booked) return { state: 'booked', reference };
  if (PARequestStatus !== statuses.cancelled) throw new ExchangeError('untrusted', 'a request in no known status');
  const text = reasons[PARequestDeactivationInfo?.DeactivationReason ?? 0];
  return { state: 'cancelled', reference, ...(text !== undefined && { text }) };
}

/** The contract's `cancel`: whatever was answered, the journal tells what became of it. */
export async function cancelRequest(
  link: Link,
  reference: string,
  reason: string | undefined,
  context: WriteContext,
): Promise<WriteOutcome> {
  const call: Call = { ...context, chain: {} };
  const { source: PASource, cancelReason: DeactivationReason } = link.settings.waitlist;
  const request = { DeactivationComment: reason, DeactivationReason, IdPar: reference, PASource };
  try {
    const { CancellationResult } = await link.write('CancelPARequest', { request }, call);
    if (CancellationResult === true) return { outcome: 'confirmed', reference };
  } catch (error) {
    if (error instanceof ExchangeError && error.failure === 'unsent') return unsent;
    if (!(error instanceof ExchangeError) && !(error instanceof RefusedByHub)) throw error;
  }
  return stands(link, reference, call);
}

async function stands(link: Link, reference: string, call: Call): Promise<WriteOutcome> {
  try {
    const found = await findByNumber(link, reference, call);
    if (found === undefined || found.PARequestStatus === statuses.cancelled) return { outcome: 'confirmed', reference };
    if (found.PARequestStatus === statuses.booked)
      return { outcome: 'rejected', reason: 'rule', text: 'Клиника уже записала вас по этой заявке.' };
    return { outcome: 'unknown', reference, cause: 'the request still stands' };
  } catch (error) {
    if (!(error instanceof ExchangeError) && !(error instanceof RefusedByHub)) throw error;
    return { outcome: 'unknown', reference, cause: error.message };
  }
}
