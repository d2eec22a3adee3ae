/** Statements for those who write documents from a source: a MIS, or what the hub publishes. They read them whoever may see them. */
import type { Queryable } from '../postgres.ts';
import type { DocumentWrite } from './document.ts';
import { columns, documentColumns, documentRecord, insertDocuments } from './documents.sql.ts';

export interface MirroredDocument {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly hash: Buffer;
}

/** What a directory sync compares with: all documents of the clinic that came from its MIS, but for those about patients. */
export async function readMirrored(db: Queryable, clinic: number): Promise<MirroredDocument[]> {
  const { rows } = await db.query<MirroredDocument>(
    'select type, id, version, hash from document where clinic = $1 and mis_key is not null and patient is null',
    [clinic],
  );
  return rows;
}

export interface AnyDocument {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly clinic: number;
  readonly body: string;
}

/** Every current document of these types, whoever may see it. */
export async function readAll(db: Queryable, types: readonly string[]): Promise<AnyDocument[]> {
  const { rows } = await db.query<AnyDocument>(
    'select type, id, version, clinic, body from document where type = any($1::text[])',
    [types],
  );
  return rows;
}

export interface MirroredSchedule {
  readonly id: string;
  readonly key: string;
  readonly active: boolean;
}

/** The schedules of a clinic as its MIS names them. */
export async function readSchedules(db: Queryable, clinic: number): Promise<MirroredSchedule[]> {
  const { rows } = await db.query<MirroredSchedule>(
    `select id, mis_key as key, (body::jsonb ->> 'active') is distinct from 'false' as active from document
     where clinic = $1 and type = 'Schedule' and mis_key is not null`,
    [clinic],
  );
  return rows;
}

/** Mirrored documents of a type by their ids, with what they were made from. */
export async function readDocumentsByKey(
  db: Queryable,
  type: string,
  ids: readonly string[],
): Promise<{ version: number; body: string; key: string; mis: object }[]> {
  const { rows } = await db.query<{ version: number; body: string; key: string; mis: object }>(
    'select version, body, mis_key as key, mis from document where type = $1 and id = any($2::uuid[])',
    [type, ids],
  );
  return rows;
}

const given = `json_to_recordset($1) as g(${documentColumns})`;
const insertAll = `with given as materialized (select * from ${given}), ${insertDocuments('given')} select doc from new_document`;
const replaceAll = `select replace_document(${columns.map(([name]) => `g.${name}`).join(', ')}) from ${given}`;

/** Of one statement: a few hundred kilobytes. */
const batch = 200;

/**
 * Writes versions of many documents, a few hundred a statement: one statement for each costs a clinic's directory eighty round trips.
 * @throws an error of which `isVersionRace` when another writer of one of them was faster
 */
export async function putDocuments(db: Queryable, documents: readonly DocumentWrite[]): Promise<void> {
  const [first, later] = [documents.filter((d) => d.version === 1), documents.filter((d) => d.version > 1)];
  for (const [name, text, all] of [
    ['insert_documents', insertAll, first] as const,
    ['replace_documents', replaceAll, later] as const,
  ])
    for (let i = 0; i < all.length; i += batch)
      await db.query({ name, text, values: [JSON.stringify(all.slice(i, i + batch).map(documentRecord))] });
}
