/** What 1С holds of a booking, and whether its time is free: reading only. */
import { addDays, type Interval, localOf, startOfDay } from '../../../instant.ts';
import { overlaps } from '../../interval.ts';
import type { Link } from './link.ts';
import { markText, type Reference } from './reference.ts';
import { readTimetables } from './timetable.ts';
import type { VisitRequest } from './visit-request.ts';
import { occupiedBy, readVisit, readVisits, readVisitsOf, type Visit } from './visits.ts';

/** Visits of this booking: one where all went well; cancelled ones among them. */
export interface Holding {
  readonly live: readonly Visit[];
  readonly cancelled: readonly Visit[];
}

/**
 * By the visit's GUID, else by our mark in the comment: among the visits of the patient, and among those of the doctor's day, for 1С
 * may have dropped the patient.
 * @param request as far as it is known
 * @param shown GUID of a visit that 1С says it has just written; it may have dropped the mark
 * @throws ExchangeError, MisReadError
 */
export async function readHolding(
  link: Link,
  reference: Reference,
  request: VisitRequest | undefined,
  signal: AbortSignal,
  shown?: string,
): Promise<Holding> {
  const written = shown === undefined ? undefined : await readVisit(link, shown, signal);
  const found = [...(await readOwn(link, reference, request, signal)), ...(written === undefined ? [] : [written])];
  const visits = [...new Map(found.map((visit) => [visit.key, visit])).values()];
  const ordered = visits.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return { live: ordered.filter(({ isLive }) => isLive), cancelled: ordered.filter(({ isLive }) => !isLive) };
}

async function readOwn(
  link: Link,
  { patient, mark, visit }: Reference,
  request: VisitRequest | undefined,
  signal: AbortSignal,
): Promise<readonly Visit[]> {
  if (visit !== undefined) {
    const found = await readVisit(link, visit, signal);
    // The desk may have used the document again, for somebody else.
    return found?.patient === patient ? [found] : [];
  }
  const theirs = await readVisitsOf(link, patient, signal);
  const sameDay = request === undefined ? [] : await readDay(link, request, signal);
  return [...theirs, ...sameDay].filter(({ comment }) => comment.includes(markText(mark)));
}

/** Visits of the doctor on the day of the request. */
function readDay(link: Link, { employee, start }: VisitRequest, signal: AbortSignal): Promise<Visit[]> {
  const day = localOf(start, link.context.zone).slice(0, 10);
  return readVisits(link, { from: `${day}T00:00:00`, until: `${addDays(day, 1)}T00:00:00` }, employee, signal);
}

/**
 * Visits of others at the time of one of ours, where it stands now.
 * @param length milliseconds, where 1С does not tell its end
 * @param ours keys of visits
 * @throws ExchangeError, MisReadError
 */
export async function readRivals(
  link: Link,
  { employee, start, end }: Visit,
  length: number,
  ours: readonly string[],
  signal: AbortSignal,
): Promise<Visit[]> {
  if (employee === undefined || start === undefined) return [];
  const time = { employee, start, end: end ?? start + length };
  const [table] = await readTimetables(link, dayOf(link, time), employee, signal);
  return (table?.visits ?? []).filter((visit) => !ours.includes(visit.key) && touches(visit, time, table!.length));
}

/** `taken`, too, where the doctor does not receive then. @throws ExchangeError, MisReadError */
export async function lookAtTime(link: Link, request: VisitRequest, signal: AbortSignal): Promise<'free' | 'taken'> {
  const [table] = await readTimetables(link, dayOf(link, request), request.employee, signal);
  if (table === undefined || table.place.branch !== request.branch) return 'taken';
  const { start, end } = request;
  const isReceiving = table.hours.some((hours) => hours.start <= start && end <= hours.end);
  return isReceiving && !table.visits.some((visit) => touches(visit, request, table.length)) ? 'free' : 'taken';
}

function touches(visit: Visit, time: Interval, length: number): boolean {
  const occupied = occupiedBy(visit, length);
  return occupied !== undefined && overlaps(occupied, time);
}

function dayOf({ context }: Link, { start, end }: Interval): Interval {
  return { start: startOfDay(localOf(start, context.zone).slice(0, 10), context.zone), end };
}
