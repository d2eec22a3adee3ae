/** Statements on `document`, one function each. */
import { type Queryable, sqlState } from '../postgres.ts';
import type { DocumentWrite } from './document.ts';
import type { Viewer } from './visibility.ts';
import { documentVisible, viewerValues } from './visibility.ts';

export interface StoredDocument {
  readonly id: string;
  readonly version: number;
  readonly updated: Date;
  readonly body: string;
}

/** The call of put_document for use inside a larger statement, its parameters beginning at `$first`. */
export function putDocumentCall(first: number): string {
  const casts = 'text uuid smallint uuid integer timestamptz text jsonb bytea text search_value[]'.split(' ');
  return `put_document(${casts.map((c, i) => `$${first + i}::${c}`).join(', ')})`;
}

export function putDocumentValues(d: DocumentWrite): unknown[] {
  const { type, id, clinic, patient, version, updated, misKey, mis, hash, body, values } = d;
  return [type, id, clinic, patient, version, new Date(updated), misKey, mis, hash, body, values];
}

const put = `select ${putDocumentCall(1)} as doc`;

/** SQLSTATE raised by put_document when another writer was faster. */
export const versionRace = 'MM001';

/** Writes a version. @returns false when another writer was faster */
export async function putDocument(db: Queryable, document: DocumentWrite): Promise<boolean> {
  try {
    await db.query({ name: 'put_document', text: put, values: putDocumentValues(document) });
    return true;
  } catch (error) {
    if (sqlState(error) === versionRace) return false;
    throw error;
  }
}

export async function readDocument(
  db: Queryable,
  viewer: Viewer,
  type: string,
  id: string,
): Promise<StoredDocument | undefined> {
  const { rows } = await db.query<StoredDocument>({
    name: 'read_document',
    text: `select d.id, d.version, d.updated, d.body from document d
      where d.type = $3 and d.id = $4::uuid and ${documentVisible('d', 1)}`,
    values: [...viewerValues(viewer), type, id],
  });
  return rows[0];
}

/**
 * Deletes versions written long ago and superseded since; what says that a resource was deleted stays.
 * @param days how long a version is kept
 * @returns how many were deleted, `limit` at most
 */
export async function pruneVersions(db: Queryable, days: number, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `delete from document_version where ctid = any(array(select ctid from document_version
       where updated < now() - make_interval(days => $1) and not deleted limit $2))`,
    [days, limit],
  );
  return rowCount ?? 0;
}

export interface MirroredDocument {
  readonly type: string;
  readonly id: string;
  readonly version: number;
  readonly hash: Buffer;
}

/** What a directory sync compares with: all documents of the clinic that came from its MIS. */
export async function readMirrored(db: Queryable, clinic: number): Promise<MirroredDocument[]> {
  const { rows } = await db.query<MirroredDocument>(
    'select type, id, version, hash from document where clinic = $1 and mis_key is not null',
    [clinic],
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
