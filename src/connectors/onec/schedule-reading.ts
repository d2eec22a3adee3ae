/** Reading a window of the schedule in portions that 1С and the limits of an answer can bear. */
import { daysOf, type Interval } from '../../instant.ts';
import { MisReadError } from '../connector.ts';
import { TooLongAnswer } from '../http.ts';
import { untrusted } from './answer.ts';
import type { Link } from './link.ts';
import type { ScheduleEntry } from './schedule-entry.ts';

/** What is asked for at once. Days are local, `yyyy-mm-dd`. */
interface Portion {
  readonly days: readonly string[];
  /** СотрудникID; undefined = all. */
  readonly employees: readonly string[] | undefined;
}

/**
 * Entries of all local days that the window touches.
 * @param employees СотрудникID of those wanted; undefined = all
 * @throws ExchangeError, RefusedByOnec; MisReadError when 1С shows no schedule at all and that is not to be believed
 */
export async function readSchedule(
  link: Link,
  window: Interval,
  employees: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<ScheduleEntry[]> {
  const { employeesPerRequest, allowEmpty } = link.settings.schedule;
  const entries: ScheduleEntry[] = [];
  for (const days of portions(daysOf(window, link.context.zone), link.portion.days))
    for (const some of employees === undefined ? [undefined] : portions([...new Set(employees)], employeesPerRequest))
      entries.push(...(await readPortion(link, { days, employees: some }, signal)));
  if (entries.length === 0 && !allowEmpty) throw new MisReadError('1С shows no schedule at all', true);
  return entries;
}

async function readPortion(link: Link, portion: Portion, signal: AbortSignal): Promise<ScheduleEntry[]> {
  try {
    return await ask(link, portion, signal);
  } catch (error) {
    const halves = error instanceof TooLongAnswer ? halve(portion) : undefined;
    if (halves === undefined) throw error;
    const [first, second] = halves;
    // 1С computes a schedule for seconds: what did not fit once is not asked for at once again.
    if (portion.employees === undefined) link.portion.days = Math.min(link.portion.days, first.days.length);
    return [...(await readPortion(link, first, signal)), ...(await readPortion(link, second, signal))];
  }
}

async function ask(link: Link, { days, employees }: Portion, signal: AbortSignal): Promise<ScheduleEntry[]> {
  const { branches } = link.settings.schedule;
  const time = { start: `${days[0]}T00:00:00`, finish: `${days.at(-1)}T23:59:59` };
  const filter = { ...(branches.length === 1 && { clinic: branches[0]! }), ...(employees && { employees }) };
  const entries = await link.wire.readSchedule(time, filter, { signal });
  // Bases were seen that ignore the filter.
  const wanted = entries.filter(
    (e) => (employees?.includes(e.employee) ?? true) && (branches.length === 0 || branches.includes(e.branch)),
  );
  if (entries.length > 0 && wanted.length === 0 && employees === undefined)
    throw untrusted('the schedule holds none of the configured branches', false);
  return wanted;
}

function halve({ days, employees }: Portion): [Portion, Portion] | undefined {
  if (days.length > 1) {
    const middle = Math.ceil(days.length / 2);
    return [
      { days: days.slice(0, middle), employees },
      { days: days.slice(middle), employees },
    ];
  }
  if (employees === undefined || employees.length < 2) return undefined;
  const middle = Math.ceil(employees.length / 2);
  return [
    { days, employees: employees.slice(0, middle) },
    { days, employees: employees.slice(middle) },
  ];
}

function portions<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}
