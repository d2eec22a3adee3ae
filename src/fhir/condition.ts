/** If-None-Exist: conditional create, atomic by the table of idempotency keys. https://hl7.org/fhir/R4/http.html#ccreate */
import { hash } from 'node:crypto';
import { Fault } from '../fault.ts';
import { transaction } from '../postgres.ts';
import type { Resource } from '../store/resource.ts';
import type { IdempotencyKey } from '../workflows/claim.sql.ts';
import { textOf } from './byte-string.ts';
import type { Context } from './context.ts';
import type { Asked, Written } from './resource.ts';
import { search } from './search/search.ts';

export interface Condition {
  /** The resource that the condition finds. */
  readonly existing?: Written;
  /** Under which a concurrent request with the same condition is found out. */
  readonly key: IdempotencyKey;
}

/** @throws Fault 412 when several resources match, 400 for a condition that is not a search */
export async function keyOfCondition(
  context: Context,
  asked: Asked,
  type: string,
  body: Resource,
): Promise<Condition | undefined> {
  const condition = asked.headers['if-none-exist'];
  if (condition === undefined) return undefined;
  const query = new URLSearchParams(condition.replace(/^\?/, ''));
  // An empty parameter is ignored by a search: the condition would find somebody else.
  if (!query.get('identifier'))
    throw new Fault('bad-value', 'If-None-Exist takes a search by identifier: identifier=<system>|<value>.', {
      expression: 'http.if-none-exist',
    });
  query.set('_count', '2');
  const bundle = JSON.parse(textOf(await search(context, asked, type, query))) as { entry?: { resource: Resource }[] };
  const found = (bundle.entry ?? []).map((e) => e.resource);
  if (found.length > 1)
    throw new Fault('multiple-matches', 'Several resources match If-None-Exist.', { expression: 'http.if-none-exist' });
  const request = hash('sha256', JSON.stringify(body), 'buffer');
  const key = { client: asked.principal.subject, key: `If-None-Exist: ${type}?${condition}`, request };
  return found[0] === undefined ? { key } : { key, existing: existing(found[0]) };
}

function existing(resource: Resource): Written {
  const { versionId, lastUpdated } = resource.meta!;
  return {
    status: 200,
    type: resource.resourceType,
    id: resource.id!,
    version: Number(versionId),
    updated: new Date(lastUpdated!),
    body: JSON.stringify(resource),
  };
}

/**
 * Creates unless the condition finds one; a lock by condition makes concurrent ones wait for each other. `create` must use
 * the context it is given: a second connection beside the one that holds the lock could be one too many for the pool.
 */
export async function createOnce(
  context: Context,
  asked: Asked,
  type: string,
  body: Resource,
  create: (context: Context) => Promise<Written>,
): Promise<Written> {
  const condition = asked.headers['if-none-exist'];
  if (condition === undefined) return create(context);
  return transaction(context.pool, async (db) => {
    const lock = `${asked.viewer.clinics.join()} ${type} ${condition}`;
    await db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [lock]);
    const inside = { ...context, db };
    const known = await keyOfCondition(inside, asked, type, body);
    return known?.existing ?? create(inside);
  });
}
