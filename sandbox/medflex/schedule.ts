/** The shapes of MedFlex's v2, as an aggregator checks them, and the cells it keeps. */
import { z } from 'zod';

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
const times = { time_start: time, time_end: time, free: z.boolean() };

const doctorSchema = z.strictObject({
  efio: z.string().min(1),
  espec: z.string(),
  cells: z.array(z.strictObject({ dt: day, ...times, room: z.string().optional() })),
});

export const scheduleSchema = z.strictObject({
  schedule: z
    .object({ data: z.record(z.string(), z.record(z.string(), doctorSchema)) })
    .catchall(z.unknown())
    .superRefine(({ data, ...names }, context) => {
      for (const filial of Object.keys(data))
        if (typeof names[filial] !== 'string')
          context.addIssue({ code: 'custom', path: [filial], message: 'a filial has a name' });
    }),
});

export const changeSchema = z.strictObject({
  filial_id: z.string().min(1),
  doctor_id: z.string().min(1),
  date: day,
  cells: z.array(z.strictObject(times)).min(1),
});

export interface Cell {
  readonly dt: string;
  readonly time_start: string;
  readonly time_end: string;
  readonly free: boolean;
}

export interface Doctor {
  readonly efio: string;
  readonly espec: string;
  /** By day and beginning: `2026-12-01 09:00`. */
  readonly cells: Map<string, Cell>;
}

export interface Filial {
  readonly name: string;
  readonly doctors: Map<string, Doctor>;
}

export type Filials = Map<string, Filial>;

/** Every filial that is named is replaced as a whole. */
export function replaceSchedule(filials: Filials, { schedule }: z.infer<typeof scheduleSchema>): void {
  for (const [id, doctors] of Object.entries(schedule.data))
    filials.set(id, {
      name: String(schedule[id]),
      doctors: new Map(
        Object.entries(doctors).map(([doctor, { efio, espec, cells }]) => [
          doctor,
          { efio, espec, cells: new Map(cells.map((c) => [`${c.dt} ${c.time_start}`, c])) },
        ]),
      ),
    });
}

/** @returns whether filial and doctor are known */
export function changeDay(filials: Filials, change: z.infer<typeof changeSchema>): boolean {
  const doctor = filials.get(change.filial_id)?.doctors.get(change.doctor_id);
  if (doctor === undefined) return false;
  for (const cell of change.cells) doctor.cells.set(`${change.date} ${cell.time_start}`, { dt: change.date, ...cell });
  return true;
}

/** All cells as data, in order. */
export function listCells(filials: Filials) {
  return [...filials].flatMap(([filial, { doctors }]) =>
    [...doctors].flatMap(([doctor, { cells }]) =>
      [...cells]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { dt, time_start, time_end, free }]) => ({ filial, doctor, dt, time_start, time_end, free })),
    ),
  );
}
