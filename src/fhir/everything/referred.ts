/** What the resources of a record refer to, and what that refers to: doctors, places, schedules, slots. */
import { textOf } from '../byte-string.ts';
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';
import { idOfSlot } from '../search/slot-row.ts';
import { readReferred, readReferredSlots } from './record.sql.ts';

export interface Part {
  readonly type: string;
  readonly id: string;
  readonly updated: Date;
  readonly body: string;
}

export const keyOf = ({ type, id }: Pick<Part, 'type' | 'id'>): string => `${type}/${id}`;

/** Appointment → Slot → Schedule → PractitionerRole → Practitioner. */
const rounds = 5;

/**
 * @param known what is there already; its references are followed
 * @param patient whose own resources count when they are referred to by `known` itself
 */
export async function readAround(
  context: Context,
  asked: Asked,
  known: readonly Part[],
  patient: string | null,
): Promise<Part[]> {
  const seen = new Set(known.map(keyOf));
  const around: Part[] = [];
  let fresh = known;
  for (let round = 0; round < rounds && fresh.length > 0; round++) {
    const wanted = [...new Set(fresh.flatMap(({ body }) => referencesIn(body)))].filter((key) => !seen.has(key));
    for (const key of wanted) seen.add(key);
    fresh = wanted.length === 0 ? [] : await readParts(context, asked, wanted, round === 0 ? patient : null);
    around.push(...fresh);
  }
  return around;
}

/** Quotes within texts are escaped in JSON, so that this finds members and nothing else. */
const pattern =
  /"reference":"([A-Z][A-Za-z]+\/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:\/_history\/\d+)?"/g;

const referencesIn = (body: string): string[] => [...body.matchAll(pattern)].map(([, key]) => key!);

async function readParts(
  { db, slots }: Context,
  { viewer }: Asked,
  keys: readonly string[],
  patient: string | null,
): Promise<Part[]> {
  const pairs = keys.map((key) => key.split('/') as [type: string, id: string]);
  const [ofSlots, others] = [pairs.filter(([t]) => t === 'Slot'), pairs.filter(([t]) => t !== 'Slot')];
  const split = [others.map(([type]) => type), others.map(([, id]) => id)] as const;
  const documents = others.length === 0 ? [] : await readReferred(db, viewer, ...split, patient);
  if (ofSlots.length === 0) return documents;
  const rows = await readReferredSlots(
    db,
    viewer,
    ofSlots.map(([, id]) => id),
  );
  const parts = rows.map(async ({ slot, updated }) => {
    const body = textOf(await slots.resource(slot));
    return { type: 'Slot', id: idOfSlot(slot), updated, body };
  });
  return [...documents, ...(await Promise.all(parts))];
}
