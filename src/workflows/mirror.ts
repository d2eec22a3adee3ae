/** Mirrored documents: what the MIS has is compared with what is kept, and only what differs is written. */

import type { Clinic } from '../connectors/clinic.ts';
import type { Mirrored } from '../connectors/mirrored.ts';
import type { Queryable } from '../postgres.ts';
import { contentHash, contentOf, type DocumentWrite, prepareDocument } from '../store/document.ts';
import { type MirroredDocument, putDocuments, readDocumentsByKey, readMirrored } from '../store/mirrored.sql.ts';
import type { Resource } from '../store/resource.ts';
import { keepAvailability, withAvailability } from './availability.ts';
import type { SyncContext } from './sync.ts';

/**
 * Writes the documents that differ; those that the MIS no longer has become inactive. All are written together: a statement for each
 * made a directory as slow as its round trips.
 * @param complete whether the reading holds every document of a type, so that a missing one is gone
 * @returns how many were written
 * @throws an error of which `isVersionRace` when another process has written one of them meanwhile
 */
export async function writeMirrored(
  context: SyncContext,
  db: Queryable,
  clinic: Clinic,
  read: readonly Mirrored[],
  complete: (type: string) => boolean,
): Promise<number> {
  const kept = new Map((await readMirrored(db, clinic.number)).map((d) => [nameOf(d.type, d.id), d]));
  const seen = new Map<string, Mirrored>();
  for (const given of read) {
    const { resourceType, id } = given.resource;
    const name = nameOf(resourceType, id!);
    if (!seen.has(name)) seen.set(name, withAvailability(clinic, given));
  }
  const changed = [...seen]
    .filter(([name, { resource }]) => !kept.get(name)?.hash.equals(contentHash(resource)))
    .map(([name, item]) => ({ item, version: (kept.get(name)?.version ?? 0) + 1 }));
  const gone = [...kept.values()].filter((d) => complete(d.type) && !seen.has(nameOf(d.type, d.id)));
  const all = [...changed, ...(await inactiveOf(db, gone))];
  await keepAvailability(
    db,
    clinic,
    all.map(({ item }) => item.resource),
  );
  await putDocuments(
    db,
    all.map((one) => documentOf(context, clinic, one)),
  );
  return all.length;
}

const nameOf = (type: string, id: string) => `${type}/${id}`;

interface Version {
  readonly item: Mirrored;
  readonly version: number;
}

function documentOf(context: SyncContext, clinic: Clinic, { item, version }: Version): DocumentWrite {
  const origin = { clinic: clinic.number, zone: clinic.zone, misKey: item.key, mis: item.record };
  return prepareDocument(item.resource, version, context.clock(), origin, context.parameters);
}

/** The next versions of those that are active. */
async function inactiveOf(db: Queryable, gone: readonly MirroredDocument[]): Promise<Version[]> {
  const versions: Version[] = [];
  for (const [type, list] of Map.groupBy(gone, (d) => d.type)) {
    const ids = list.map((d) => d.id);
    for (const { version, body, key, mis } of await readDocumentsByKey(db, type, ids)) {
      const resource = inactive(contentOf(body));
      const item = resource && { resource, key, record: mis as Mirrored['record'] };
      if (item !== undefined) versions.push({ item, version: version + 1 });
    }
  }
  return versions;
}

/** Undefined when it is inactive already. */
function inactive(resource: Resource): Resource | undefined {
  const change = resource.resourceType === 'Location' ? { status: 'inactive' } : { active: false };
  const [name, value] = Object.entries(change)[0]!;
  return resource[name] === value ? undefined : { ...resource, ...change };
}
