/** Rows that hold one of these GUIDs in a field. */
import { TooLongAnswer } from '../../http.ts';
import { untrusted } from '../answer.ts';
import type { Row } from './answer.ts';
import type { Entity } from './entities.ts';
import type { Discretion } from './redact.ts';
import { askFor, countOf, own, type Reading } from './rows.ts';
import { guidIn } from './value.ts';

/** A condition of so many is a kilobyte of the address. */
const most = 20;

export interface GuidQuestion {
  readonly field: string;
  readonly guids: readonly string[];
  readonly discretion?: Discretion;
}

/**
 * Deleted ones among them. What does not fit into a page is asked for in halves, down to a single GUID.
 * @returns by GUID; undefined stands for more rows than a page holds @throws ExchangeError
 */
export async function readByGuid(
  reading: Reading,
  entity: Entity,
  question: GuidQuestion,
): Promise<Map<string, readonly Row[] | undefined>> {
  const found = new Map<string, readonly Row[] | undefined>();
  const { guids, field } = question;
  for (let i = 0; i < guids.length; i += most) {
    const some = guids.slice(i, i + most);
    const rows = await readPage(reading, entity, { ...question, guids: some });
    if (rows !== undefined)
      for (const [guid, own] of Map.groupBy(rows, (row) => guidOf(row, entity, field, some))) found.set(guid, own);
    else if (some.length === 1) found.set(some[0]!, undefined);
    else
      for (const half of [some.slice(0, some.length / 2), some.slice(some.length / 2)])
        for (const entry of await readByGuid(reading, entity, { ...question, guids: half })) found.set(...entry);
  }
  return found;
}

/** A base that does not heed the filter tells of others. */
function guidOf(row: Row, { set }: Entity, field: string, asked: readonly string[]): string {
  const guid = guidIn(row, field);
  if (guid === undefined || !asked.includes(guid)) throw untrusted(`${set} does not heed the filter`, false);
  return guid;
}

/** @returns undefined when not all of it came */
async function readPage(reading: Reading, entity: Entity, question: GuidQuestion): Promise<readonly Row[] | undefined> {
  const { field, guids, discretion } = question;
  const anyOf = `(${guids.map((guid) => `${field} eq guid'${guid}'`).join(' or ')})`;
  const terms = [anyOf, ...own(entity)];
  try {
    const page = await askFor(reading, entity, { terms, counted: true, ...(discretion && { discretion }) });
    const count = countOf(page.count, reading.paging);
    const isWhole = count === undefined ? page.rows.length < reading.paging.rows : page.rows.length === count;
    return isWhole ? page.rows : undefined;
  } catch (error) {
    if (error instanceof TooLongAnswer) return undefined;
    throw error;
  }
}
