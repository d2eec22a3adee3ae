/** Reads a whole set, page by page. A list that may have been cut is not believed (protocols/onec.md §3.3.11). */
import type { ExchangeError } from '../../exchange.ts';
import { untrusted } from '../answer.ts';
import { type Page, type Row, readPage } from './answer.ts';
import type { Entity, KeyedEntity } from './entities.ts';
import type { Known } from './known.ts';
import type { OdataLine } from './line.ts';
import type { Discretion } from './redact.ts';
import type { OdataSettings } from './settings.ts';
import { keyIn } from './value.ts';

export type Paging = OdataSettings['paging'];

export interface Reading {
  readonly line: OdataLine;
  readonly paging: Paging;
  readonly known: Known;
  readonly signal: AbortSignal;
}

/** What is asked beyond the operator's condition; of a set that tells of patients how it may be logged, too. */
export interface More {
  readonly terms: readonly string[];
  readonly discretion?: Discretion;
}

/** Without deleted ones and folders. @throws ExchangeError */
export async function readRows(reading: Reading, entity: KeyedEntity, more: More = { terms: [] }): Promise<Row[]> {
  const { paging, known } = reading;
  const { marks } = known.get(entity.set)!;
  const read = new Map<string, Row>();
  let [count, last]: [number?, string?] = [];
  for (;;) {
    const { rows, count: told } = await readOne(reading, entity, more, last, read.size);
    if (last === undefined) count = countOf(told, paging);
    for (const row of rows) {
      last = keyIn(row, entity.fields.key);
      // A base that ignores the order or $skip gives the same page for ever.
      if (read.has(last)) throw untrusted(`a key of ${entity.set} comes twice`);
      read.set(last, row);
    }
    const isWhole = count === undefined ? rows.length < paging.rows : read.size === count;
    // A base may ignore the filter.
    if (isWhole) return [...read.values()].filter((row) => marks.every((mark) => row[mark] !== true));
    if (paging.by === 'none' || rows.length === 0 || read.size > (count ?? Number.POSITIVE_INFINITY))
      throw partial(entity.set, read.size, count, paging);
  }
}

/** How many there are, where it is asked for. @throws ExchangeError when it is not told then */
export function countOf(told: number | undefined, { count }: Paging): number | undefined {
  if (count && told === undefined) throw untrusted('no odata.count came; set paging.count to false', false);
  return count ? told : undefined;
}

/** Where pages follow each other the list may have changed meanwhile. */
function partial(set: string, read: number, count: number | undefined, { by }: Paging): ExchangeError {
  const of = count === undefined ? ', a full page: there may be more' : ` of ${count}`;
  return untrusted(`${read} rows of ${set} came${of}${by === 'none' ? '; set paging' : ''}`, by !== 'none');
}

function readOne(
  reading: Reading,
  entity: KeyedEntity,
  { terms, ...more }: More,
  last: string | undefined,
  skip: number,
): Promise<Page> {
  const { paging, known } = reading;
  const { key } = entity.fields;
  const after = paging.by === 'key' && last !== undefined ? [`${key} gt guid'${last}'`] : [];
  return askFor(reading, entity, {
    ...more,
    terms: [...known.get(entity.set)!.marks.map((mark) => `${mark} eq false`), ...own(entity), ...terms, ...after],
    orderBy: paging.by === 'none' ? '' : key,
    skip: paging.by === 'skip' && skip > 0 ? String(skip) : '',
    counted: last === undefined,
  });
}

/** The operator's own condition. */
export const own = ({ filter }: Entity): string[] => (filter === '' ? [] : [`(${filter})`]);

export interface Question extends More {
  readonly orderBy?: string;
  readonly skip?: string;
  readonly counted: boolean;
}

/** One page: of the configured fields and of the marks. @throws ExchangeError */
export function askFor({ line, paging, known, signal }: Reading, entity: Entity, question: Question): Promise<Page> {
  const wanted = Object.values(entity.fields).filter((field) => field !== undefined);
  const query = queryOf({
    $format: 'json',
    $select: [...new Set([...wanted, ...known.get(entity.set)!.marks])].join(','),
    $filter: question.terms.join(' and '),
    $orderby: question.orderBy ?? '',
    $top: String(paging.rows),
    $skip: question.skip ?? '',
    $inlinecount: paging.count && question.counted ? 'allpages' : '',
  });
  return line.read({
    operation: `GET ${entity.set}`,
    query: `${encodeURIComponent(entity.set)}?${query}`,
    size: 'answer',
    understand: readPage,
    discretion: question.discretion,
    signal,
  });
}

/** A space is `%20`: 1С refuses `+`. What is empty is left out. */
export function queryOf(options: Readonly<Record<string, string>>): string {
  const given = Object.entries(options).filter(([, value]) => value !== '');
  return given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}

/** One row of a set: the cheapest proof that it can be read. */
export function pingQuery({ set, fields }: KeyedEntity): { readonly operation: string; readonly query: string } {
  const query = queryOf({ $format: 'json', $select: fields.key, $top: '1' });
  return { operation: `GET ${set}`, query: `${encodeURIComponent(set)}?${query}` };
}
