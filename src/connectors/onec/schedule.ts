/** Entries of the schedule → records `schedule` and `slot` (protocols/onec.md §1.3, §7.2). */
import { setImmediate } from 'node:timers/promises';
import { addDays, fhirInstant, type Interval, localOf, startOfDay } from '../../instant.ts';
import type { MisRecord, MisRecords } from '../connector.ts';
import { cut, merge, overlaps, subtract } from '../interval.ts';
import { isCabinet } from './cabinet.ts';
import type { Link } from './link.ts';
import { misRead } from './read-error.ts';
import type { Period, ScheduleEntry } from './schedule-entry.ts';
import { readSchedule } from './schedule-reading.ts';
import type { OnecSettings } from './settings.ts';

/** All entries of one employee in one branch. */
export interface MergedSchedule {
  /** `СотрудникID;Клиника` */
  readonly key: string;
  readonly employee: string;
  readonly branch: string;
  readonly employeeName: string;
  /** The first that is named; 1С knows one main specialisation per employee. */
  readonly specialization?: string;
  /** Minutes of a visit. */
  readonly duration: number;
  readonly isCabinet: boolean;
  readonly free: readonly Period[];
  readonly busy: readonly Period[];
  readonly extra?: Readonly<Record<string, unknown>>;
}

export const scheduleKey = (employee: string, branch: string): string => `${employee};${branch}`;

export function mergeEntries(entries: readonly ScheduleEntry[], settings: OnecSettings): MergedSchedule[] {
  return [...Map.groupBy(entries, (e) => scheduleKey(e.employee, e.branch))].map(([key, same]) => {
    const { employee, branch } = same[0]!;
    const employeeName = same.find((e) => e.employeeName !== '')?.employeeName ?? '';
    const specialization = same.find((e) => e.specialization !== undefined)?.specialization;
    const minutes = same.find((e) => e.minutes !== undefined)?.minutes;
    const extra = Object.assign({}, ...same.map((e) => e.extra));
    return {
      key,
      employee,
      branch,
      employeeName,
      ...(specialization !== undefined && { specialization }),
      duration: durationOf({ employee, specialization, minutes }, settings),
      isCabinet: isCabinet(employeeName, specialization, settings),
      free: same.flatMap((e) => e.free),
      busy: same.flatMap((e) => e.busy),
      ...(Object.keys(extra).length > 0 && { extra }),
    };
  });
}

interface DurationSources {
  readonly employee: string;
  readonly specialization: string | undefined;
  /** What 1С says of the doctor; undefined = not set. */
  readonly minutes: number | undefined;
}

/**
 * Minutes of a visit: the operator's word about the employee, what 1С says of him, the operator's word about the
 * specialisation, the default. Norms of single services play no part: a booking through the hub names no service, and
 * then 1С itself goes by the doctor and after him by its accounting policy, which the default stands for.
 */
export function durationOf({ employee, specialization, minutes }: DurationSources, settings: OnecSettings): number {
  const { durations, defaultDuration } = settings.schedule;
  const bySpecialization = specialization === undefined ? undefined : durations.specializations[specialization];
  return durations.employees[employee] ?? minutes ?? bySpecialization ?? defaultDuration;
}

/** Free time without what is busy: repeated entries of one employee may contradict each other. */
export function freeOf(schedule: Pick<MergedSchedule, 'free' | 'busy'>, settings: OnecSettings): Interval[] {
  const kinds = new Set(settings.schedule.workKinds.map((kind) => kind.toLowerCase()));
  const bookable = schedule.free.filter((period) => kinds.size === 0 || kinds.has(period.kind ?? ''));
  return subtract(merge(bookable), merge(schedule.busy));
}

/** Patients' bookings and breaks; a break that a booking overlaps counts as booked there. */
export function busyOf({ busy }: Pick<MergedSchedule, 'busy'>): { booked: Interval[]; breaks: Interval[] } {
  const booked = merge(busy.filter((period) => period.kind === undefined));
  const breaks = merge(busy.filter((period) => period.kind !== undefined));
  return { booked, breaks: subtract(breaks, booked) };
}

