/** Statements on `access_code`. */
import type { Queryable } from '../../postgres.ts';
import { checkTaken, type Limit, type Taken, takeAttempts, takeValues } from './attempt.sql.ts';

export interface CodeWrite {
  readonly id: string;
  readonly patient: string;
  readonly clinic: number;
  readonly typed: Buffer;
  readonly scanned: Buffer;
  readonly issuedBy: string;
  readonly created: Date;
  readonly ends: Date;
}

/** The Patient's code of before ends with it. @param db inside a transaction that has locked the Patient */
export async function insertCode(db: Queryable, c: CodeWrite): Promise<void> {
  await db.query('update access_code set ended = $2 where patient = $1 and ended is null', [c.patient, c.created]);
  await db.query(
    `insert into access_code (id, patient, clinic, typed, scanned, issued_by, created, ends) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [c.id, c.patient, c.clinic, c.typed, c.scanned, c.issuedBy, c.created, c.ends],
  );
}

export interface Charged {
  readonly id: string;
  readonly patient: string;
  readonly clinic: number;
  readonly failures: number;
  /** Of the Patient; null when it is deleted. */
  readonly body: string | null;
}

/** Tries that a code has: with the last of them it is dead. */
export const triesOfCode = 5;

/**
 * Counts a try, for the limits and for the code, before anything is compared: of many at once no more than five come to a code. One
 * statement that always writes: how long it takes does not tell whether there is such a code, or how it stands.
 * @returns undefined for a code that is unknown, ended, used up or too old
 * @throws Fault throttled
 */
export async function chargeCode(
  db: Queryable,
  digest: Buffer,
  limits: readonly Limit[],
  now: number,
): Promise<Charged | undefined> {
  const { rows } = await db.query<Charged & { taken: { key: string; count: number; ends: string }[] }>({
    name: 'charge_code',
    text: `with ${takeAttempts(1)},
      open as (select bool_and(t.count <= l.most) as passed from taken t join unnest($1::bytea[], $5::integer[]) l(key, most) using (key)),
      charged as (
        update access_code c set failures = failures + 1, ended = case when failures + 1 >= $6 then $3 else ended end
        from open where open.passed and (typed = $4 or scanned = $4) and ended is null and ends > $3
        returning id, patient, clinic, failures)
      select (select json_agg(json_build_object('key', encode(key, 'hex'), 'count', count, 'ends', ends)) from taken) as taken,
        c.id, c.patient, c.clinic, c.failures, d.body
      from (select) one left join charged c on true left join document d on d.type = 'Patient' and d.id = c.patient`,
    values: [...takeValues(limits, now), digest, limits.map((l) => l.most), triesOfCode],
  });
  const { taken, ...charged } = rows[0]!;
  checkTaken(limits, taken.map(readTaken), now);
  return charged.id === null ? undefined : charged;
}

const readTaken = ({ key, count, ends }: { key: string; count: number; ends: string }): Taken => ({
  key: Buffer.from(key, 'hex'),
  count,
  ends: new Date(ends),
});

/** @returns false when somebody else has used it, or a newer one has replaced it, meanwhile */
export async function useCode(db: Queryable, charged: Charged, account: string, now: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `update access_code set used_by = $2, ended = $3 where id = $1 and used_by is null
     and (ended is null or (failures = $4 and $4 >= $5))`,
    [charged.id, account, now, charged.failures, triesOfCode],
  );
  return rowCount === 1;
}

/** Codes are of no use after their end; that they were is told by the audit. */
export async function pruneCodes(db: Queryable, before: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    'delete from access_code where ctid = any(array(select ctid from access_code where ends <= $1 limit $2))',
    [before, limit],
  );
  return rowCount ?? 0;
}
