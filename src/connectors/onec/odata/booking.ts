/**
 * Booking by writing a document (protocols/onec.md §3.3, §7.5): read, compare, write, read back. 1С keeps no key of ours and
 * no version of its own, drops what it does not know and cuts what is long, all with status 200. So an answer to a write decides
 * nothing: what is read afterwards does. No write is ever repeated here.
 */
import type { MisRecord, WriteContext, WriteOutcome } from '../../connector.ts';
import { ExchangeError } from '../../exchange.ts';
import type { HttpAnswer } from '../../http.ts';
import { unsent } from '../outcome.ts';
import { RefusedByOdata, readWritten } from './answer.ts';
import { lookAtTime, readHolding, readRivals } from './holding.ts';
import { type Link, readingOf, roomOf } from './link.ts';
import { beforeWriting, causeOf, taken } from './outcome.ts';
import { cardOf } from './patients.ts';
import { newMark, type Reference, readReference, writeReference } from './reference.ts';
import { keyIn } from './value.ts';
import { fieldsOf, isWhole, parseVisit, type VisitRequest } from './visit-request.ts';
import { visitDiscretion } from './visits.ts';
import { withdraw } from './withdrawal.ts';

/** The contract's `book`. The reference that is given first holds the patient's card and a mark, by which the visit is found. */
export async function book(
  link: Link,
  record: MisRecord,
  earlier: string | undefined,
  progress: (reference: string) => Promise<void>,
  context: WriteContext,
): Promise<WriteOutcome> {
  try {
    const request = parseVisit(link, record);
    const known = earlier === undefined ? undefined : readReference(earlier);
    const settled = known && (await settle(link, request, known, context));
    if (settled !== undefined) return settled;
    if ((await lookAtTime(link, request, context.signal)) === 'taken') return taken;
    const patient = known?.patient ?? (await cardOf(link, request.person, context));
    if (typeof patient !== 'string') return patient;
    const reference = { patient, mark: known?.mark ?? newMark() };
    const { fields, set } = link.settings.entities.visits!;
    const room = roomOf(await readingOf(link, context.signal), set, fields.comment!);
    await progress(writeReference(reference));
    return await create(link, request, reference, fieldsOf(link, request, reference, room), context);
  } catch (error) {
    return beforeWriting(error);
  }
}

async function create(
  link: Link,
  request: VisitRequest,
  reference: Reference,
  fields: Readonly<Record<string, unknown>>,
  context: WriteContext,
): Promise<WriteOutcome> {
  let failure: unknown;
  const shown = await post(link, fields, context).catch((error: unknown) => {
    failure = error;
    return undefined;
  });
  if (failure instanceof ExchangeError && failure.failure === 'unsent') return unsent;
  const isRefused = failure instanceof RefusedByOdata;
  if (failure !== undefined && !isRefused && !(failure instanceof ExchangeError)) throw failure;
  try {
    const settled = await settle(link, request, reference, context, shown);
    if (settled !== undefined) return settled;
    // It said no, and there is nothing of ours: the desk was faster, or 1С has a rule of its own.
    if (isRefused) return (await lookAtTime(link, request, context.signal)) === 'taken' ? taken : refusedByRule;
  } catch (error) {
    return { outcome: 'unknown', reference: writeReference(reference), cause: causeOf(error) };
  }
  const cause = failure instanceof ExchangeError ? causeOf(failure) : '1С said yes and does not show the visit';
  return { outcome: 'unknown', reference: writeReference(reference), cause };
}

const refusedByRule: WriteOutcome = {
  outcome: 'rejected',
  reason: 'rule',
  text: 'Клиника не приняла запись. Позвоните в регистратуру.',
};

/** @returns GUID of the visit as 1С tells it @throws ExchangeError, RefusedByOdata */
function post(link: Link, fields: Readonly<Record<string, unknown>>, context: WriteContext): Promise<string> {
  const visits = link.settings.entities.visits!;
  const understand = (answer: HttpAnswer) => keyIn(readWritten(answer), visits.fields.key);
  return link.line.write({
    ...{ operation: `POST ${visits.set}`, method: 'POST', target: visits.set, fields, understand },
    discretion: visitDiscretion(visits, [String(fields[visits.fields.comment!])]),
    ...context,
  });
}

/**
 * What there is of this booking becomes its outcome: a visit that stands alone at its time is confirmed, whatever else there is of
 * ours is withdrawn.
 * @param shown GUID of a visit that 1С says it has just written
 * @returns undefined when there is nothing @throws ExchangeError, MisReadError while nothing has been withdrawn
 */
async function settle(
  link: Link,
  request: VisitRequest,
  reference: Reference,
  context: WriteContext,
  shown?: string,
): Promise<WriteOutcome | undefined> {
  const { live, cancelled } = await readHolding(link, reference, request, context.signal, shown);
  const [visit, ...others] = live;
  if (visit === undefined) return cancelled.length === 0 ? undefined : taken;
  const held = writeReference({ ...reference, visit: visit.key });
  if (reference.visit !== undefined) return { outcome: 'confirmed', reference: held };
  // Of two that were written, since the first came late, one is enough.
  for (const other of others)
    if (!(await withdraw(link, other, context)))
      return { outcome: 'unknown', reference: writeReference(reference), cause: 'a second visit cannot be withdrawn' };
  const ours = live.map(({ key }) => key);
  const verdict = isWhole(link, visit, reference.mark)
    ? (await readRivals(link, visit, request.end - request.start, ours, context.signal)).length > 0 && taken
    : refusedByRule;
  if (verdict === false) return { outcome: 'confirmed', reference: held };
  if (await withdraw(link, visit, context)) return verdict;
  return {
    outcome: 'unknown',
    reference: writeReference(reference),
    cause: 'a visit that may not stand is still there',
  };
}
