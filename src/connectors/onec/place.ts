/** Who works where: 1С tells it only of some employees; for the others their schedules do. */
import type { MisRecord } from '../connector.ts';
import type { Employee } from './employee.ts';
import { present } from './record.ts';
import { type MergedSchedule, scheduleKey } from './schedule.ts';

/** An employee, or a cabinet, in a branch. */
export interface Place {
  readonly key: string;
  readonly employee: string;
  readonly branch: string;
  readonly employeeName: string;
  readonly branchName?: string;
  readonly specialization?: string;
  readonly duration?: number;
  readonly isCabinet: boolean;
}

export function placesOf(
  people: readonly Employee[],
  schedules: readonly MergedSchedule[],
  names: ReadonlyMap<string, string>,
): Place[] {
  const listed = new Map(people.map((employee) => [employee.key, employee]));
  const places = new Map<string, Place>();
  for (const { key, employee, branch, employeeName, specialization, duration, isCabinet } of schedules) {
    const person = listed.get(employee);
    const named = { employeeName: person?.name ?? employeeName, branchName: names.get(branch) };
    const found = {
      key,
      employee,
      branch,
      ...named,
      specialization: specialization ?? person?.specialization,
      duration,
    };
    places.set(key, present({ ...found, isCabinet: person?.isCabinet ?? isCabinet }));
  }
  for (const { key: employee, name, branch, specialization, isCabinet } of people) {
    if (branch === undefined || !names.has(branch)) continue;
    const key = scheduleKey(employee, branch);
    const found = {
      key,
      employee,
      branch,
      employeeName: name,
      branchName: names.get(branch),
      specialization,
      isCabinet,
    };
    if (!places.has(key)) places.set(key, present(found));
  }
  return [...places.values()];
}

export const roleOf = ({ isCabinet: _, ...role }: Place) => role;

export const cabinetOf = ({ key, employee, branch, employeeName, branchName }: Place): MisRecord =>
  present({ key, employee, branch, name: employeeName, branchName });

/** Persons of the list, and those whom only the schedule knows. */
export function employeesOf(people: readonly Employee[], places: readonly Place[]): MisRecord[] {
  const listed = new Set(people.map(({ key }) => key));
  const others = new Map(places.filter((p) => !p.isCabinet && !listed.has(p.employee)).map((p) => [p.employee, p]));
  const persons = people.filter((employee) => !employee.isCabinet).map(({ isCabinet: _, ...record }) => record);
  return [...persons, ...others.values().map(personOf)];
}

function personOf({ employee, employeeName, specialization }: Place): MisRecord {
  const [surname, givenName, patronymic] = employeeName.split(' ');
  return present({ key: employee, name: employeeName, surname, givenName, patronymic, specialization });
}

export function specializationsOf(roles: readonly Omit<Place, 'isCabinet'>[]): MisRecord[] {
  const found = new Map<string, MisRecord>();
  for (const { specialization: name, branch, branchName } of roles) {
    if (name === undefined) continue;
    const key = `${name};${branch}`;
    found.set(key, present({ key, name, branch, branchName }));
  }
  return [...found.values()];
}