/**
 * Slot records of a schedule that begin within the window:
 * `{key: "<schedule>;<start>", schedule, start, end, status: free|busy|busy-unavailable, reason?: booked|break,
 * employee, branch, specialization?, duration}`. Free time is cut from the beginning of each free interval, a rest that is
 * shorter than a visit is dropped; busy time is cut alike, its rest is kept.
 */
export function slotsOf(schedule: MergedSchedule, settings: OnecSettings, window: Interval): MisRecord[] {
  const length = schedule.duration * 60_000;
  const { booked, breaks } = busyOf(schedule);
  const pieces = (busy: Interval): Interval[] =>
    settings.schedule.busy === 'whole' ? [busy] : cut(busy, length, 'keep');
  const { key, employee, branch, specialization, duration } = schedule;
  const shared = { schedule: key, employee, branch, ...(specialization !== undefined && { specialization }), duration };
  const record = (status: string, reason?: string) => (piece: Interval) => ({
    key: `${key};${fhirInstant(piece.start)}`,
    ...shared,
    start: fhirInstant(piece.start),
    end: fhirInstant(piece.end),
    status,
    ...(reason !== undefined && { reason }),
  });
  const within = (piece: Interval) => piece.start >= window.start && piece.start < window.end;
  return [
    ...freeOf(schedule, settings).flatMap((free) => cut(free, length, 'drop').filter(within).map(record('free'))),
    ...booked.flatMap((busy) => pieces(busy).filter(within).map(record('busy', 'booked'))),
    ...breaks.flatMap((busy) => pieces(busy).filter(within).map(record('busy-unavailable', 'break'))),
  ];
}

/**
 * Schedule record: `{key, employee, branch, employeeName, specialization?, duration, isCabinet, start, end, extra?}`;
 * `start` and `end` are the planning horizon from the beginning of today, so that they change once a day.
 */
export function scheduleRecord(schedule: MergedSchedule, link: Link): MisRecord {
  const { free: _free, busy: _busy, ...record } = schedule;
  const { zone, clock } = link.context;
  const today = localOf(clock(), zone).slice(0, 10);
  const start = fhirInstant(startOfDay(today, zone));
  const end = fhirInstant(startOfDay(addDays(today, link.settings.schedule.horizonDays), zone));
  return { ...record, start, end };
}

/** Kinds `schedule` and `slot`. @param only keys of schedules @throws MisReadError */
export async function readScheduleRecords(
  link: Link,
  window: Interval,
  only: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<MisRecords> {
  const employees = only?.map((key) => key.split(';')[0] ?? '');
  const entries = await misRead(link, () => readSchedule(link, window, employees, signal));
  const wanted = only === undefined ? undefined : new Set(only);
  const schedules = mergeEntries(entries, link.settings).filter(({ key }) => wanted?.has(key) ?? true);
  return {
    schedule: schedules.map((schedule) => scheduleRecord(schedule, link)),
    slot: await allSlots(schedules, link.settings, window),
  };
}

/** A hundred thousand slots take a fifth of a second: others get their turn in between. */
async function allSlots(
  schedules: readonly MergedSchedule[],
  settings: OnecSettings,
  window: Interval,
): Promise<MisRecord[]> {
  const slots: MisRecord[] = [];
  for (const schedule of schedules) {
    const before = Math.floor(slots.length / 5000);
    for (const slot of slotsOf(schedule, settings, window)) slots.push(slot);
    if (Math.floor(slots.length / 5000) > before) await setImmediate();
  }
  return slots;
}

/** Busy periods of patients that overlap `time`, each as often as it is really there. */
export function countBooked(entries: readonly ScheduleEntry[], time: Interval): number {
  const counts = new Map<string, number>();
  for (const { busy } of entries) {
    const own = busy.filter((period) => period.kind === undefined && overlaps(period, time));
    // A repeated entry repeats its periods; within one entry a repeated period is a second booking.
    for (const [name, same] of Map.groupBy(own, ({ start, end }) => `${start}-${end}`))
      counts.set(name, Math.max(counts.get(name) ?? 0, same.length));
  }
  return counts.values().reduce((sum, count) => sum + count, 0);
}
