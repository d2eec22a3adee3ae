/** Documents that occupy a doctor's time, whoever has written them (protocols/onec.md §5: their names are the clinic's own). */
import { addDays, type Interval, localOf } from '../../../instant.ts';
import { untrusted } from '../answer.ts';
import type { Row } from './answer.ts';
import type { Visits } from './entities.ts';
import { type Link, readingOf } from './link.ts';
import type { Discretion } from './redact.ts';
import { askFor } from './rows.ts';
import { guidIn, instantIn, keyIn, minutesIn, optionalGuidIn, optionalTextIn, textIn } from './value.ts';
import { type LocalWindow, readWindow } from './window.ts';

export interface Visit {
  readonly key: string;
  /** Absent where 1С holds nothing. */
  readonly start: number | undefined;
  /** Absent where 1С tells neither an end nor a length. */
  readonly end: number | undefined;
  readonly employee: string | undefined;
  readonly branch: string | undefined;
  readonly patient: string | undefined;
  readonly comment: string;
  /** Neither marked for deletion nor in a status of `cancelled`. */
  readonly isLive: boolean;
}

/** Of a visit the log keeps when it is and with whom, and not a word about the patient. */
export function visitDiscretion({ fields }: Visits, values: readonly string[] = []): Discretion {
  const { comment: _, ...open } = fields;
  const names = Object.values(open).filter((field) => field !== undefined);
  return { keep: new Set([...names, 'DeletionMark']), values };
}

/** All visits that begin in the window, cancelled ones among them. @param employee all when absent @throws ExchangeError */
export async function readVisits(
  link: Link,
  window: LocalWindow,
  employee: string | undefined,
  signal: AbortSignal,
): Promise<Visit[]> {
  const visits = link.settings.entities.visits!;
  const terms = employee === undefined ? [] : [`${visits.fields.employee} eq guid'${employee}'`];
  const found = await readBy(link, window, terms, signal);
  return found.filter((visit) => employee === undefined || visit.employee === employee);
}

async function readBy(
  link: Link,
  window: LocalWindow,
  terms: readonly string[],
  signal: AbortSignal,
): Promise<Visit[]> {
  const visits = link.settings.entities.visits!;
  const question = { field: visits.fields.start, terms, discretion: visitDiscretion(visits) };
  const rows = await readWindow(await readingOf(link, signal), visits, question, window);
  const found = rows.map((row) => visitIn(row, visits, link.context.zone));
  // Moved while the halves of a window were read: it may as well have been missed.
  if (new Set(found.map(({ key }) => key)).size < found.length) throw untrusted(`a key of ${visits.set} comes twice`);
  return found;
}

/** How far ahead a visit of a patient may lie, in days. */
const farthest = 400;

/** Those of a patient, from yesterday on. @throws ExchangeError */
export async function readVisitsOf(link: Link, patient: string, signal: AbortSignal): Promise<Visit[]> {
  const today = localOf(link.context.clock(), link.context.zone).slice(0, 10);
  const window = { from: `${addDays(today, -1)}T00:00:00`, until: `${addDays(today, farthest)}T00:00:00` };
  const field = link.settings.entities.visits!.fields.patient!;
  const found = await readBy(link, window, [`${field} eq guid'${patient}'`], signal);
  return found.filter((visit) => visit.patient === patient);
}

/** By its GUID, wherever it has been moved to; undefined when 1С has none. @throws ExchangeError */
export async function readVisit(link: Link, key: string, signal: AbortSignal): Promise<Visit | undefined> {
  const visits = link.settings.entities.visits!;
  // A filter and no address: the 404 of an address is also that of a session that is lost.
  const terms = [`${visits.fields.key} eq guid'${key}'`];
  const question = { terms, counted: false, discretion: visitDiscretion(visits) };
  const { rows } = await askFor(await readingOf(link, signal), visits, question);
  const found = rows.map((row) => visitIn(row, visits, link.context.zone)).find((visit) => visit.key === key);
  if (found === undefined && rows.length > 0) throw untrusted(`${visits.set} does not heed the filter`, false);
  return found;
}

function visitIn(row: Row, { fields, cancelled }: Visits, zone: string): Visit {
  const start = instantIn(row, fields.start, zone);
  const end = fields.end === undefined ? undefined : instantIn(row, fields.end, zone);
  const minutes = minutesIn(row, fields.minutes);
  const lasting = start !== undefined && minutes !== undefined ? start + minutes * 60_000 : undefined;
  const until = end ?? lasting;
  return {
    key: keyIn(row, fields.key),
    start,
    end: start !== undefined && until !== undefined && until > start ? until : undefined,
    employee: guidIn(row, fields.employee),
    branch: optionalGuidIn(row, fields.branch),
    patient: optionalGuidIn(row, fields.patient),
    comment: optionalTextIn(row, fields.comment) ?? '',
    isLive: row['DeletionMark'] !== true && !cancelled.includes(statusIn(row, fields.status)),
  };
}

const statusIn = (row: Row, field: string | undefined): string =>
  field === undefined ? '' : (textIn(row, field) ?? '');

/** The time that a visit occupies. @param length milliseconds, of one whose own length 1С does not tell */
export function occupiedBy({ start, end }: Visit, length: number): Interval | undefined {
  return start === undefined ? undefined : { start, end: end ?? start + length };
}
