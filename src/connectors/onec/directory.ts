/** Who and what the clinic consists of: lists of 1С → records (protocols/onec.md §1.3, §1.4). */
import { addDays, localOf, startOfDay } from '../../instant.ts';
import type { MisRecords } from '../connector.ts';
import type { Link } from './link.ts';
import { cabinetOf, employeesOf, placesOf, roleOf, specializationsOf } from './place.ts';
import { readServices } from './price.ts';
import { misRead } from './read-error.ts';
import { mergeEntries } from './schedule.ts';
import { readSchedule } from './schedule-reading.ts';

/**
 * Kinds:
 * - `branch` (Клиника): key, name
 * - `employee` (a person): key, name, surname?, givenName?, patronymic?, specialization?, branch?, rating?, summary?,
 *   photo? (base64, when configured), services? [{key, minutes?}]
 * - `cabinet` (a room or device that is booked like a doctor): key = schedule key, employee, branch, name
 * - `role` (employee in a branch): key = schedule key, employee, branch, employeeName, branchName?, specialization?, duration
 * - `specialization` (in a branch): key `name;branch`, name, branch, branchName?
 * - `service` (price list item of a branch, no folders): key `УИД;branch`, service, branch, name, article?, unit?, price?,
 *   minutes?, type?, folder?
 *
 * 1С tells only of some employees where they work; for the others the schedule does.
 * @throws MisReadError
 */
export function readDirectory(link: Link, signal: AbortSignal): Promise<MisRecords> {
  return misRead(link, async () => {
    const branch = await link.wire.listBranches({ signal });
    const people = await link.wire.listEmployees({ signal });
    const schedules = mergeEntries(await readSchedule(link, horizon(link), undefined, signal), link.settings);
    const service = link.settings.directory.prices ? await readServices(link, branch, signal) : [];
    const names = new Map(branch.map(({ key, name }) => [key, name]));
    const places = placesOf(people, schedules, names);
    const role = places.filter((place) => !place.isCabinet).map(roleOf);
    return {
      branch,
      employee: employeesOf(people, places),
      cabinet: places.filter((place) => place.isCabinet).map(cabinetOf),
      role,
      specialization: specializationsOf(role),
      service,
    };
  });
}

function horizon(link: Link) {
  const { zone, clock } = link.context;
  const today = localOf(clock(), zone).slice(0, 10);
  const end = startOfDay(addDays(today, link.settings.schedule.horizonDays), zone);
  return { start: startOfDay(today, zone), end };
}
