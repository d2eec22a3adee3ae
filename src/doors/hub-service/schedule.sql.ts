/** Statements on timetables of one clinic: who has one, and what of it is free. */
import type { ParameterIds } from '../../store/parameters.ts';
import type { Resource } from '../../store/resource.ts';
import { documentVisible, slotVisible, viewerValues } from '../../store/visibility.ts';
import type { Place } from './desk.ts';

const bodies = (rows: readonly { body: string }[]): Resource[] => rows.map((r) => JSON.parse(r.body) as Resource);

/** Schedules that are open to the viewer. @param only ids; all when absent */
export async function readSchedules({ db, viewer }: Place, only?: readonly string[]): Promise<Resource[]> {
  const one = only === undefined ? '' : 'and d.id = any($5::uuid[])';
  const { rows } = await db.query<{ body: string }>({
    name: `hub_schedules_${only === undefined ? 'all' : 'some'}`,
    text: `select d.body from document d where d.type = 'Schedule' and d.id <> all($4::uuid[]) ${one}
      and ${documentVisible('d', 1)} order by d.doc`,
    values: [...viewerValues(viewer), ...(only === undefined ? [] : [only])],
  });
  return bodies(rows);
}

/** Resources by their addresses, `Type/id`. */
export async function readResources(
  { db, viewer }: Place,
  addresses: readonly (readonly [type: string, id: string])[],
): Promise<Map<string, Resource>> {
  if (addresses.length === 0) return new Map();
  const { rows } = await db.query<{ body: string }>({
    name: 'hub_resources',
    text: `select d.body from unnest($5::text[], $6::uuid[]) a (type, id) join document d on d.type = a.type and d.id = a.id
      where ${documentVisible('d', 1)}`,
    values: [...viewerValues(viewer), addresses.map(([type]) => type), addresses.map(([, id]) => id)],
  });
  return new Map(bodies(rows).map((resource) => [`${resource.resourceType}/${resource.id}`, resource]));
}

/** Resources of a type, the first of them. */
export async function readSome({ db, viewer }: Place, type: string, most: number): Promise<Resource[]> {
  const { rows } = await db.query<{ body: string }>({
    name: 'hub_some',
    text: `select d.body from document d where d.type = $5 and ${documentVisible('d', 1)} order by d.doc limit $6`,
    values: [...viewerValues(viewer), type, most],
  });
  return bodies(rows);
}

/** Referrals of that number, whoever has given it; two at most, for that is one too many. */
export async function readReferrals(
  { db, viewer }: Place,
  parameters: ParameterIds,
  number: string,
): Promise<Resource[]> {
  const { rows } = await db.query<{ body: string }>({
    name: 'hub_referrals',
    text: `select d.body from search_token v join document d on d.doc = v.doc
      where v.parameter = $5::smallint and v.code = $6 and d.type = 'ServiceRequest' and ${documentVisible('d', 1)} limit 2`,
    values: [...viewerValues(viewer), parameters.of('ServiceRequest', 'identifier').id, number],
  });
  return bodies(rows);
}

export interface Free {
  readonly schedule: string;
  readonly count: number;
  readonly nearest: Date | null;
  readonly last: Date | null;
}

/** How much is free from a moment on. Of each schedule its free slots alone are looked at, by the index on those. */
export async function countFree({ db, viewer }: Place, schedules: readonly string[], from: Date): Promise<Free[]> {
  const { rows } = await db.query<Free>({
    name: 'hub_free',
    text: freeText,
    values: [...viewerValues(viewer), schedules, from],
  });
  return rows;
}

export const freeText = `select x.id as schedule, f.* from unnest($5::uuid[]) x(id) cross join lateral (
  select count(*)::int as count, min(s.start_at) as nearest, max(s.start_at) as last from slot s
  where s.schedule = x.id and s.status = 0 and s.start_at > $6 and ${slotVisible('s', 1, true)}) f`;

export interface Time {
  readonly id: string;
  readonly start: Date;
  readonly end: Date;
}

/** More than a doctor has in a year. */
const most = 20_000;

/** Free slots of a schedule that begin within an interval, in their order. */
export async function readFree({ db, viewer }: Place, schedule: string, from: Date, until: Date): Promise<Time[]> {
  const { rows } = await db.query<Time>({
    name: 'hub_free_slots',
    text: `select s.id, s.start_at as start, s.end_at as "end" from slot s
      where s.schedule = $5::uuid and s.status = 0 and s.start_at >= $6 and s.start_at < $7 and ${slotVisible('s', 1, true)}
      order by s.start_at, s.id limit ${most}`,
    values: [...viewerValues(viewer), schedule, from, until],
  });
  return rows;
}

export interface AnyTime extends Time {
  /** Numbers of store/slot.ts. */
  readonly status: number;
}

/** Slots of a schedule, free or not, but for those that the clinic has taken back. */
export async function readTimes({ db, viewer }: Place, schedule: string, from: Date, until: Date): Promise<AnyTime[]> {
  const { rows } = await db.query<AnyTime>({
    name: 'hub_slots',
    text: `select s.id, s.start_at as start, s.end_at as "end", s.status from slot s
      where s.schedule = $5::uuid and s.reason <> 3 and s.start_at >= $6 and s.start_at < $7 and ${slotVisible('s', 1, true)}
      order by s.start_at, s.id limit ${most}`,
    values: [...viewerValues(viewer), schedule, from, until],
  });
  return rows;
}

/** Of what schedule a slot is; undefined where the viewer sees none of that id. */
export async function readScheduleOf({ db, viewer }: Place, slot: string): Promise<string | undefined> {
  const { rows } = await db.query<{ schedule: string }>({
    name: 'hub_schedule_of',
    text: `select s.schedule from slot s where s.id = $5::uuid and ${slotVisible('s', 1, true)}`,
    values: [...viewerValues(viewer), slot],
  });
  return rows[0]?.schedule;
}
