/** Statements on `standalone_template`. `$1` is the key of the clinic. */
import type { Queryable } from '../../postgres.ts';
import type { Template } from '../template-ability.ts';

const clinic = '(select id from clinic where key = $1)';

const columns = `id, name, active, to_char(first_day, 'YYYY-MM-DD') as "firstDay",
  to_char(last_day, 'YYYY-MM-DD') as "lastDay", weekdays, first_visit as first, last_visit as last, cells, minutes`;

export type ScheduleTemplate = Template & { readonly schedule: string };

type Row<T> = Omit<T, 'lastDay'> & { readonly lastDay: string | null };

const templateOf = <T extends Template>({ lastDay, ...row }: Row<T>): T =>
  ({ ...row, ...(lastDay !== null && { lastDay }) }) as unknown as T;

/** Of some schedules, by schedule and name. */
export async function readTemplates(
  db: Queryable,
  key: string,
  schedules: readonly string[],
): Promise<ScheduleTemplate[]> {
  const { rows } = await db.query<Row<ScheduleTemplate>>({
    name: 'standalone_templates',
    text: `select schedule, ${columns} from standalone_template where clinic = ${clinic} and schedule = any($2::text[])
      order by schedule, name`,
    values: [key, schedules],
  });
  return rows.map((row) => templateOf(row));
}

/** Until the transaction ends, nobody changes it and nobody books by it. */
export async function lockTemplate(
  db: Queryable,
  key: string,
  schedule: string,
  id: string,
): Promise<Template | undefined> {
  const { rows } = await db.query<Row<Template>>({
    name: 'standalone_lock_template',
    text: `select ${columns} from standalone_template where clinic = ${clinic} and schedule = $2 and id = $3::uuid for update`,
    values: [key, schedule, id],
  });
  return rows[0] && templateOf(rows[0]);
}

const valuesOf = (t: Omit<Template, 'id'>) =>
  [t.name, t.active, t.firstDay, t.lastDay ?? null, t.weekdays, t.first, t.last, t.cells, t.minutes] as const;

/** @returns the id */
export async function insertTemplate(
  db: Queryable,
  key: string,
  schedule: string,
  template: Omit<Template, 'id'>,
): Promise<string> {
  const { rows } = await db.query<{ id: string }>({
    name: 'standalone_insert_template',
    text: `insert into standalone_template
        (clinic, schedule, name, active, first_day, last_day, weekdays, first_visit, last_visit, cells, minutes)
      values (${clinic}, $2, $3, $4, $5::date, $6::date, $7::smallint[], $8, $9, $10::smallint[], $11) returning id`,
    values: [key, schedule, ...valuesOf(template)],
  });
  return rows[0]!.id;
}

export async function updateTemplate(db: Queryable, template: Template): Promise<void> {
  await db.query({
    name: 'standalone_update_template',
    text: `update standalone_template set name = $2, active = $3, first_day = $4::date, last_day = $5::date,
        weekdays = $6::smallint[], first_visit = $7, last_visit = $8, cells = $9::smallint[], minutes = $10,
        changed = clock_timestamp() where id = $1::uuid`,
    values: [template.id, ...valuesOf(template)],
  });
}

/** @returns false when there is none */
export async function deleteTemplate(db: Queryable, key: string, schedule: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query({
    name: 'standalone_delete_template',
    text: `delete from standalone_template where clinic = ${clinic} and schedule = $2 and id = $3::uuid`,
    values: [key, schedule, id],
  });
  return rowCount === 1;
}
