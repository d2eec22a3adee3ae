/** Statements that compare what is kept of those who wait with the list of the MIS. */
import type { Queryable } from '../postgres.ts';
import { foldString } from '../r4/values/string.ts';
import type { ParameterIds } from '../store/parameters.ts';
import type { WaitingState } from './waiting.sql.ts';

export interface KnownRequest {
  readonly id: string;
  readonly reference: string | null;
  readonly mirrored: boolean;
  readonly state: WaitingState;
  readonly patient: string;
  /** The Appointment as it is now. */
  readonly body: string | null;
  /** It had not changed for a while when the reading began. */
  readonly settled: boolean;
}

/**
 * Of these requests those that are kept, by their number in the MIS or by our id.
 * @param began by the clock of Postgres @param grace seconds for which a list may show what has been closed since
 */
export async function readKnown(
  db: Queryable,
  clinic: number,
  asked: { references: readonly string[]; ids: readonly string[]; began: string; grace: number },
): Promise<KnownRequest[]> {
  const { rows } = await db.query<KnownRequest>(
    `select w.id, w.reference, w.mirrored, w.state, w.patient, d.body,
        w.changed < $4::timestamptz - make_interval(secs => $5) as settled
      from waiting w left join document d on d.type = 'Appointment' and d.id = w.id
      where w.clinic = $1 and (w.reference = any($2::text[]) or w.id = any($3::uuid[]))`,
    [clinic, asked.references, asked.ids, asked.began, asked.grace],
  );
  return rows;
}

/** Those that wait here and are not in the list are due: they are asked about one by one. */
export async function hastenUnlisted(
  db: Queryable,
  clinic: number,
  listed: readonly string[],
  began: string,
): Promise<void> {
  await db.query(
    `update waiting set next_at = clock_timestamp()
      where clinic = $1 and state = 'waiting' and changed < $3::timestamptz and reference <> all($2::text[])
        and (next_at is null or next_at > clock_timestamp())`,
    [clinic, listed, began],
  );
}

export interface NewMirrored {
  readonly id: string;
  readonly clinic: number;
  readonly patient: string;
  readonly target: string;
  readonly reference: string;
}

/** @returns false when another process has written it */
export async function insertMirrored(db: Queryable, row: NewMirrored): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into waiting (id, clinic, patient, target, reference, state, told, mirrored)
      values ($1, $2, $3, $4, $5, 'waiting', true, true) on conflict (id) do nothing`,
    [row.id, row.clinic, row.patient, row.target, row.reference],
  );
  return rowCount === 1;
}

/** What had ended waits again. @returns false when another process was faster */
export async function reopen(db: Queryable, id: string, began: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `update waiting set state = 'waiting', changed = clock_timestamp(), reads = 0,
        next_at = case when mirrored then null else clock_timestamp() end
      where id = $1 and state = 'ended' and changed < $2::timestamptz`,
    [id, began],
  );
  return rowCount === 1;
}

/** Which of these documents, `Type/id`, there are in the clinic. */
export async function readThere(db: Queryable, clinic: number, names: readonly string[]): Promise<Set<string>> {
  const parts = [...new Set(names)].map((name) => name.split('/'));
  const { rows } = await db.query<{ name: string }>(
    `select d.type || '/' || d.id as name from unnest($2::text[], $3::uuid[]) n (type, id)
      join document d on d.type = n.type and d.id = n.id where d.clinic = $1`,
    [clinic, parts.map(([type]) => type), parts.map(([, id]) => id)],
  );
  return new Set(rows.map(({ name }) => name));
}

/** More of one name and day are not one person's cards. */
const most = 20;

/** Patients of the clinic with this family name, born on that day in some zone. */
export async function readNamesakes(
  db: Queryable,
  clinic: number,
  parameters: ParameterIds,
  { family, birthDate }: { family: string; birthDate: string },
): Promise<string[]> {
  const day = `($5::date::timestamp at time zone 'UTC')`;
  const { rows } = await db.query<{ body: string }>(
    `select d.body from document d where d.type = 'Patient' and d.clinic = $1
      and d.doc in (select v.doc from search_string v where v.parameter = $2 and left(v.folded, 200) = $3)
      and d.doc in (select v.doc from search_date v where v.parameter = $4
        and v.low between ${day} - interval '15 hours' and ${day} + interval '15 hours')
      order by d.doc limit ${most}`,
    [
      clinic,
      parameters.of('Patient', 'family').id,
      foldString(family),
      parameters.of('Patient', 'birthdate').id,
      birthDate,
    ],
  );
  return rows.map(({ body }) => body);
}
