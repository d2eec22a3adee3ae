/** read and vread. https://hl7.org/fhir/R4/http.html#read */
import { Fault } from '../fault.ts';
import { readDocument } from '../store/documents.sql.ts';
import { readVersions, type Version } from '../store/history.sql.ts';
import { isId } from '../store/resource.ts';
import { slotVisible, viewerValues } from '../store/visibility.ts';
import { type ByteString, bytesOf } from './byte-string.ts';
import type { Context } from './context.ts';
import { etagOf, type Reply, replyWith, stampOf } from './reply.ts';
import type { Asked, ResourceDeclaration } from './resource.ts';
import { slotColumn } from './search/slot-row.ts';

interface Current {
  readonly version: number;
  readonly updated: Date;
  readonly body: ByteString;
}

export const notFound = (type: string): Fault => new Fault('not-found', `There is no such ${type}.`);

const noVersion = (type: string) => new Fault('not-found', `There is no such version of this ${type}.`);

/** The current version; 304 when the client has it. @throws Fault not-found, gone */
export async function read(
  context: Context,
  asked: Asked,
  declaration: ResourceDeclaration,
  id: string,
): Promise<Reply> {
  const { type } = declaration;
  if (!isId(id)) throw notFound(type);
  await declaration.refresh?.(context, asked, id);
  const found = await readCurrent(context, asked, declaration, id);
  if (found === undefined) {
    const unkept = await declaration.unkept?.(context, asked, id);
    if (unkept !== undefined) return replyWith(unkept);
    throw await goneOrNotFound(context, asked, type, id);
  }
  const headers = stampOf(found.version, found.updated);
  if (isKnown(asked, found)) return { status: 304, headers, body: undefined };
  return { status: 200, headers, body: found.body };
}

async function readCurrent(
  context: Context,
  asked: Asked,
  { type, storage }: ResourceDeclaration,
  id: string,
): Promise<Current | undefined> {
  if (storage !== undefined) return readSlot(context, asked, id);
  const found = await readDocument(context.db, asked.viewer, type, id);
  return found && { ...found, body: bytesOf(found.body) };
}

async function readSlot(context: Context, asked: Asked, id: string): Promise<Current | undefined> {
  const { rows } = await context.db.query<{ slot: string; version: number; updated: Date }>({
    name: 'read_slot',
    text: `select ${slotColumn}, s.version, s.updated from slot s where s.id = $5::uuid and ${slotVisible('s', 1)}`,
    values: [...viewerValues(asked.viewer), id],
  });
  return rows[0] && { ...rows[0], body: await context.slots.resource(rows[0].slot) };
}

/** https://hl7.org/fhir/R4/http.html#cread: If-None-Match goes before If-Modified-Since, whose seconds are cut off. */
function isKnown({ headers }: Asked, { version, updated }: Current): boolean {
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined)
    return noneMatch.split(',').some((tag) => tag.trim() === '*' || strong(tag.trim()) === strong(etagOf(version)));
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return Math.floor(updated.getTime() / 1000) * 1000 <= since;
}

const strong = (tag: string) => tag.replace(/^W\//, '');

async function goneOrNotFound(context: Context, asked: Asked, type: string, id: string): Promise<Fault> {
  const [last] = await readVersions(context.db, asked.viewer, { types: [type], id, limit: 1 }, slotColumn);
  return last?.deleted ? gone(type, last) : notFound(type);
}

function gone(type: string, { version, updated }: Version): Fault {
  return new Fault('gone', `This ${type} has been deleted.`, { headers: stampOf(version, updated) });
}

/** One version as it was. @throws Fault not-found, gone */
export async function vread(context: Context, asked: Asked, type: string, id: string, version: string): Promise<Reply> {
  if (!isId(id) || !/^[1-9]\d{0,8}$/.test(version)) throw noVersion(type);
  const query = { types: [type], id, version: Number(version), limit: 1 };
  const [found] = await readVersions(context.db, asked.viewer, query, slotColumn);
  if (found === undefined) throw noVersion(type);
  if (found.deleted) throw gone(type, found);
  return { status: 200, headers: stampOf(found.version, found.updated), body: await bodyOfVersion(context, found) };
}

function bodyOfVersion(context: Context, { slot, body }: Version): Promise<ByteString> | ByteString {
  return slot === null ? bytesOf(body) : context.slots.resource(slot);
}
