/** Who works where: from the settings; and when: from the templates. */
import { localOf } from '../../instant.ts';
import type { MisRecord, MisRecords } from '../connector.ts';
import type { Template } from '../template-ability.ts';
import { cellMinutes, isInForce, timeOf, unite } from './grid.ts';
import type { Link } from './link.ts';
import { readTemplates } from './template.sql.ts';

/**
 * Kinds:
 * - `branch`: key, name, address?
 * - `doctor`: key, name, surname, givenName?, patronymic?, specialty?
 * - `role` (a doctor at a branch): key = that of the schedule, practitioner, practitionerName, branch, branchName, specialty?,
 *   hours? of the templates in force today: `[{days: [mon…sun], start, end}]`, local times
 * - `specialty` (at a branch): key = `name;branch`, name, branch, branchName
 *
 * @throws MisReadError
 */
export async function readDirectory(link: Link, signal: AbortSignal): Promise<MisRecords> {
  const { places, settings, context } = link;
  const keys = places.map(({ key }) => key);
  const templates = await link.read({ operation: 'directory', request: {}, signal }, (db) =>
    readTemplates(db, context.clinic, keys),
  );
  const today = localOf(context.clock(), context.zone).slice(0, 10);
  const inForce = Map.groupBy(
    templates.filter((t) => isInForce(t, today)),
    (t) => t.schedule,
  );
  const specialties = new Map<string, MisRecord>();
  for (const { specialty: name, branch, branchName } of places) {
    const key = `${name};${branch}`;
    if (name !== undefined) specialties.set(key, { key, name, branch, branchName });
  }
  return {
    branch: settings.branches.map((branch) => definedOf(branch)),
    doctor: settings.practitioners.map(doctorOf),
    role: places.map((place) => {
      const hours = hoursOf(inForce.get(place.key) ?? []);
      return { ...place, ...(hours.length > 0 && { hours }) };
    }),
    specialty: [...specialties.values()],
  };
}

const definedOf = (record: MisRecord): MisRecord =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));

function doctorOf({ key, name, specialty }: { key: string; name: string; specialty?: string | undefined }): MisRecord {
  const [surname, givenName, patronymic] = name.split(/\s+/);
  return { key, ...definedOf({ name, surname, givenName, patronymic, specialty }) };
}

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** Days with the same hours stand together. R4's time ends before midnight. */
function hoursOf(templates: readonly Template[]): { days: string[]; start: string; end: string }[] {
  const days = new Map<string, string[]>();
  for (const [i, name] of weekdays.entries())
    for (const run of runsOf([...unite(templates.filter((t) => t.weekdays.includes(i + 1))).keys()])) {
      const times = `${timeOf(run[0]!)};${run[1]! < 1440 ? timeOf(run[1]!) : '23:59:59'}`;
      days.set(times, [...(days.get(times) ?? []), name]);
    }
  return [...days].map(([times, names]) => {
    const [start, end] = times.split(';') as [string, string];
    return { days: names, start, end };
  });
}

/** Beginnings and ends of cells that follow each other, in minutes. */
function runsOf(cells: readonly number[]): [start: number, end: number][] {
  const runs: [number, number][] = [];
  for (const cell of cells) {
    const last = runs.at(-1);
    if (last?.[1] === cell) last[1] += cellMinutes;
    else runs.push([cell, cell + cellMinutes]);
  }
  return runs;
}
