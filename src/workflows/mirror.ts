/** Mirrored documents: what the MIS has is compared with what is kept, and only what differs is written. */

import type { Clinic } from '../connectors/clinic.ts';
import type { Mirrored } from '../connectors/mirrored.ts';
import type { Queryable } from '../postgres.ts';
import { contentHash, contentOf, prepareDocument } from '../store/document.ts';
import { putDocument } from '../store/documents.sql.ts';
import { readDocumentsByKey, readMirrored } from '../store/mirrored.sql.ts';
import { keepAvailability, withAvailability } from './availability.ts';
import type { SyncContext } from './sync.ts';

/**
 * Writes the documents that differ; those that the MIS no longer has become inactive.
 * @param complete whether the reading holds every document of a type, so that a missing one is gone
 * @returns how many were written
 */
export async function writeMirrored(
  context: SyncContext,
  db: Queryable,
  clinic: Clinic,
  read: readonly Mirrored[],
  complete: (type: string) => boolean,
): Promise<number> {
  const kept = new Map((await readMirrored(db, clinic.number)).map((d) => [`${d.type}/${d.id}`, d]));
  const seen = new Set<string>();
  let written = 0;
  for (const given of read) {
    const item = withAvailability(clinic, given);
    const name = `${item.resource.resourceType}/${item.resource.id}`;
    if (seen.has(name)) continue;
    seen.add(name);
    const old = kept.get(name);
    if (old?.hash.equals(contentHash(item.resource))) continue;
    if (await write(context, db, clinic, item, (old?.version ?? 0) + 1)) written++;
  }
  const gone = [...kept.values()].filter((d) => complete(d.type) && !seen.has(`${d.type}/${d.id}`));
  for (const [type, list] of Map.groupBy(gone, (d) => d.type)) {
    const ids = list.map((d) => d.id);
    for (const old of await readDocumentsByKey(db, type, ids))
      if (await deactivate(context, db, clinic, old)) written++;
  }
  return written;
}

async function write(
  context: SyncContext,
  db: Queryable,
  clinic: Clinic,
  item: Mirrored,
  version: number,
): Promise<boolean> {
  await keepAvailability(db, clinic, item);
  const origin = { clinic: clinic.number, zone: clinic.zone, misKey: item.key, mis: item.record };
  return putDocument(db, prepareDocument(item.resource, version, context.clock(), origin, context.parameters));
}

interface Old {
  version: number;
  body: string;
  key: string;
  mis: object;
}

/** @returns false when it was inactive already or cannot be */
async function deactivate(context: SyncContext, db: Queryable, clinic: Clinic, old: Old): Promise<boolean> {
  const resource = contentOf(old.body);
  const inactive = resource.resourceType === 'Location' ? { status: 'inactive' } : { active: false };
  const [name, value] = Object.entries(inactive)[0]!;
  if (resource[name] === value) return false;
  const content = { ...resource, ...inactive };
  const item = { resource: content, key: old.key, record: old.mis as Mirrored['record'] };
  return write(context, db, clinic, item, old.version + 1);
}
