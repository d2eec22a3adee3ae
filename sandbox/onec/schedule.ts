/** Who works when, what of it is free and what is taken: the ground of every schedule answer. protocols/onec.md §1.4. */

import { addDays } from '../common/local-time.ts';
import { type Period, subtract, union } from './interval.ts';
import type { State } from './state.ts';

export interface Window {
  /** First and last day, `yyyy-mm-dd`, both belong to the window. */
  first: string;
  last: string;
}

export interface BusyPeriod extends Period {
  /** Name of the kind of time, empty for a patient's booking. */
  title: string;
}

/** The time of one employee in one branch. */
export interface Timetable {
  employee: string;
  clinic: string;
  work: Period[];
  free: Period[];
  busy: BusyPeriod[];
}

interface Row extends Period {
  employee: string;
  clinic: string;
}

const between = 'start >= ? AND start < ?';

/** Condition on `appointment`: the document holds its time. Takes one value, see `reservedSince`. */
export const holdsTime = `deleted = 0 AND (kind = 'booking' OR reserved_at > ?)`;

/** Reservations made at this instant or before have lapsed. Milliseconds. */
export function reservedSince(state: State): number {
  return Math.floor(state.clock() - state.settings().reserveSeconds * 1000);
}

/** @param employees GUIDs, when only some are wanted */
export function readTimetables(state: State, window: Window, employees?: ReadonlySet<string>): Timetable[] {
  const range = [`${window.first}T00:00:00`, `${addDays(window.last, 1)}T00:00:00`] as const;
  const wanted = <R extends Row>(rows: R[]) => rows.filter((r) => employees === undefined || employees.has(r.employee));
  const work = wanted(state.all<Row>(`SELECT * FROM work WHERE ${between} ORDER BY employee, clinic, start`, ...range));
  const pauses = wanted(state.all<Row & { title: string }>(`SELECT * FROM pause WHERE ${between}`, ...range));
  const sql = `SELECT employee, clinic, start, end FROM appointment WHERE ${between} AND ${holdsTime}`;
  const booked = wanted(state.all<Row>(sql, ...range, reservedSince(state))).map((row) => ({ ...row, title: '' }));
  const busy = Map.groupBy([...pauses, ...booked], keyOf);
  const worked = Map.groupBy(work, keyOf);
  const keys = new Set([...worked.keys(), ...busy.keys()]);
  return [...keys].map((key) => timetableOf(worked.get(key) ?? [], busy.get(key) ?? []));
}

function keyOf(row: Row): string {
  return `${row.employee} ${row.clinic}`;
}

function timetableOf(work: Row[], busy: (Row & { title: string })[]): Timetable {
  const { employee, clinic } = (work[0] ?? busy[0])!;
  const byStart = busy.toSorted((a, b) => (a.start < b.start ? -1 : 1));
  const taken = byStart.map(({ start, end, title }) => ({ start, end, title }));
  return { employee, clinic, work: union(work), free: subtract(work, busy), busy: taken };
}
