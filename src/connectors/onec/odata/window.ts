/**
 * What happens within a window of time. Many bases have no `$skip`, so what does not fit into one page is asked for again in two
 * halves of the time (protocols/onec.md §3.3.11).
 */
import { TooLongAnswer } from '../../http.ts';
import { untrusted } from '../answer.ts';
import type { Page, Row } from './answer.ts';
import type { Entity } from './entities.ts';
import { askFor, countOf, type More, own, type Reading } from './rows.ts';

/** Local times of the base, `yyyy-mm-ddThh:mm:ss`; half-open. */
export interface LocalWindow {
  readonly from: string;
  readonly until: string;
}

export interface WindowQuestion extends More {
  /** The field that lies in the window. */
  readonly field: string;
}

/** Rows of the window, deleted ones and folders among them; more where a base ignores the filter. @throws ExchangeError */
export async function readWindow(
  reading: Reading,
  entity: Entity,
  question: WindowQuestion,
  window: LocalWindow,
): Promise<Row[]> {
  const page = await readPart(reading, entity, question, window);
  if (page === undefined) {
    const middle = middleOf(window);
    if (middle === undefined) throw untrusted(`more rows of ${entity.set} in a minute than paging.rows`, false);
    const [{ from, until }, halves] = [window, [] as Row[]];
    for (const half of [
      { from, until: middle },
      { from: middle, until },
    ])
      halves.push(...(await readWindow(reading, entity, question, half)));
    return halves;
  }
  return [...page];
}

/** @returns undefined when not all of it came */
async function readPart(
  reading: Reading,
  entity: Entity,
  { field, terms, ...more }: WindowQuestion,
  { from, until }: LocalWindow,
): Promise<readonly Row[] | undefined> {
  const times = [`${field} ge datetime'${from}'`, `${field} lt datetime'${until}'`];
  const question = { ...more, terms: [...times, ...terms, ...own(entity)], orderBy: field, counted: true };
  let page: Page;
  try {
    page = await askFor(reading, entity, question);
  } catch (error) {
    if (error instanceof TooLongAnswer) return undefined;
    throw error;
  }
  const count = countOf(page.count, reading.paging);
  const isWhole = count === undefined ? page.rows.length < reading.paging.rows : page.rows.length === count;
  return isWhole ? page.rows : undefined;
}

const minute = 60_000;
const millisecondsOf = (local: string): number => Date.parse(`${local}Z`);

/** To the minute; undefined where the window is not longer than one. */
function middleOf({ from, until }: LocalWindow): string | undefined {
  const [start, end] = [millisecondsOf(from), millisecondsOf(until)];
  if (end - start <= minute) return undefined;
  const middle = Math.ceil((start + end) / 2 / minute) * minute;
  return new Date(middle).toISOString().slice(0, 19);
}
