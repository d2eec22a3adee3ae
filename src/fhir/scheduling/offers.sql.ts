/** Statements of `$find`: who takes part in which schedules, and their free time. */
import { Fault } from '../../fault.ts';
import { foldString } from '../../r4/values.ts';
import { documentVisible, nobody, slotVisible, viewerValues } from '../../store/visibility.ts';
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';

/** Elements by which actors of schedules belong to somebody who is wished for. */
const belonging = [
  ['PractitionerRole', 'practitioner'],
  ['PractitionerRole', 'location'],
  ['PractitionerRole', 'organization'],
  ['HealthcareService', 'location'],
  ['HealthcareService', 'organization'],
  ['Location', 'organization'],
] as const;

/** An organization's doctors and rooms are fewer. */
const mostActors = 5000;
const mostLocations = 100;

/** None is left out in silence. @throws Fault wish-too-wide */
function idsIn(rows: readonly { id: string }[], most: number): string[] {
  if (rows.length > most)
    throw new Fault('business-rule', 'Too many doctors and places fit: name them more closely.', {
      code: 'wish-too-wide',
    });
  return rows.map((r) => r.id);
}

/** Who may stand in a schedule when one of `ids` is wished for: these themselves, and what belongs to them. */
export async function readActors(context: Context, { viewer }: Asked, ids: readonly string[]): Promise<Set<string>> {
  const parameters = belonging.map(([type, code]) => context.parameters.of(type, code).id);
  const { rows } = await context.db.query<{ id: string }>({
    name: 'actors_of',
    text: `select d.id from search_reference r join document d on d.doc = r.doc
      where r.target = any($5::uuid[]) and r.parameter = any($6::smallint[]) and ${documentVisible('d', 1)} limit ${mostActors + 1}`,
    values: [...viewerValues(viewer), ids, parameters],
  });
  return new Set([...ids, ...idsIn(rows, mostActors)]);
}

/** Locations with an address that begins like this, in any of its parts. */
export async function locationsAt(context: Context, { viewer }: Asked, text: string): Promise<readonly string[]> {
  const folded = foldString(text).replace(/[\\%_]/g, (x) => `\\${x}`);
  if (folded === '') return [nobody];
  const { rows } = await context.db.query<{ id: string }>({
    name: 'locations_at',
    text: `select distinct d.id from search_string v join document d on d.doc = v.doc
      where v.parameter = $5::smallint and v.folded like $6 and ${documentVisible('d', 1)} limit ${mostLocations + 1}`,
    values: [...viewerValues(viewer), context.parameters.of('Location', 'address').id, `${folded}%`],
  });
  return rows.length === 0 ? [nobody] : idsIn(rows, mostLocations);
}

export interface ScheduleRow {
  readonly id: string;
  readonly clinic: number;
  readonly body: string;
}

/** How the schedules that come into question are looked up; the rest of a wish is compared with what they say. */
export type Lookup =
  | { readonly by: 'actor'; readonly values: readonly string[] }
  | { readonly by: 'specialty' | 'service-type'; readonly values: readonly string[] }
  | { readonly by: 'all' };

export async function readSchedules(
  context: Context,
  { viewer }: Asked,
  lookup: Lookup,
  most: number,
): Promise<ScheduleRow[]> {
  const values: unknown[] = [...viewerValues(viewer), most];
  let test = 'true';
  if (lookup.by !== 'all') {
    values.push(context.parameters.of('Schedule', lookup.by).id, lookup.values);
    const [table, column, type] =
      lookup.by === 'actor' ? ['search_reference', 'target', 'uuid'] : ['search_token', 'code', 'text'];
    test = `d.doc = any(array(select v.doc from ${table} v where v.parameter = $6::smallint and v.${column} = any($7::${type}[])))`;
  }
  const { rows } = await context.db.query<ScheduleRow>({
    name: `schedules_by_${lookup.by}`,
    text: `select d.id, d.clinic, d.body from document d where d.type = 'Schedule' and ${documentVisible('d', 1)} and ${test} limit $5`,
    values,
  });
  return rows;
}

/** Free time of a schedule that is looked for; half-open. */
export interface Window {
  readonly schedule: string;
  readonly rank: number;
  readonly low: Date;
  readonly high: Date;
  /** A slot that begins at `low` must have a greater id. */
  readonly after: string;
}

export interface OfferRow {
  readonly id: string;
  readonly schedule: string;
  readonly start: Date;
  readonly end: Date;
  readonly rank: number;
}

const windows =
  'json_to_recordset($5) as w(schedule uuid, rank integer, low timestamptz, high timestamptz, after uuid)';
/** As it stands in the index slot_free. */
const inside =
  's.schedule = w.schedule and s.status = 0 and s.start_at >= w.low and s.start_at < w.high and s.end_at <= w.high';

/** Ids of the slots that alone come into question; null: all. */
type Among = readonly string[] | null;

/** The first of the free slots, by rank and time. Of each schedule no more is read than a page can show. */
export async function readOffers(
  context: Context,
  { viewer }: Asked,
  given: readonly Window[],
  limit: number,
  among: Among = null,
): Promise<OfferRow[]> {
  const { rows } = await context.db.query<OfferRow>({
    name: 'offers',
    text: `select s.id, w.schedule, s.start_at as start, s.end_at as "end", w.rank from ${windows} cross join lateral (
        select * from slot s where ${inside} and (s.start_at, s.id) > (w.low, w.after) and ${slotVisible('s', 1)}
          and ($7::uuid[] is null or s.id = any($7::uuid[]))
        order by s.start_at, s.id limit $6) s
      order by w.rank, s.start_at, s.id limit $6`,
    values: [...viewerValues(viewer), JSON.stringify(given), limit, among],
  });
  return rows;
}

export async function countOffers(
  context: Context,
  { viewer }: Asked,
  given: readonly Window[],
  among: Among = null,
): Promise<number> {
  const { rows } = await context.db.query<{ total: number }>({
    name: 'count_offers',
    text: `select coalesce(sum(s.n), 0)::integer as total from ${windows} cross join lateral (
      select count(*) as n from slot s where ${inside} and ${slotVisible('s', 1)}
        and ($6::uuid[] is null or s.id = any($6::uuid[]))) s`,
    values: [...viewerValues(viewer), JSON.stringify(given), among],
  });
  return rows[0]!.total;
}

/** The clinic of a Patient; undefined for one that the viewer does not see. */
export async function readClinicOf(context: Context, { viewer }: Asked, patient: string): Promise<number | undefined> {
  const { rows } = await context.db.query<{ clinic: number }>({
    name: 'clinic_of_patient',
    text: `select d.clinic from document d where d.type = 'Patient' and d.id = $5::uuid and ${documentVisible('d', 1)}`,
    values: [...viewerValues(viewer), patient],
  });
  return rows[0]?.clinic;
}
