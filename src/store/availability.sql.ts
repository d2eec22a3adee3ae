/** Statements on for whom a doctor's time is. https://medmost.ru/fhir/StructureDefinition/schedule-availability */
import type { Queryable } from '../postgres.ts';
import type { ParameterIds } from './parameters.ts';

export const availabilities = ['region', 'attached', 'referral'] as const;
export type Availability = (typeof availabilities)[number];

/** Keeps the rules of Schedules of a clinic; `region` is none. */
export async function putAvailabilities(
  db: Queryable,
  clinic: number,
  rules: ReadonlyMap<string, Availability>,
): Promise<void> {
  if (rules.size === 0) return;
  await db.query(
    `with given as (select * from unnest($2::uuid[], $3::text[]) g (schedule, rule)),
      gone as (delete from schedule_availability a using given g where a.schedule = g.schedule and g.rule = 'region')
    insert into schedule_availability (schedule, clinic, rule) select schedule, $1, rule from given where rule <> 'region'
    on conflict (schedule) do update set rule = excluded.rule where schedule_availability.rule <> excluded.rule`,
    [clinic, [...rules.keys()], [...rules.values()]],
  );
}

const isAttached = `exists (
    select from document p join search_reference v on v.doc = p.doc and v.parameter = $3
      join document o on o.type = 'Organization' and o.id = v.target and o.clinic = a.clinic
    where p.type = 'Patient' and p.id = any($2::uuid[]) and p.clinic = a.clinic)`;

/** To a doctor or room of the schedule, or to its specialty; until its time is over. */
const isReferred = `exists (
    select from document r join document d on d.type = 'Schedule' and d.id = a.schedule
    where r.type = 'ServiceRequest' and r.patient = any($2::uuid[]) and r.clinic = a.clinic
      and exists (select from search_token v where v.doc = r.doc and v.parameter = $4 and v.code = 'active')
      and (exists (select from search_reference v join search_reference s on s.doc = d.doc and s.parameter = $6 and s.target = v.target
             where v.doc = r.doc and v.parameter = $5)
        or exists (select from search_token v join search_token s on s.doc = d.doc and s.parameter = $8 and s.code = v.code and s.system = v.system
             where v.doc = r.doc and v.parameter = $7 and v.code <> ''))
      and not exists (select from search_date v where v.doc = r.doc and v.parameter = $9 and v.high <= clock_timestamp()))`;

const closed = `select a.schedule as id, a.rule from schedule_availability a
  where a.clinic = any($1::smallint[]) and not case a.rule when 'attached' then ${isAttached} else ${isReferred} end`;

export interface Closed {
  readonly id: string;
  readonly rule: 'attached' | 'referral';
}

/** Schedules of the clinics whose time is for none of these patients. */
export async function readClosed(
  db: Queryable,
  parameters: ParameterIds,
  clinics: readonly number[],
  patients: readonly string[],
): Promise<Closed[]> {
  const id = (type: string, code: string) => parameters.of(type, code).id;
  const { rows } = await db.query<Closed>({
    name: 'closed_schedules',
    text: closed,
    values: [
      clinics,
      patients,
      id('Patient', 'organization'),
      id('ServiceRequest', 'status'),
      id('ServiceRequest', 'performer'),
      id('Schedule', 'actor'),
      id('ServiceRequest', 'performer-type'),
      id('Schedule', 'specialty'),
      id('ServiceRequest', 'occurrence'),
    ],
  });
  return rows;
}
