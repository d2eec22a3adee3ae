/** Statements on `audit_event`. */
import { hash, randomBytes } from 'node:crypto';
import type { Queryable } from '../../postgres.ts';
import { type EventRecords, eventColumns, insertNotes } from '../../store/audit-event.sql.ts';
import type { AuditEntry } from './event.ts';

const insert = `with ${insertNotes('(select $1::json as note)')} select`;

/** Longer addresses are cut: what is looked for in them stands at their beginning. */
const longestQuery = 8000;

/** Texts of clients may hold what Postgres cannot write: NUL, and halves of surrogate pairs. */
const writable = (text: string) => text.toWellFormed().replaceAll('\0', '\uFFFD');

/** Adds events, all or none of them. Needs no right but to insert. */
export async function insertEvents(db: Queryable, entries: readonly AuditEntry[]): Promise<void> {
  await db.query({ name: 'insert_audit_events', text: insert, values: [JSON.stringify(recordsOf(entries))] });
}

/** Events as they are written, also by another statement than `insertEvents`. The number of a clinic must be known. */
export function recordsOf(entries: readonly AuditEntry[]): EventRecords {
  const queries = new Map<string, object & { digest: string }>();
  const events = entries.map((entry) => {
    const { agent, query, at, ...rest } = entry;
    const digest = query === undefined ? undefined : digestOf(queries, query, at, entry.request ?? '');
    const texts = { reason: rest.reason, request: rest.request, resource: rest.resource, ...agent };
    const clean = Object.entries(texts).map(([name, text]) => [name, text && writable(text).slice(0, 1000)]);
    return { ...rest, at: new Date(at), ...Object.fromEntries(clean), query: digest };
  });
  return { events, queries: [...queries.values()] };
}

/** Events of one request share its text. */
function digestOf(
  queries: Map<string, object & { digest: string }>,
  query: string,
  at: number,
  request: string,
): string {
  const text = writable(query).slice(0, longestQuery);
  const key = `${request}\n${text}`;
  let known = queries.get(key);
  if (known === undefined) {
    const salt = randomBytes(16);
    const digest = `\\x${hash('sha256', Buffer.concat([salt, Buffer.from(text)]), 'hex')}`;
    known = { digest, salt: `\\x${salt.toString('hex')}`, text, at: new Date(at) } as object & { digest: string };
    queries.set(key, known);
  }
  return known.digest;
}

/** An event as it is kept. */
export interface AuditRow {
  readonly seq: string;
  readonly at: Date;
  readonly kind: string;
  readonly action: string;
  readonly interaction: string;
  readonly outcome: number;
  readonly status: number | null;
  readonly reason: string | null;
  readonly clinic: number | null;
  readonly patient: string | null;
  readonly subject: string;
  readonly role: string;
  readonly client: string | null;
  readonly account: string | null;
  readonly address: string | null;
  readonly request: string | null;
  readonly resource: string | null;
  /** Text of the request; null also when it was destroyed. */
  readonly query: string | null;
}

/** The members of an AuditRow, for `from audit_event e left join audit_query q on q.digest = e.query`. */
export const rowColumns = `e.seq::text, ${eventColumns
  .filter(([name]) => name !== 'query')
  .map(([name]) => `e.${name}`)
  .join(', ')}, q.text as query`;
