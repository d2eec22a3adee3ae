/** Reports of the audit as lines of text: CSV for people, AuditEvents as NDJSON for programs. */
import { fhirInstant } from '../../instant.ts';
import type { Queryable } from '../../postgres.ts';
import { auditEventOf } from './balp.ts';
import type { AuditRow } from './event.sql.ts';
import { type ReportQuery, readReport } from './report.sql.ts';

export const reportFormats = ['csv', 'ndjson'] as const;
export type ReportFormat = (typeof reportFormats)[number];

const atOnce = 2000;

/** All events of a report, in the order of their time. Their texts are read as they are written out, so memory holds a page. */
export async function* eventsOf(db: Queryable, query: ReportQuery): AsyncGenerator<AuditRow> {
  for (let last: AuditRow | undefined; ; ) {
    const page = await readReport(db, query, last, atOnce);
    yield* page;
    last = page.at(-1);
    if (page.length < atOnce) return;
  }
}

/** @param base absolute FHIR base URL, for AuditEvents */
export async function* linesOf(
  db: Queryable,
  query: ReportQuery,
  format: ReportFormat,
  base: string,
): AsyncGenerator<string> {
  if (format === 'csv') yield csvLine(columns.map(([name]) => name));
  for await (const row of eventsOf(db, query))
    yield format === 'csv' ? csvLine(columns.map(([, of]) => of(row))) : JSON.stringify(auditEventOf(row, base));
}

const columns: readonly (readonly [name: string, of: (row: AuditRow) => string | number | null])[] = [
  ['at', (r) => fhirInstant(r.at.getTime())],
  ['patient', (r) => r.patient],
  ['subject', (r) => r.subject],
  ['role', (r) => r.role],
  ['client', (r) => r.client],
  ['address', (r) => r.address],
  ['kind', (r) => r.kind],
  ['action', (r) => r.action],
  ['interaction', (r) => r.interaction],
  ['outcome', (r) => r.outcome],
  ['status', (r) => r.status],
  ['reason', (r) => r.reason],
  ['resource', (r) => r.resource],
  ['request', (r) => r.request],
];

/** RFC 4180. What a spreadsheet would take for a formula gets an apostrophe: parts of it are as a client has sent them. */
export function csvLine(values: readonly (string | number | null)[]): string {
  return values
    .map((value) => {
      const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value ?? '');
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(',');
}
