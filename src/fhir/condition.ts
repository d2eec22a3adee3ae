/**
 * Which resource a condition means: If-None-Exist, `PUT Type?…`, `PATCH Type?…`, `DELETE Type?…`, conditional references.
 * https://hl7.org/fhir/R4/http.html#ccreate
 */
import { hash } from 'node:crypto';
import { Fault } from '../fault.ts';
import { readDocument } from '../store/documents.sql.ts';
import type { Resource } from '../store/resource.ts';
import type { IdempotencyKey } from '../workflows/claim.sql.ts';
import type { Context } from './context.ts';
import type { Asked, Written } from './resource.ts';
import { findMatches } from './search/search.ts';

/** Result parameters choose nothing; a condition of these alone would mean everything. */
const noConditions = /^_(count|sort|total|format|pretty|include|revinclude|elements|summary)(:|$)/;

/**
 * The id of the one resource that matches.
 * @param expression what to blame: `http.if-none-exist`, `http.query`, an element
 * @throws Fault 412 when several match, 400 for what is no search or chooses nothing
 */
export async function matchOf(
  context: Context,
  asked: Asked,
  type: string,
  condition: URLSearchParams,
  expression: string,
): Promise<string | undefined> {
  const criteria = new URLSearchParams([...condition].filter(([name]) => !noConditions.test(name)));
  // An empty parameter is ignored by a search: the condition would find somebody else.
  if (criteria.size === 0 || [...criteria.values()].includes(''))
    throw new Fault('bad-value', 'A condition is a search with values, such as identifier=<system>|<value>.', {
      expression,
    });
  const found = await findMatches(context, asked, type, criteria, 2);
  if (found.length > 1)
    throw new Fault('multiple-matches', `Several ${type} resources match the condition: make it narrower.`, {
      expression,
    });
  return found[0]?.id;
}

/** The condition in If-None-Exist, if there is one. */
export function ifNoneExist(asked: Asked): URLSearchParams | undefined {
  const text = asked.headers['if-none-exist'];
  return text === undefined ? undefined : new URLSearchParams(text.replace(/^[^?]*\?/, ''));
}

/** As the answer to a create whose condition found it. */
export async function existing(context: Context, asked: Asked, type: string, id: string): Promise<Written> {
  const found = await readDocument(context.db, asked.viewer, type, id);
  if (found === undefined)
    throw new Fault('transient', 'What matched has just changed: repeat the request.', { retryAfter: 1 });
  return { status: 200, type, ...found };
}

/**
 * Until the transaction ends, nobody else decides by a condition what becomes of a resource of this type in these clinics.
 * One lock for all conditions: two that are spelled differently may mean the same resource.
 */
export async function lockConditions(context: Context, asked: Asked, type: string): Promise<void> {
  for (const clinic of [...asked.viewer.clinics].sort((a, b) => a - b))
    await context.db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${clinic} ${type}`]);
}

/** What writes through cannot hold a lock while a MIS answers: a key, kept with the claim, finds the repetition out. */
export function keyOfCondition(asked: Asked, type: string, body: Resource): IdempotencyKey | undefined {
  const condition = asked.headers['if-none-exist'];
  if (condition === undefined) return undefined;
  const request = hash('sha256', JSON.stringify(body), 'buffer');
  return { client: asked.principal.subject, key: `If-None-Exist: ${type}?${condition}`, request };
}
