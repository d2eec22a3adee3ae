/** Reads a whole set, page by page. A list that may have been cut is not believed (protocols/onec.md §3.3.11). */
import type { ExchangeError } from '../../exchange.ts';
import { untrusted } from '../answer.ts';
import { type Page, type Row, readPage } from './answer.ts';
import type { OdataLine } from './line.ts';
import type { Fields } from './metadata.ts';
import type { Entity, OdataSettings } from './settings.ts';
import { keyIn } from './value.ts';

/** By which 1С marks what is no longer there, and what is only a folder. */
const marks = ['DeletionMark', 'IsFolder'];

/** Those of the marks that a set has. */
export const marksIn = (published: Fields): readonly string[] => marks.filter((mark) => published.has(mark));

type Paging = OdataSettings['paging'];

export interface Reading {
  readonly line: OdataLine;
  readonly paging: Paging;
  readonly signal: AbortSignal;
}

/** Without deleted ones and folders. @param marked of `marksIn` @throws ExchangeError */
export async function readRows(reading: Reading, entity: Entity, marked: readonly string[]): Promise<Row[]> {
  const { paging } = reading;
  const read = new Map<string, Row>();
  let [count, last]: [number?, string?] = [];
  for (;;) {
    const { rows, count: told } = await readOne(reading, entity, marked, last, read.size);
    if (last === undefined) count = countOf(told, paging);
    for (const row of rows) {
      last = keyIn(row, entity.fields.key);
      // A base that ignores the order or $skip gives the same page for ever.
      if (read.has(last)) throw untrusted(`a key of ${entity.set} comes twice`);
      read.set(last, row);
    }
    const isWhole = count === undefined ? rows.length < paging.rows : read.size === count;
    // A base may ignore the filter.
    if (isWhole) return [...read.values()].filter((row) => marked.every((mark) => row[mark] !== true));
    if (paging.by === 'none' || rows.length === 0 || read.size > (count ?? Number.POSITIVE_INFINITY))
      throw partial(entity.set, read.size, count, paging);
  }
}

function countOf(told: number | undefined, { count }: Paging): number | undefined {
  if (count && told === undefined) throw untrusted('no odata.count came; set paging.count to false', false);
  return count ? told : undefined;
}

/** Where pages follow each other the list may have changed meanwhile. */
function partial(set: string, read: number, count: number | undefined, { by }: Paging): ExchangeError {
  const of = count === undefined ? ', a full page: there may be more' : ` of ${count}`;
  return untrusted(`${read} rows of ${set} came${of}${by === 'none' ? '; set paging' : ''}`, by !== 'none');
}

function readOne(
  { line, paging, signal }: Reading,
  entity: Entity,
  marked: readonly string[],
  last: string | undefined,
  skip: number,
): Promise<Page> {
  const { set, fields } = entity;
  const after = paging.by === 'key' && last !== undefined ? [`${fields.key} gt guid'${last}'`] : [];
  const own = entity.filter === '' ? [] : [`(${entity.filter})`];
  const wanted = Object.values(fields).filter((field) => field !== undefined);
  const query = queryOf({
    $format: 'json',
    $select: [...new Set([...wanted, ...marked])].join(','),
    $filter: [...marked.map((mark) => `${mark} eq false`), ...own, ...after].join(' and '),
    $orderby: paging.by === 'none' ? '' : fields.key,
    $top: String(paging.rows),
    $skip: paging.by === 'skip' && skip > 0 ? String(skip) : '',
    $inlinecount: paging.count && last === undefined ? 'allpages' : '',
  });
  const ask = {
    operation: `GET ${set}`,
    query: `${encodeURIComponent(set)}?${query}`,
    size: 'answer',
    signal,
  } as const;
  return line.read({ ...ask, understand: readPage });
}

/** A space is `%20`: 1С refuses `+`. What is empty is left out. */
export function queryOf(options: Readonly<Record<string, string>>): string {
  const given = Object.entries(options).filter(([, value]) => value !== '');
  return given.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
}

/** One row of a set: the cheapest proof that it can be read. */
export function pingQuery({ set, fields }: Entity): { readonly operation: string; readonly query: string } {
  const query = queryOf({ $format: 'json', $select: fields.key, $top: '1' });
  return { operation: `GET ${set}`, query: `${encodeURIComponent(set)}?${query}` };
}
