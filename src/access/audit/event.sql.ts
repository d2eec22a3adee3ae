/** Statements on `audit_event`. */
import { hash, randomBytes } from 'node:crypto';
import type { Queryable } from '../../postgres.ts';
import type { AuditEntry } from './event.ts';

const columns = [
  ['at', 'timestamptz'],
  ['kind', 'text'],
  ['action', 'text'],
  ['interaction', 'text'],
  ['outcome', 'smallint'],
  ['status', 'smallint'],
  ['reason', 'text'],
  ['clinic', 'smallint'],
  ['patient', 'uuid'],
  ['subject', 'text'],
  ['role', 'text'],
  ['client', 'text'],
  ['account', 'uuid'],
  ['address', 'text'],
  ['request', 'text'],
  ['resource', 'text'],
  ['query', 'bytea'],
] as const;

const names = columns.map(([name]) => name).join(', ');
const types = columns.map(([name, type]) => `${name} ${type}`).join(', ');

const insert = `with query as (
    insert into audit_query (digest, salt, text, at)
    select digest, salt, text, at from jsonb_to_recordset($2::jsonb) q (digest bytea, salt bytea, text text, at timestamptz))
  insert into audit_event (${names}) select ${names} from jsonb_to_recordset($1::jsonb) e (${types})`;

/** Longer addresses are cut: what is looked for in them stands at their beginning. */
const longestQuery = 8000;

/** Texts of clients may hold what Postgres cannot write: NUL, and halves of surrogate pairs. */
const writable = (text: string) => text.toWellFormed().replaceAll('\0', '\uFFFD');

/** Adds events, all or none of them. Needs no right but to insert. */
export async function insertEvents(db: Queryable, entries: readonly AuditEntry[]): Promise<void> {
  const queries = new Map<string, object & { digest: string }>();
  const rows = entries.map((entry) => {
    const { agent, query, at, ...rest } = entry;
    const digest = query === undefined ? undefined : digestOf(queries, query, at, entry.request ?? '');
    const texts = { reason: rest.reason, request: rest.request, resource: rest.resource, ...agent };
    const clean = Object.entries(texts).map(([name, text]) => [name, text && writable(text).slice(0, 1000)]);
    return { ...rest, at: new Date(at), ...Object.fromEntries(clean), query: digest };
  });
  await db.query({
    name: 'insert_audit_events',
    text: insert,
    values: [JSON.stringify(rows), JSON.stringify([...queries.values()])],
  });
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
export const rowColumns = `e.seq::text, ${columns
  .filter(([name]) => name !== 'query')
  .map(([name]) => `e.${name}`)
  .join(', ')}, q.text as query`;
