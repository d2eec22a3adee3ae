/** What events are about, read with the rights of the moment: the version of the event, or nothing. */
import type { Queryable } from '../../postgres.ts';
import { documentVisible, slotVisible, type Viewer, viewerValues } from '../../store/visibility.ts';
import type { SubscriptionEvent } from '../../workflows/subscription.ts';
import { textOf } from '../byte-string.ts';
import type { SlotRenderer } from '../search/slot.ts';
import { slotColumn } from '../search/slot-row.ts';

export interface Focus {
  /** Undefined of what is deleted. */
  readonly resource?: object;
}

interface Row {
  readonly n: string;
  readonly deleted: boolean;
  readonly body: string | null;
  readonly slot: string | null;
}

const documents = `select e.n, d.deleted, d.body, null as slot
  from unnest($5::text[], $6::uuid[], $7::integer[]) with ordinality e(type, id, version, n), lateral (
    select type, clinic, patient, under, false as deleted, body from document x where x.type = e.type and x.id = e.id and x.version = e.version
    union all
    select type, clinic, patient, under, deleted, body from document_version x where x.type = e.type and x.id = e.id and x.version = e.version) d
  where ${documentVisible('d', 1)}`;

const slotColumns = 'id, schedule, start_at, end_at, status, reason, fragment, version, updated, clinic';

const slots = `select e.n, s.deleted, null as body, ${slotColumn}
  from unnest($5::text[], $6::uuid[], $7::integer[]) with ordinality e(type, id, version, n), lateral (
    select ${slotColumns}, false as deleted from slot x where x.id = e.id and x.version = e.version
    union all
    select ${slotColumns}, deleted from slot_version x where x.id = e.id and x.version = e.version) s
  where ${slotVisible('s', 1)}`;

/** @param events of one resource type. @returns those that the viewer may see */
export async function readFoci(
  db: Queryable,
  renderer: SlotRenderer,
  viewer: Viewer,
  events: readonly SubscriptionEvent[],
): Promise<ReadonlyMap<SubscriptionEvent, Focus>> {
  const foci = new Map<SubscriptionEvent, Focus>();
  const types = new Set(events.map((e) => e.type));
  const values = [
    ...viewerValues(viewer),
    events.map((e) => e.type),
    events.map((e) => e.focus),
    events.map((e) => e.version),
  ];
  for (const type of types) {
    const isSlot = type === 'Slot';
    const name = isSlot ? 'subscription_slots' : 'subscription_documents';
    const { rows } = await db.query<Row>({ name, text: isSlot ? slots : documents, values });
    for (const row of rows) {
      const event = events[Number(row.n) - 1]!;
      if (event.type !== type) continue;
      const body = row.deleted ? undefined : row.slot === null ? row.body : textOf(await renderer.resource(row.slot));
      foci.set(event, body ? { resource: JSON.parse(body) as object } : {});
    }
  }
  return foci;
}

/** @returns those that another viewer may see, too */
export async function readFociFor(
  db: Queryable,
  renderer: SlotRenderer,
  viewer: Viewer,
  foci: ReadonlyMap<SubscriptionEvent, Focus>,
): Promise<ReadonlyMap<SubscriptionEvent, Focus>> {
  const seen = await readFoci(db, renderer, viewer, [...foci.keys()]);
  return new Map([...foci].filter(([event]) => seen.has(event)));
}
