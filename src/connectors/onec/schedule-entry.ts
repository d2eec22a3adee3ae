/** `ГрафикиДляСайта` as 1С writes it → entries with instants (protocols/onec.md §1.3, §1.4). Anything odd fails it whole. */
import { type Interval, instantOf } from '../../instant.ts';
import { childOf, textOf, type XmlNode } from '../xml.ts';
import { extrasOf, guidOf, minutesOf, requiredGuidOf, untrusted } from './answer.ts';

/** One `ГрафикДляСайта`. The same employee and branch may come several times. */
export interface ScheduleEntry {
  readonly employee: string;
  readonly branch: string;
  readonly employeeName: string;
  readonly specialization?: string;
  /** `ДлительностьПриема`, when set. */
  readonly minutes?: number;
  /** Maximal free intervals, not slots. */
  readonly free: readonly Period[];
  readonly busy: readonly Period[];
  readonly extra?: Readonly<Record<string, unknown>>;
}

export interface Period extends Interval {
  /** `ВидВремени`: a GUID, or a name in old answers. Busy time without it is a patient's booking. */
  readonly kind?: string;
}

/** @throws ExchangeError `untrusted` */
export function readEntries(root: XmlNode, zone: string): ScheduleEntry[] {
  return root.children.map((node) => readEntry(node, zone));
}

const known = new Set([
  'Клиника',
  'СотрудникФИО',
  'СотрудникID',
  'Специализация',
  'ПериодыГрафика',
  'ДлительностьПриема',
]);

function readEntry(node: XmlNode, zone: string): ScheduleEntry {
  const periods = childOf(node, 'ПериодыГрафика');
  if (periods === undefined) throw untrusted('a schedule has no ПериодыГрафика');
  const specialization = textOf(node, 'Специализация');
  const minutes = minutesOf(node, 'ДлительностьПриема');
  return {
    employee: requiredGuidOf(node, 'СотрудникID'),
    branch: guidOf(node, 'Клиника') ?? branchOfPeriods(periods),
    employeeName: textOf(node, 'СотрудникФИО')?.replace(/\s+/g, ' ') ?? '',
    ...(specialization !== undefined && { specialization }),
    ...(minutes !== undefined && { minutes }),
    free: readPeriods(periods, 'СвободноеВремя', zone),
    busy: readPeriods(periods, 'ЗанятоеВремя', zone),
    ...extrasOf(node, known),
  };
}

/** Where the schedule itself names no branch, its periods do. */
function branchOfPeriods(periods: XmlNode): string {
  const found = new Set(periods.children.flatMap((c) => c.children).map((period) => guidOf(period, 'Клиника')));
  const [branch, ...others] = [...found].filter((guid) => guid !== undefined);
  if (branch === undefined || others.length > 0) throw untrusted('a schedule has no Клиника');
  return branch;
}

function readPeriods(periods: XmlNode, name: string, zone: string): Period[] {
  return (childOf(periods, name)?.children ?? []).flatMap((node) => readPeriod(node, zone));
}

const longest = 25 * 3_600_000;

function readPeriod(node: XmlNode, zone: string): Period[] {
  if (node.name !== 'ПериодГрафика') throw untrusted('a stranger among periods');
  const day = textOf(node, 'Дата')?.slice(0, 10);
  const start = timeOf(node, 'ВремяНачала', day, zone);
  const end = timeOf(node, 'ВремяОкончания', day, zone);
  const kind = textOf(node, 'ВидВремени')?.toLowerCase();
  // The end of a day is midnight, which 1С may write as the beginning of the same day.
  const until = end <= start && isMidnight(node) ? end + 86_400_000 : end;
  if (until === start) return [];
  if (until < start || until - start > longest) throw untrusted('a period ends before it begins or lasts days');
  return [{ start, end: until, ...(kind !== undefined && { kind }) }];
}

const isMidnight = (node: XmlNode): boolean => textOf(node, 'ВремяОкончания')?.endsWith('T00:00:00') === true;

/** A time with a date, or `0001-01-01Thh:mm:ss` of the day in `Дата`. */
function timeOf(node: XmlNode, name: string, day: string | undefined, zone: string): number {
  const text = textOf(node, name) ?? '';
  const local = text.startsWith('0001-01-01T') && day !== undefined ? day + text.slice(10) : text;
  try {
    return instantOf(local, zone);
  } catch {
    throw untrusted(`${name} is not a time`);
  }
}
