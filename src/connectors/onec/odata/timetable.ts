/** When doctors receive, and what of it is free: hours without visits (protocols/onec.md §5, §7.2). */
import { addDays, daysOf, fhirInstant, type Interval, localOf, startOfDay } from '../../../instant.ts';
import { MisReadError, type MisRecord, type MisRecords } from '../../connector.ts';
import { cut, merge, overlaps } from '../../interval.ts';
import { untrusted } from '../answer.ts';
import { present } from '../record.ts';
import type { Row } from './answer.ts';
import type { Hours } from './entities.ts';
import { type Link, readingOf } from './link.ts';
import type { StaffPlace } from './roster.ts';
import { guidIn, instantIn, minutesIn, textIn, timeOfDayIn } from './value.ts';
import { occupiedBy, readVisits, type Visit } from './visits.ts';
import { type LocalWindow, readWindow } from './window.ts';

interface Received extends Interval {
  readonly employee: string;
  readonly minutes: number | undefined;
}

/** Of one doctor. */
export interface Timetable {
  readonly place: StaffPlace;
  /** Milliseconds of a visit. */
  readonly length: number;
  /** Merged. */
  readonly hours: readonly Interval[];
  /** Occupied by visits that are not cancelled. */
  readonly visits: readonly Visit[];
}

/**
 * Timetables of all local days that the window touches; those who have no hours there are left out.
 * @param employee all when absent
 * @throws ExchangeError, MisReadError
 */
export async function readTimetables(
  link: Link,
  window: Interval,
  employee: string | undefined,
  signal: AbortSignal,
): Promise<Timetable[]> {
  const places = await link.roster.places(signal);
  const [hours, visits] = [[] as Received[], [] as Visit[]];
  for (const portion of portionsOf(link, window)) {
    hours.push(...(await readHours(link, portion, employee, signal)));
    visits.push(...(await readVisits(link, portion, employee, signal)));
  }
  if (hours.length === 0 && employee === undefined && !link.settings.schedule.allowEmpty)
    throw new MisReadError('1С shows no hours of anybody', true);
  const live = Map.groupBy(
    visits.filter(({ isLive }) => isLive),
    (visit) => visit.employee,
  );
  return [...Map.groupBy(hours, (one) => one.employee)].flatMap(([key, own]) => {
    const place = places.get(key);
    if (place === undefined) return [];
    const minutes = own.find((one) => one.minutes !== undefined)?.minutes;
    const length = minutesOf(link, place, minutes) * 60_000;
    return [{ place, length, hours: merge(own), visits: live.get(key) ?? [] }];
  });
}

/** A night shift, and a visit before midnight, begin a day earlier. */
function portionsOf({ settings, context }: Link, window: Interval): LocalWindow[] {
  const days = daysOf(window, context.zone);
  const first = addDays(days[0]!, -1);
  const all = [first, ...days];
  const { days: size } = settings.paging;
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => {
    const some = all.slice(i * size, (i + 1) * size);
    return { from: `${some[0]}T00:00:00`, until: `${addDays(some.at(-1)!, 1)}T00:00:00` };
  });
}

async function readHours(
  link: Link,
  window: LocalWindow,
  employee: string | undefined,
  signal: AbortSignal,
): Promise<Received[]> {
  const hours = link.settings.entities.hours!;
  const { fields } = hours;
  const terms = employee === undefined ? [] : [`${fields.employee} eq guid'${employee}'`];
  const reading = await readingOf(link, signal);
  const { marks } = reading.known.get(hours.set)!;
  const rows = await readWindow(reading, hours, { field: fields.day ?? fields.start, terms }, window);
  const found = rows.filter((row) => marks.every((mark) => row[mark] !== true));
  return found
    .flatMap((row) => receivedIn(row, hours, link.context.zone))
    .filter((one) => employee === undefined || one.employee === employee);
}

const longest = 25 * 3_600_000;
const day = 86_400_000;

