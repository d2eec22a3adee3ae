/** Slots in MedFlex's cells: local days and times, free or not (v2). */
import { localOf } from '../../instant.ts';
import type { Place } from './places.ts';
import type { Slot } from './resources.ts';
import type { MedflexSettings } from './settings.ts';

type Spelled = Pick<MedflexSettings, 'zone' | 'names'>;
type Names = MedflexSettings['names'];

/** Local to the clinic: `2026-12-01`, `09:00`. */
interface Cell {
  readonly day: string;
  readonly start: string;
  readonly end: string;
  readonly free: boolean;
}

/** The whole schedule. A doctor without times is named, too: what MedFlex had of him ends by that. */
export function wholeSchedule(places: readonly Place[], slots: readonly Slot[], { zone, names }: Spelled): object {
  const shown = slots.filter((s) => s.status !== 'busy-unavailable');
  const bySchedule = Map.groupBy(shown, (s) => scheduleOf(s));
  const data = Map.groupBy(places, (p) => p.filial);
  const doctors = (here: readonly Place[]) =>
    [...Map.groupBy(here, (p) => p.doctor)].map(([doctor, own]) => [
      doctor,
      {
        [names.name]: own[0]!.name,
        [names.specialty]: own[0]!.specialty,
        [names.cells]: cellsOf(
          own.flatMap((p) => bySchedule.get(p.schedule) ?? []),
          zone,
        ).map((cell) => ({ [names.day]: cell.day, ...timesOf(cell, names) })),
      },
    ]);
  const inside = {
    ...Object.fromEntries([...data].map(([filial, [place]]) => [filial, place!.filialName])),
    [names.data]: Object.fromEntries([...data].map(([filial, here]) => [filial, Object.fromEntries(doctors(here))])),
  };
  return names.schedule === '' ? inside : { [names.schedule]: inside };
}

export interface ChangedDay {
  readonly body: object;
  /** What it tells of. */
  readonly slots: readonly Slot[];
}

/** One for each doctor and day. Slots of no place are left out. @param withFree also those that are free now */
export function changedDays(
  places: readonly Place[],
  slots: readonly Slot[],
  { zone, names }: Spelled,
  withFree: boolean,
): ChangedDay[] {
  const known = new Map(places.map((p) => [p.schedule, p]));
  const told = slots.filter((s) => known.has(scheduleOf(s)) && (withFree || s.status !== 'free'));
  const dayOf = (s: Slot) => {
    const { filial, doctor } = known.get(scheduleOf(s))!;
    return JSON.stringify([filial, doctor, localTime(s.start, zone).slice(0, 10)]);
  };
  return [...Map.groupBy(told, dayOf)].map(([key, ofDay]) => {
    const [filial, doctor, day] = JSON.parse(key) as [string, string, string];
    const body = {
      [names.changedFilial]: filial,
      [names.changedDoctor]: doctor,
      [names.changedDay]: day,
      [names.cells]: cellsOf(ofDay, zone).map((cell) => timesOf(cell, names)),
    };
    return { body, slots: ofDay };
  });
}

export const scheduleOf = (slot: Slot): string => slot.schedule.reference.split('/')[1] ?? '';

const timesOf = ({ start, end, free }: Cell, names: Names) => ({
  [names.start]: start,
  [names.end]: end,
  [names.free]: free,
});

/** In order. MedFlex tells cells by their beginning: of several with the same one, that which is free counts. */
function cellsOf(slots: readonly Slot[], zone: string): Cell[] {
  const cells = new Map<string, Cell>();
  for (const slot of slots) {
    const begin = localTime(slot.start, zone);
    const free = slot.status === 'free';
    if (cells.has(begin) && !free) continue;
    const end = localTime(slot.end, zone).slice(11);
    cells.set(begin, { day: begin.slice(0, 10), start: begin.slice(11), end, free });
  }
  return [...cells].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, cell]) => cell);
}

/** `2026-12-01 09:00` in the clinic, of an instant of FHIR. */
export const localTime = (instant: string, zone: string): string =>
  localOf(Date.parse(instant), zone).slice(0, 16).replace('T', ' ');
