/** Statements of reports: who has seen a patient, whom somebody has touched. A page of any report is one walk of an index. */
import type { Queryable } from '../../postgres.ts';
import { type AuditRow, rowColumns } from './event.sql.ts';

export interface ReportQuery {
  /** Of events that touched this Patient. */
  readonly patient?: string;
  /** Of what this account, or this client program, has done. */
  readonly subject?: string;
  /** Of these clinics; of all when absent. */
  readonly clinics?: readonly number[];
  /** Half-open. */
  readonly from: Date;
  readonly to: Date;
}

/** Of the last event of the page before. */
export interface Place {
  readonly at: Date;
  readonly seq: string;
}

/** Events in their order, those after a place, `limit` at most. One of `patient` and `subject` must be given. */
export async function readReport(
  db: Queryable,
  { patient, subject, clinics, from, to }: ReportQuery,
  after: Place | undefined,
  limit: number,
): Promise<AuditRow[]> {
  const values: unknown[] = [from, to, after?.at ?? from, after?.seq ?? -1, limit];
  const value = (v: unknown) => `$${values.push(v)}`;
  const tests = [
    ...(patient === undefined ? [] : [`e.patient = ${value(patient)}::uuid`]),
    ...(subject === undefined ? [] : [`e.subject = ${value(subject)}`]),
    ...(clinics === undefined ? [] : [`e.clinic = any(${value(clinics)}::smallint[])`]),
  ];
  const { rows } = await db.query<AuditRow>(
    `select ${rowColumns} from (
       select * from audit_event e where ${tests.join(' and ')} and e.at >= $1 and e.at < $2
         and e.at >= $3 and (e.at, e.seq) > ($3, $4::bigint) order by e.at, e.seq limit $5) e
     left join audit_query q on q.digest = e.query order by e.at, e.seq`,
    values,
  );
  return rows;
}
