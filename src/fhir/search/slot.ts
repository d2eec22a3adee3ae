/**
 * Slots: typed rows in, bytes out. The page is assembled from constant fragments kept as bytes and a short row for each slot; nothing
 * is stringified or encoded per slot (PERFORMANCE.md §"What follows").
 */

import { slotReasonUrl } from '../../connectors/read-slot.ts';
import type { Database } from '../../postgres.ts';
import { type ByteString, bytesOf } from '../byte-string.ts';
import { type CopySlots, createSlotCopier } from './slot-copies.ts';
import { fragmentOfSlot, parseSlot, type SlotRow } from './slot-row.ts';

/** That a resource type is kept in typed rows and not as documents. */
export interface SlotStorage {
  readonly table: 'slot';
}

export const slotStorage: SlotStorage = { table: 'slot' };

/** Bytes of slots. Fragments never change, so they are cached for ever; the limit only bounds memory. */
export interface SlotRenderer {
  /** `{"fullUrl":…,"resource":{…},"search":{…}}` of each slot, joined by commas. */
  entries(slots: readonly string[], base: string): Promise<ByteString>;
  /** One Slot. */
  resource(slot: string): Promise<ByteString>;
  resources(slots: readonly string[]): Promise<readonly ByteString[]>;
  /** NDJSON of rows. */
  copies: CopySlots;
  /** Ids of their schedules, which the fragments name: no slot is looked up again to include its schedule. */
  schedules(slots: readonly string[]): Promise<readonly string[]>;
}

const scheduleName = /"schedule":\{"reference":"Schedule\/([0-9a-f-]{36})"/;

function resourceOf({ id, version, updated, status, reason, start, end }: SlotRow, fragment: ByteString): ByteString {
  const meta = `"meta":{"versionId":"${version}","lastUpdated":"${updated}"}`;
  const extension = reason === '' ? '' : `,"extension":[{"url":"${slotReasonUrl}","valueCode":"${reason}"}]`;
  return `{"resourceType":"Slot","id":"${id}",${meta},"status":"${status}","start":"${start}","end":"${end}"${extension}${fragment}}`;
}

const entryOf = (base: string) => (slot: SlotRow, fragment: ByteString) =>
  `{"fullUrl":"${base}/Slot/${slot.id}","resource":${resourceOf(slot, fragment)},"search":{"mode":"match"}}`;

const fragmentLimit = 100_000;
/** Addresses under which clients call this hub; without a public one they are what clients say. Each may take 40 MB of templates. */
const baseLimit = 4;

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
      const bodies = await fragments(slots.map(fragmentOfSlot));
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
  const { bytes, write } = await copy(Buffer.from(slots.join(''), 'hex'));
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
