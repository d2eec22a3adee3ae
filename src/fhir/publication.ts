/**
 * What the hub itself publishes: definitions of its search parameters and operations, code systems, value sets, concept maps.
 * They are kept as documents, most of them of no clinic, which everybody sees: reading, searching and following them is as for
 * all others.
 */
import { transaction } from '../postgres.ts';
import { contentOf } from '../store/document.ts';
import { type AnyDocument, readAll } from '../store/mirrored.sql.ts';
import type { Resource } from '../store/resource.ts';
import type { Context } from './context.ts';
import { putVersion } from './kept.ts';

/** Any number that only publishing processes of this product use. */
const lock = 7_232_551_904;

/** Types of which the hub is the only author. */
const types = ['CodeSystem', 'ConceptMap', 'OperationDefinition', 'SearchParameter', 'ValueSet'];

export interface Publication {
  /** Number of the clinic that alone sees it, or `everybody`. */
  readonly clinic: number;
  /** With an id that stays the same. */
  readonly resource: Resource;
}

/**
 * Brings what is published up to date; any number of hubs may do it at once. What has not changed keeps its version, what is not
 * published any more is retired: somebody may still have its URL.
 * @returns how many were written
 */
export function publish(context: Context, all: readonly Publication[]): Promise<number> {
  return transaction(context.pool, async (db) => {
    await db.query('select pg_advisory_xact_lock($1)', [lock]);
    const known = new Map((await readAll(db, types)).map((d) => [`${d.type}/${d.id}`, d]));
    let written = 0;
    const put = async (clinic: number, resource: Resource, before: AnyDocument | undefined) => {
      const content = contentOf(JSON.stringify(resource));
      if (before !== undefined && JSON.stringify(contentOf(before.body)) === JSON.stringify(content)) return;
      await putVersion({ ...context, db }, { clinic, zone: 'UTC' }, content, (before?.version ?? 0) + 1);
      written++;
    };
    for (const { clinic, resource } of all) {
      const key = `${resource.resourceType}/${resource.id}`;
      await put(clinic, resource, known.get(key));
      known.delete(key);
    }
    for (const before of known.values())
      await put(before.clinic, { ...contentOf(before.body), status: 'retired' }, before);
    return written;
  });
}