/** A row with nobody, or without a beginning, is the draft of one. @throws ExchangeError `untrusted` */
function receivedIn(row: Row, { fields }: Hours, zone: string): Received[] {
  const employee = guidIn(row, fields.employee);
  const [start, end] = fields.day === undefined ? momentsIn(row, fields, zone) : hoursIn(row, fields, fields.day, zone);
  if (employee === undefined || start === undefined || end === undefined || start === end) return [];
  if (end < start || end - start > longest) throw untrusted('hours end before they begin or last days');
  return [{ employee, start, end, minutes: minutesIn(row, fields.minutes) }];
}

const momentsIn = (row: Row, fields: Hours['fields'], zone: string) =>
  [instantIn(row, fields.start, zone), instantIn(row, fields.end, zone)] as const;

/** The end of a day is midnight, which 1С writes as its beginning. */
function hoursIn(row: Row, fields: Hours['fields'], field: string, zone: string) {
  const date = textIn(row, field)?.slice(0, 10);
  if (date === undefined) return [undefined, undefined] as const;
  const [start, end] = [timeOfDayIn(row, fields.start, date, zone), timeOfDayIn(row, fields.end, date, zone)];
  const isMidnight = localOf(end, zone).endsWith('T00:00:00');
  return [start, end < start && isMidnight ? end + day : end] as const;
}

/** Minutes of a visit: the operator's word about the employee, what 1С says, his word about the speciality, the default. */
function minutesOf({ settings }: Link, { employee, specialization }: StaffPlace, told: number | undefined): number {
  const { durations, defaultDuration } = settings.schedule;
  const bySpecialization = specialization === undefined ? undefined : durations.specializations[specialization];
  return durations.employees[employee] ?? told ?? bySpecialization ?? defaultDuration;
}

/** Kinds `schedule` and `slot`, as `../schedule.ts` gives them. @param only keys of schedules @throws MisReadError, ExchangeError */
export async function readScheduleRecords(
  link: Link,
  window: Interval,
  only: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<MisRecords> {
  const sole = only?.length === 1 ? only[0]!.split(';')[0] : undefined;
  const wanted = only === undefined ? undefined : new Set(only);
  const tables = (await readTimetables(link, window, sole, signal)).filter(
    ({ place }) => wanted?.has(place.key) ?? true,
  );
  return {
    schedule: tables.map((table) => scheduleRecord(table, link)),
    slot: tables.flatMap((table) => slotsOf(table, window)),
  };
}

function scheduleRecord({ place, length }: Timetable, { context, settings }: Link): MisRecord {
  const { key, employee, branch, employeeName, specialization } = place;
  const { zone, clock } = context;
  const today = localOf(clock(), zone).slice(0, 10);
  const end = startOfDay(addDays(today, settings.schedule.horizonDays), zone);
  const [duration, isCabinet] = [length / 60_000, false];
  const own = { key, employee, branch, employeeName, specialization, duration, isCabinet };
  return present({ ...own, start: fhirInstant(startOfDay(today, zone)), end: fhirInstant(end) });
}

/**
 * Slots that begin within the window. Hours are cut from their own beginning, whatever is booked, so that a time keeps its name;
 * a rest that is shorter than a visit is dropped. Whatever a visit touches is busy.
 */
function slotsOf({ place, length, hours, visits }: Timetable, window: Interval): MisRecord[] {
  const { key, employee, branch, specialization } = place;
  const occupied = merge(visits.flatMap((visit) => occupiedBy(visit, length) ?? []));
  const shared = { schedule: key, employee, branch, specialization, duration: length / 60_000 };
  const pieces = hours.flatMap((interval) => cut(interval, length, 'drop'));
  return pieces
    .filter(({ start }) => start >= window.start && start < window.end)
    .map((piece) => {
      const [start, end] = [fhirInstant(piece.start), fhirInstant(piece.end)];
      const isBusy = occupied.some((interval) => overlaps(interval, piece));
      const state = isBusy ? { status: 'busy', reason: 'booked' } : { status: 'free' };
      return present({ key: `${key};${start}`, ...shared, start, end, ...state });
    });
}
