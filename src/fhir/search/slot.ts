/**
 * Slots: typed rows in, bytes out. The page is assembled from constant fragments kept as bytes and a short ASCII text per
 * row that SQL has formatted; nothing is parsed, stringified or encoded per slot (PERFORMANCE.md §"What follows").
 */

import { slotReasonUrl } from '../../connectors/clinic.ts';
import type { Database } from '../../postgres.ts';
import { slotReasons, slotStatuses } from '../../store/slot.ts';
import { type ByteString, bytesOf } from '../byte-string.ts';
import { type CopySlots, createSlotCopier } from './slot-copies.ts';

/** That a resource type is kept in typed rows and not as documents. */
export interface SlotStorage {
  readonly table: 'slot';
}

export const slotStorage: SlotStorage = { table: 'slot' };

/**
 * A slot as a row of short ASCII text, its fields parted by tabs as those of COPY, those of fixed width first: who reads it knows
 * their places. Times are `2026-12-01 09:00:00+00`, as Postgres writes them with the settings of openPool: a third of the price of
 * to_char.
 */
export const slotColumn = `concat_ws('\t', s.id, s.start_at, s.end_at, s.status, s.reason, s.fragment, s.version, s.updated) as slot`;

/** The columns of `slotColumn`, of a slot `d`, for COPY. */
export const slotColumns = 'd.id, d.start_at, d.end_at, d.status, d.reason, d.fragment, d.version, d.updated';

/** The slots of a query as one value: a message of its own for each row costs the client more than all else of it. */
export const slotPage = (query: string, withXids = false): string =>
  `select string_agg(slot, '\n') as page${withXids ? `, string_agg(xid::text, ',') as xids` : ''} from (${query}) slots`;

export const idOfSlot = (slot: string): string => slot.slice(0, 36);

/** As FHIR writes it. */
export const startOfSlot = (slot: string): string => timeAt(slot, 37);

const timeAt = (slot: string, place: number) =>
  `${slot.slice(place, place + 10)}T${slot.slice(place + 11, place + 19)}Z`;

interface ParsedSlot {
  readonly id: string;
  /** The members that vary, as JSON text that follows the id. */
  readonly varying: string;
  readonly fragment: number;
}

function parseSlot(slot: string): ParsedSlot {
  const digitAt = (place: number) => slot.charCodeAt(place) - 48;
  const fragmentEnd = slot.indexOf('\t', 87);
  const versionEnd = slot.indexOf('\t', fragmentEnd + 1);
  const version = slot.slice(fragmentEnd + 1, versionEnd);
  const updated = `${slot.slice(versionEnd + 1, versionEnd + 11)}T${slot.slice(versionEnd + 12, versionEnd + 20)}`;
  // Microseconds, of which Postgres drops the zeros at the end.
  const milliseconds = slot
    .slice(versionEnd + 21, -3)
    .slice(0, 3)
    .padEnd(3, '0');
  const status = slotStatuses[digitAt(83)]!;
  const reason = slotReasons[digitAt(85)]!;
  const meta = `"meta":{"versionId":"${version}","lastUpdated":"${updated}.${milliseconds}Z"}`;
  const times = `"start":"${startOfSlot(slot)}","end":"${timeAt(slot, 60)}"`;
  const extension = reason === '' ? '' : `,"extension":[{"url":"${slotReasonUrl}","valueCode":"${reason}"}]`;
  return {
    id: idOfSlot(slot),
    varying: `",${meta},"status":"${status}",${times}${extension}`,
    fragment: Number(slot.slice(87, fragmentEnd)),
  };
}

