/** What a patient has consented to, by his Consents as they stand. */
import type { Queryable } from '../postgres.ts';

/**
 * What somebody's data are used for. `treatment` has a basis of its own (323-ФЗ: the clinic keeps the record of its patient), so that
 * no withdrawal ends it; the others stand on the consent alone.
 */
export type Purpose = 'treatment' | 'access' | 'notification';

/**
 * SQL: of two Consents on privacy the one that was changed last counts: it is in force, and permits. Null: there is none, and the clinic
 * that brought the patient answers for its own basis.
 * @param patient as a SQL expression
 */
export const consented = (patient: string): string => `(
  select c.body ->> 'status' = 'active' and coalesce(c.body #>> '{provision,type}', 'permit') <> 'deny'
    and coalesce((c.body #>> '{provision,period,end}') > to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS'), true)
  from (select d.body::jsonb as body, d.xid from document d where d.type = 'Consent' and d.patient = ${patient}) c
  where c.body ->> 'status' in ('active', 'rejected', 'inactive')
    and jsonb_path_exists(c.body, '$.scope.coding[*] ? (@.code == "patient-privacy")')
  order by c.xid desc limit 1)`;

/** Whether a patient's data may be used so now. Asked each time that something is sent: a withdrawal is heeded at once. */
export async function mayProcess(db: Queryable, patient: string, purpose: Purpose): Promise<boolean> {
  if (purpose === 'treatment') return true;
  const { rows } = await db.query<{ may: boolean | null }>({
    name: 'may_process',
    text: `select ${consented('$1::uuid')} as may`,
    values: [patient],
  });
  return rows[0]!.may !== false;
}
