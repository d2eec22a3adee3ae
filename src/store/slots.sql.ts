/** Statements on `slot`: the difference between a reading of the MIS and the mirror, and the writing of it. */

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Interval } from '../instant.ts';
import type { Queryable } from '../postgres.ts';
import { slotVisible, type Viewer, viewerValues } from './visibility.ts';

/** A slot as the MIS has it now, ready for the row. Instants in milliseconds; numbers of store/slot.ts. */
export interface MirrorSlot {
  readonly id: string;
  readonly schedule: string;
  readonly start: number;
  readonly end: number;
  readonly status: number;
  readonly reason: number;
  readonly fragment: number;
  readonly misKey: string | null;
}

export interface SlotWindow {
  readonly clinic: number;
  readonly schedules: readonly string[];
  readonly interval: Interval;
}

export interface Difference {
  readonly added: number;
  readonly changed: number;
  readonly withdrawn: number;
  /** Slots of the window that the mirror shows as not withdrawn before the difference is written. */
  readonly standing: number;
}

export interface SlotPlace {
  readonly clinic: number;
  /** Key of the schedule in the MIS. */
  readonly key: string;
  readonly start: Date;
  /** The time by the clock of Postgres, to the microsecond. */
  readonly now: string;
}

/** Where in the MIS a slot is looked up; undefined when the viewer sees no such slot. */
export async function readPlace(db: Queryable, viewer: Viewer, slot: string): Promise<SlotPlace | undefined> {
  const { rows } = await db.query<SlotPlace>({
    name: 'place_of_slot',
    text: `select s.clinic, d.mis_key as key, s.start_at as start, clock_timestamp()::text as now from slot s
      join document d on d.type = 'Schedule' and d.id = s.schedule where s.id = $5::uuid and ${slotVisible('s', 1)}`,
    values: [...viewerValues(viewer), slot],
  });
  return rows[0];
}

/** Instants in milliseconds: to write and read them as text cost as much as the rest of the copy. */
const stage = `create temp table slot_stage (id uuid, schedule uuid, starts bigint, ends bigint, status smallint,
  reason smallint, fragment integer, mis_key text) on commit drop`;

/** Copies a reading into a table that ends with the transaction. */
export async function stageSlots(client: pg.PoolClient, slots: Iterable<MirrorSlot>): Promise<void> {
  await client.query(stage);
  const copy = client.query(copyFrom('copy slot_stage from stdin'));
  await pipeline(Readable.from(copyChunks(slots)), copy);
}

/** Text format of COPY in chunks of about 64 kB: one chunk a row costs more in streams than in Postgres. */
function* copyChunks(slots: Iterable<MirrorSlot>): Generator<string> {
  let chunk = '';
  for (const { id, schedule, start, end, status, reason, fragment, misKey } of slots) {
    const key = misKey === null ? '\\N' : special.test(misKey) ? misKey.replace(specials, (c) => escapes[c]!) : misKey;
    chunk += `${id}\t${schedule}\t${start}\t${end}\t${status}\t${reason}\t${fragment}\t${key}\n`;
    if (chunk.length > 65_536) {
      yield chunk;
      chunk = '';
    }
  }
  if (chunk !== '') yield chunk;
}

const [special, specials] = [/[\\\t\n\r]/, /[\\\t\n\r]/g];
const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

const instant = (column: string) => `to_timestamp(${column}::double precision / 1000)::timestamptz(0)`;

/** MERGE … NOT MATCHED BY SOURCE scans the whole table (PERFORMANCE.md §5), a full join with the window does not. */
const difference = `create temp table slot_change on commit drop as
  select coalesce(n.id, o.id) as id, n.id is null as withdrawn, o.id is null as added,
    n.schedule, n.start_at, n.end_at, n.status, n.reason, n.fragment, n.mis_key
  from (
    select id, schedule, ${instant('starts')} as start_at, ${instant('ends')} as end_at, status, reason, fragment, mis_key
    from slot_stage) n full join (
    select id, start_at, end_at, mis_status, mis_reason, fragment from slot
    where schedule = any($1::uuid[]) and start_at >= $2 and start_at < $3) o on o.id = n.id
  where case
    when o.id is null then true
    when n.id is null then o.mis_reason <> 3
    else (n.start_at, n.end_at, n.status, n.reason, n.fragment)
      is distinct from (o.start_at, o.end_at, o.mis_status, o.mis_reason, o.fragment) end`;

