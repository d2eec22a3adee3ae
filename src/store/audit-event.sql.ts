/** Rows of `audit_event` and `audit_query` as a member of JSON, and what adds them inside a larger statement. docs/audit.md */
import type { DocumentWrite } from './document.ts';

export const eventColumns = [
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

/** Events with the texts of their requests, made by access/audit/event.sql.ts. */
export interface EventRecords {
  readonly events: readonly object[];
  readonly queries: readonly object[];
}

/** The events of a document that is about to be written; undefined where they cannot be told from it alone. */
export type Note = (document: DocumentWrite) => EventRecords | undefined;

const names = eventColumns.map(([name]) => name).join(', ');
const types = eventColumns.map(([name, type]) => `${name} ${type}`).join(', ');

/**
 * Common table expressions that add the events of `source`, a relation with the column `note`: EventRecords as JSON, or null. Need no
 * right on these tables but to insert.
 */
export function insertNotes(source: string): string {
  return `noted as materialized (select note from ${source} n where note is not null),
  new_query as (
    insert into audit_query (digest, salt, text, at) select digest, salt, text, at
    from noted, json_to_recordset(note -> 'queries') q (digest bytea, salt bytea, text text, at timestamptz)),
  new_event as (
    insert into audit_event (${names}) select ${names} from noted, json_to_recordset(note -> 'events') e (${types}))`;
}