/** Bytes of slots. Fragments never change, so they are cached for ever; the limit only bounds memory. */
export interface SlotRenderer {
  /** `{"fullUrl":…,"resource":{…},"search":{…}}` of each slot, joined by commas. */
  entries(slots: readonly string[], base: string): Promise<ByteString>;
  /** One Slot. */
  resource(slot: string): Promise<ByteString>;
  resources(slots: readonly string[]): Promise<readonly ByteString[]>;
  /** NDJSON: the lines of rows as COPY gives them. */
  copies: CopySlots;
  /** Ids of their schedules, which the fragments name: no slot is looked up again to include its schedule. */
  schedules(slots: readonly string[]): Promise<readonly string[]>;
}

const scheduleName = /"schedule":\{"reference":"Schedule\/([0-9a-f-]{36})"/;

const resourceOf = ({ id, varying }: ParsedSlot, fragment: ByteString): ByteString =>
  `{"resourceType":"Slot","id":"${id}${varying}${fragment}}`;

const entryOf = (base: string) => (slot: ParsedSlot, fragment: ByteString) =>
  `{"fullUrl":"${base}/Slot/${slot.id}","resource":${resourceOf(slot, fragment)},"search":{"mode":"match"}}`;

const fragmentLimit = 100_000;
/** Addresses under which clients call this hub; without a public one they are what clients say. */
const baseLimit = 20;

export function createSlotRenderer(pool: Database): SlotRenderer {
  const fragments = createFragments(pool);
  const render = (write: typeof resourceOf) => async (slots: readonly string[]) => {
    const parsed = slots.map(parseSlot);
    const bodies = await fragments(parsed.map((s) => s.fragment));
    return parsed.map((slot) => write(slot, bodies.get(slot.fragment)!));
  };
  const resources = render(resourceOf);
  const copies = createSlotCopier(resources, '\n');
  const bases = new Map<string, CopySlots>();
  function entriesAt(base: string): CopySlots {
    const known = bases.get(base);
    if (known !== undefined) return known;
    if (bases.size >= baseLimit) bases.clear();
    const made = createSlotCopier(render(entryOf(base)), ',');
    bases.set(base, made);
    return made;
  }
  return {
    entries: (slots, base) => textOf(entriesAt(base), slots),
    resource: async (slot) => (await resources([slot]))[0]!,
    resources: async (slots) => (slots.length === 0 ? [] : (await textOf(copies, slots)).split('\n')),
    copies,
    async schedules(slots) {
      const bodies = await fragments(slots.map((slot) => parseSlot(slot).fragment));
      const named = [...new Set(bodies.values())].map((body) => scheduleName.exec(body)?.[1]);
      return [...new Set(named.filter((id) => id !== undefined))];
    },
  };
}

/** Memory that each page is written into, and left before anything else can happen. */
let page = Buffer.alloc(64 * 1024);

/** Without what follows the last one. */
async function textOf(copy: CopySlots, slots: readonly string[]): Promise<ByteString> {
  if (slots.length === 0) return '';
  const { bytes, write } = await copy(Buffer.from(`${slots.join('\n')}\n`, 'latin1'));
  if (bytes > page.length) page = Buffer.alloc(bytes * 2);
  write(page);
  return page.toString('latin1', 0, bytes - 1);
}

/** What slots have in common, by its number. */
function createFragments(pool: Database): (ids: readonly number[]) => Promise<ReadonlyMap<number, ByteString>> {
  const cache = new Map<number, ByteString>();
  const read = async (ids: readonly number[]) => {
    const text = 'select id, body from slot_fragment where id = any($1::integer[])';
    return (await pool.query<{ id: number; body: string }>({ name: 'fragments', text, values: [ids] })).rows;
  };
  return async (some) => {
    const ids = [...new Set(some)];
    // All of them at once and not only the absent: whoever empties the cache meanwhile takes none of them away.
    if (ids.some((id) => !cache.has(id))) {
      const found = await read(ids);
      if (cache.size > fragmentLimit) cache.clear();
      for (const { id, body } of found) cache.set(id, bytesOf(body === '' ? '' : `,${body}`));
    }
    return new Map(ids.map((id) => [id, cache.get(id)!]));
  };
}
