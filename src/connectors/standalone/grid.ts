/** From templates to visits: quarters of an hour of a local day, cut into visits as instants. */
import { type Interval, instantOf, localOf } from '../../instant.ts';
import { cut } from '../interval.ts';
import type { Template } from '../template-ability.ts';

/** A cell of the grid that people click. */
export const cellMinutes = 15;
const cell = cellMinutes * 60_000;

/** Minutes after midnight → `hh:mm:00`. */
export const timeOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}:00`;

/** 1 is Monday. @param day `yyyy-mm-dd` */
export const weekdayOf = (day: string): number => new Date(`${day}T00:00:00Z`).getUTCDay() || 7;

type Period = Pick<Template, 'active' | 'firstDay' | 'lastDay'>;

export const isInForce = ({ active, firstDay, lastDay }: Period, day: string): boolean =>
  active && firstDay <= day && (lastDay === undefined || day <= lastDay);

const onDay = (templates: readonly Template[], day: string): Template[] =>
  templates.filter((t) => isInForce(t, day) && t.weekdays.includes(weekdayOf(day)));

/** All cells of these templates, in order, each with the length of its visit: of several, the longest. */
export function unite(templates: readonly Template[]): Map<number, number> {
  const lengths = new Map<number, number>();
  for (const { cells, minutes } of templates)
    for (const at of cells) lengths.set(at, Math.max(lengths.get(at) ?? 0, minutes));
  return new Map([...lengths].sort(([a], [b]) => a - b));
}

/**
 * Visits that are offered on a local day, in order. Cells that follow each other are cut from the first on; a rest that is shorter than
 * a visit is dropped. A cell that the spring change skips is not there, one that the autumn change repeats is there once.
 */
export function visitsOn(day: string, templates: readonly Template[], zone: string): Interval[] {
  const runs: (Interval & { minutes: number })[] = [];
  for (const [at, minutes] of unite(onDay(templates, day))) {
    const start = instantOf(`${day}T${timeOf(at)}`, zone);
    if (localOf(start, zone) !== `${day}T${timeOf(at)}`) continue;
    const last = runs.at(-1);
    if (last?.end === start && last.minutes === minutes) last.end += cell;
    else runs.push({ start, end: start + cell, minutes });
  }
  return runs.flatMap((run) => cut(run, run.minutes * 60_000, 'drop'));
}

/** The cells that a time takes up; undefined when it is none that a grid could offer. */
export interface Cells {
  /** Local, `yyyy-mm-dd`. */
  readonly day: string;
  readonly weekday: number;
  readonly cells: readonly number[];
}

export function cellsOf({ start, end }: Interval, zone: string): Cells | undefined {
  const day = localOf(start, zone).slice(0, 10);
  const cells: number[] = [];
  for (let at = start; at < end; at += cell) {
    const local = localOf(at, zone);
    const minutes = Number(local.slice(11, 13)) * 60 + Number(local.slice(14, 16));
    const isCell = minutes % cellMinutes === 0 && local.endsWith(':00') && at + cell <= end;
    if (!isCell || !local.startsWith(day) || instantOf(local, zone) !== at) return undefined;
    cells.push(minutes);
  }
  return cells.length === 0 ? undefined : { day, weekday: weekdayOf(day), cells };
}

/** Whether active templates offer all of a time, however it is cut into visits. */
export function isOffered(time: Interval, templates: readonly Template[], zone: string): boolean {
  const wanted = cellsOf(time, zone);
  if (wanted === undefined) return false;
  const offered = unite(onDay(templates, wanted.day));
  return wanted.cells.every((at) => offered.has(at));
}
