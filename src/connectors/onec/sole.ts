/** What the employee's day shows at the time of a booking: free, taken, and by how many. */
import { type Interval, instantOf } from '../../instant.ts';
import { type FoundBooking, MisReadError } from '../connector.ts';
import { overlaps } from '../interval.ts';
import type { BookingRequest } from './booking-request.ts';
import type { Link } from './link.ts';
import { countBooked, durationOf, freeOf } from './schedule.ts';
import type { ScheduleEntry } from './schedule-entry.ts';
import { readSchedule } from './schedule-reading.ts';

interface Day {
  readonly time: Interval;
  /** Of the employee, in all branches. */
  readonly entries: readonly ScheduleEntry[];
}

/** @throws ExchangeError, RefusedByOnec; MisReadError when 1С shows nothing of this employee */
async function readDay(link: Link, request: BookingRequest, signal: AbortSignal): Promise<Day> {
  const start = instantOf(request.start, link.context.zone);
  const entries = await readSchedule(link, { start, end: start + 1 }, [request.EmployeeID], signal);
  if (entries.length === 0) throw new MisReadError('1С shows nothing of this employee on that day', true);
  const { specialization, minutes } = entries[0]!;
  const known = { employee: request.EmployeeID, specialization, minutes };
  const length = request.Duration ?? durationOf(known, link.settings);
  return { time: { start, end: start + length * 60_000 }, entries };
}

/** Whether a booking must be seen to stand alone: where so set, and where no reservation has kept others away. */
export const checksSole = (link: Link): boolean => link.settings.booking.verifySole || link.wire.atOnce !== undefined;

/** Whether the time of a booking that stands is occupied once. @throws as readDay; MisReadError when it is not occupied */
export async function isSole(link: Link, request: BookingRequest, signal: AbortSignal): Promise<boolean> {
  const { time, entries } = await readDay(link, request, signal);
  const count = countBooked(entries, time);
  if (count === 0) throw new MisReadError('1С holds the booking, but its schedule does not show it', true);
  return count === 1;
}

/**
 * `free` when all of the time lies in free time of that branch; `taken` otherwise, also when it is closed. Where nothing is reserved, a
 * booking that is there may be ours. @throws as readDay
 */
export async function lookAtTime(link: Link, request: BookingRequest, signal: AbortSignal): Promise<FoundBooking> {
  const { time, entries } = await readDay(link, request, signal);
  const busy = entries.flatMap((entry) => entry.busy);
  const free = entries.filter((entry) => entry.branch === request.Clinic).flatMap((entry) => entry.free);
  const there = busy.filter((period) => overlaps(period, time));
  // A break has a kind; a patient's booking has none.
  if (link.wire.atOnce !== undefined && there.some(({ kind }) => kind === undefined))
    return { state: 'taken', doubtful: true };
  if (there.length > 0) return { state: 'taken' };
  const holds = freeOf({ free, busy }, link.settings).some((f) => f.start <= time.start && time.end <= f.end);
  return { state: holds ? 'free' : 'taken' };
}