/** Finds what differs, within the schedules and the time that were read. */
export async function findDifference(client: Queryable, window: SlotWindow): Promise<Difference> {
  const { start, end } = window.interval;
  const values = [window.schedules, new Date(start), new Date(end)];
  await client.query(difference, values);
  const { rows } = await client.query<Difference>(`select count(*) filter (where added)::integer as added,
    count(*) filter (where withdrawn)::integer as withdrawn,
    count(*) filter (where not added and not withdrawn)::integer as changed, 0 as standing from slot_change`);
  const found = rows[0]!;
  if (found.withdrawn === 0) return found;
  const { rows: standing } = await client.query<{ n: number }>(
    `select count(*)::integer as n from slot where schedule = any($1::uuid[]) and start_at >= $2 and start_at < $3
     and mis_reason <> 3`,
    values,
  );
  return { ...found, standing: standing[0]!.n };
}

/** What clients see of a slot of which the MIS now says `status`. */
function seen(slot: string, status: string, reason: string): string {
  const kept = `${slot}.booking is not null or (${slot}.held_until is not null and ${status} = 0)`;
  const held = (column: string) => `${column} = case when ${status} = 0 then ${slot}.${column} end`;
  return `status = case when ${kept} then ${slot}.status else ${status} end,
       reason = case when ${kept} then ${slot}.reason else ${reason} end,
       ${['held_until', 'held_by', 'held_for'].map(held).join(', ')}`;
}

/**
 * Writes the difference; what is new in the order in which it will be read, so that a page of a schedule lies on a few
 * pages of the table (51 slots scattered over as many cost a search half as much again). A slot that changed after the
 * reading began is newer than it and is left to the next one; while a booking claims a slot, clients keep seeing what the
 * booking says. A hold lasts as long as the MIS shows the time free: what it has sold or closed is nobody's to hold.
 */
export async function writeDifference(client: Queryable, window: SlotWindow, readingBegan: string): Promise<number> {
  const updated = await client.query(
    `update slot s set start_at = c.start_at, end_at = c.end_at, fragment = c.fragment,
       mis_status = c.status, mis_reason = c.reason,
       ${seen('s', 'c.status', 'c.reason')},
       version = s.version + 1, updated = clock_timestamp(), xid = change_number()
     from slot_change c where s.id = c.id and not c.withdrawn and not c.added and s.updated < $1::timestamptz`,
    [readingBegan],
  );
  const withdrawn = await client.query(
    `update slot s set mis_status = 2, mis_reason = 3,
       ${seen('s', '2', '3')},
       version = s.version + 1, updated = clock_timestamp(), xid = change_number()
     from slot_change c where s.id = c.id and c.withdrawn and s.updated < $1::timestamptz`,
    [readingBegan],
  );
  const added = await addSlots(client, window.clinic, readingBegan);
  return (updated.rowCount ?? 0) + (withdrawn.rowCount ?? 0) + added;
}

const addNew = `insert into slot (id, schedule, start_at, end_at, clinic, status, mis_status, reason, mis_reason, fragment, mis_key)
  select id, schedule, start_at, end_at, $1, status, status, reason, reason, fragment, mis_key from slot_change where added
  order by schedule, start_at`;
const addOrMove = `${addNew} on conflict (id) do update set
    schedule = excluded.schedule, start_at = excluded.start_at, end_at = excluded.end_at,
    mis_status = excluded.mis_status, mis_reason = excluded.mis_reason, fragment = excluded.fragment,
    ${seen('slot', 'excluded.status', 'excluded.reason')},
    version = slot.version + 1, updated = clock_timestamp(), xid = change_number()
  where slot.clinic = excluded.clinic and slot.updated < $2::timestamptz`;

/**
 * One that stands elsewhere was moved into the window. There is hardly ever one, and to look for it with each row costs an eighth of
 * their insertion, so it is looked for when Postgres has run into it.
 */
async function addSlots(client: Queryable, clinic: number, readingBegan: string): Promise<number> {
  await client.query('savepoint adding');
  try {
    return (await client.query(addNew, [clinic])).rowCount ?? 0;
  } catch (error) {
    if ((error as { code?: string }).code !== uniqueViolation) throw error;
    await client.query('rollback to savepoint adding');
    return (await client.query(addOrMove, [clinic, readingBegan])).rowCount ?? 0;
  }
}

const uniqueViolation = '23505';
