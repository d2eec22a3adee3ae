/** Statements on `document`, one function each. */
import { type Queryable, sqlState, violatedConstraint } from '../postgres.ts';
import type { DocumentWrite } from './document.ts';
import type { Viewer } from './visibility.ts';
import { documentVisible, viewerValues } from './visibility.ts';

export interface StoredDocument {
  readonly id: string;
  readonly version: number;
  readonly updated: Date;
  readonly body: string;
}

/** Names and types, in the order of the parameters of `replace_document`. */
export const columns = [
  ['type', 'text'],
  ['id', 'uuid'],
  ['clinic', 'smallint'],
  ['patient', 'uuid'],
  ['under', 'uuid'],
  ['version', 'integer'],
  ['updated', 'timestamptz'],
  ['mis_key', 'text'],
  ['mis', 'jsonb'],
  ['hash', 'bytea'],
  ['body', 'text'],
  ['search', 'search_value[]'],
] as const;

/** The columns of a document to be written, for the column list of a function that returns records. */
export const documentColumns = columns.map(([name, type]) => `${name} ${type}`).join(', ');

/** A document as a member of JSON that is read by `documentColumns`. */
export function documentRecord(d: DocumentWrite): object {
  const { type, id, clinic, patient, under, version, misKey, mis, body, values } = d;
  const hash = d.hash && `\\x${d.hash.toString('hex')}`;
  const updated = new Date(d.updated);
  return { type, id, clinic, patient, under, version, updated, mis_key: misKey, mis, hash, body, search: values };
}

/** The document of `putDocumentValues`, given from parameter `$first` on, as a relation: its row for every row of `from`. */
export function givenDocument(from: string, first: number): string {
  return `(select ${columns.map(([name, type], i) => `$${first + i}::${type} as ${name}`).join(', ')} from ${from})`;
}

export function putDocumentValues(d: DocumentWrite): unknown[] {
  const { type, id, clinic, patient, under, version, updated, misKey, mis, hash, body, values } = d;
  return [type, id, clinic, patient, under, version, new Date(updated), misKey, mis, hash, body, values];
}

/** For use inside a larger statement, its parameters beginning at `$first`: writes a version after the first. */
export function replaceDocument(first: number): string {
  return `replace_document(${columns.map(([, type], i) => `$${first + i}::${type}`).join(', ')})`;
}

/**
 * For use inside a larger statement: common table expressions that write the first versions of the documents of `source`, a
 * relation with the columns of a document. Plain SQL: a PL/pgSQL function took twice the time.
 */
export function insertDocuments(source: string): string {
  return `written as materialized (select * from ${source} d),
  new_document as (
    insert into document (type, id, clinic, patient, under, version, updated, mis_key, mis, hash, body)
    select type, id, clinic, patient, under, version, updated, mis_key, mis, hash, body from written returning doc, type, id),
  new_value as materialized (
    select n.doc, v.* from new_document n join written w on w.type = n.type and w.id = n.id, unnest(w.search) v),
  new_token as (
    insert into search_token (parameter, doc, system, code, text)
    select parameter, doc, a, b, c from new_value where kind = 't'),
  new_rare as (
    insert into search_rare select r.* from new_value v, jsonb_populate_record(null::search_rare,
      v.a::jsonb || jsonb_build_object('parameter', v.parameter, 'doc', v.doc)) r where v.kind = 'w'),
  new_reference as (
    insert into search_reference (parameter, doc, type, target) select parameter, doc, a, b::uuid from new_value where kind = 'r'),
  new_date as (
    insert into search_date (parameter, doc, low, high)
    select parameter, doc, a::timestamptz, b::timestamptz from new_value where kind = 'd'),
  new_string as (
    insert into search_string (parameter, doc, folded, exact) select parameter, doc, a, b from new_value where kind = 's')`;
}

const insert = `with one as (select), ${insertDocuments(givenDocument('one', 1))} select doc from new_document`;
const replace = `select ${replaceDocument(1)} as doc`;

/** Another writer of the same document was faster: it is read again, or there is one already. */
export const isVersionRace = (error: unknown): boolean =>
  sqlState(error) === 'MM001' || violatedConstraint(error) === 'document_type_id_key';

/** Writes a version. @returns false when another writer was faster */
export async function putDocument(db: Queryable, document: DocumentWrite): Promise<boolean> {
  try {
    const [name, text] = document.version === 1 ? ['insert_document', insert] : ['replace_document', replace];
    await db.query({ name, text, values: putDocumentValues(document) });
    return true;
  } catch (error) {
    if (isVersionRace(error)) return false;
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
      where d.type = $5 and d.id = $6::uuid and ${documentVisible('d', 1)}`,
    values: [...viewerValues(viewer), type, id],
  });
  return rows[0];
}

export interface LockedDocument extends StoredDocument {
  readonly clinic: number;
}

/** As readDocument, and until the transaction ends no other one writes it. */
export async function lockDocument(
  db: Queryable,
  viewer: Viewer,
  type: string,
  id: string,
  lock: 'update' | 'key share' = 'update',
): Promise<LockedDocument | undefined> {
  const { rows } = await db.query<LockedDocument>({
    name: `lock_document_${lock}`,
    text: `select d.id, d.version, d.updated, d.body, d.clinic from document d
      where d.type = $5 and d.id = $6::uuid and ${documentVisible('d', 1)} for ${lock}`,
    values: [...viewerValues(viewer), type, id],
  });
  return rows[0];
}

/** Whether any other resource, of whomever, refers to it. */
export async function hasReferrers(db: Queryable, type: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'referrers',
    text: `select from search_reference r join document d using (doc)
      where r.target = $2::uuid and r.type = $1 and not (d.type = $1 and d.id = $2::uuid) limit 1`,
    values: [type, id],
  });
  return rowCount === 1;
}

/** The key of the account under which one of these was made. @param found each with type and id at 1 and 2 */
export async function readUnder(
  db: Queryable,
  clinic: number,
  found: readonly (readonly string[])[],
): Promise<string | undefined> {
  const { rows } = await db.query<{ under: string }>({
    name: 'read_under',
    text: `select d.under from unnest($2::text[], $3::uuid[]) r (type, id) join document d on d.type = r.type and d.id = r.id
      where d.clinic = $1 and d.under is not null limit 1`,
    values: [clinic, found.map((f) => f[1]), found.map((f) => f[2])],
  });
  return rows[0]?.under;
}

/** Leaves the mark of a deletion, one version above. @throws MM001 when `version` is not the current one */
export async function deleteDocument(
  db: Queryable,
  type: string,
  id: string,
  version: number,
  updated: Date,
): Promise<void> {
  await db.query('select delete_document($1, $2, $3, $4)', [type, id, version, updated]);
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
