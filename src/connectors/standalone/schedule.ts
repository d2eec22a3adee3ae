/** Templates and bookings → records `schedule` and `slot`. */
import { setImmediate } from 'node:timers/promises';
import { addDays, daysOf, fhirInstant, type Interval, localOf, startOfDay } from '../../instant.ts';
import type { MisRecord, MisRecords } from '../connector.ts';
import { overlaps } from '../interval.ts';
import type { Template } from '../template-ability.ts';
import { readTaken, type TakenTime } from './booking.sql.ts';
import { visitsOn } from './grid.ts';
import type { Link } from './link.ts';
import type { Place } from './place.ts';
import { readTemplates } from './template.sql.ts';

/**
 * Kinds:
 * - `schedule`: key = `practitioner;branch`, practitioner, practitionerName, branch, branchName, specialty?, start, end: the horizon
 * - `slot`: key = `schedule;start`, schedule, specialty?, start, end, status: free|busy, reason?: booked
 *
 * A booked time is there as it was booked, whatever templates say by now; what they offer at the same time is not there.
 * @throws MisReadError
 */
export async function readSchedule(
  link: Link,
  window: Interval,
  only: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<MisRecords> {
  const { clinic } = link.context;
  const places = link.places.filter(({ key }) => only?.includes(key) ?? true);
  const keys = places.map(({ key }) => key);
  const practitioners = places.map(({ practitioner }) => practitioner);
  const ask = { operation: 'schedule', request: { ...written(window), ...(only && { only }) }, signal };
  const [templates, taken] = await link.read(
    ask,
    async (db) => [await readTemplates(db, clinic, keys), await readTaken(db, clinic, practitioners, window)] as const,
  );
  const bySchedule = Map.groupBy(templates, (t) => t.schedule);
  const byPractitioner = Map.groupBy(taken, (t) => t.practitioner);
  const horizon = horizonOf(link);
  const slot: MisRecord[] = [];
  for (const place of places) {
    const own = bySchedule.get(place.key) ?? [];
    const times = byPractitioner.get(place.practitioner) ?? [];
    for (const one of slotsOf(link, place, own, times, window, horizon)) slot.push(one);
    // A hundred thousand slots take a while: others get their turn in between.
    await setImmediate();
  }
  return { schedule: places.map((place) => ({ ...place, ...written(horizon) })), slot };
}

const written = ({ start, end }: Interval) => ({ start: fhirInstant(start), end: fhirInstant(end) });

/** From the beginning of today, so that it changes once a day. */
function horizonOf({ context: { clock, zone }, settings }: Link): Interval {
  const today = localOf(clock(), zone).slice(0, 10);
  return { start: startOfDay(today, zone), end: startOfDay(addDays(today, settings.horizonDays), zone) };
}

/** Those that begin within the window, in order. */
function slotsOf(
  { context: { zone } }: Link,
  { key, specialty }: Place,
  templates: readonly Template[],
  taken: readonly TakenTime[],
  window: Interval,
  horizon: Interval,
): MisRecord[] {
  const end = Math.min(window.end, horizon.end);
  const days = window.start < end ? daysOf({ start: window.start, end }, zone) : [];
  const within = ({ start }: Interval) => start >= window.start && start < window.end;
  const free = days
    .flatMap((day) => visitsOn(day, templates, zone))
    .filter((visit) => within(visit) && !taken.some((time) => overlaps(time, visit)));
  const booked = taken.filter((time) => time.schedule === key && within(time));
  const record = (time: Interval, status: object) => ({
    key: `${key};${fhirInstant(time.start)}`,
    schedule: key,
    ...(specialty !== undefined && { specialty }),
    ...written(time),
    ...status,
  });
  const all = [
    ...free.map((time) => record(time, { status: 'free' })),
    ...booked.map((time) => record(time, { status: 'busy', reason: 'booked' })),
  ];
  return all.sort((a, b) => (a.start < b.start ? -1 : 1));
}
