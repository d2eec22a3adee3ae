/**
 * Slots: typed rows in, bytes out. The page is assembled from constant fragments kept as bytes and a short ASCII text per
 * row that SQL has formatted; nothing is parsed, stringified or encoded per slot (PERFORMANCE.md §"What follows").
 */

import { slotReasonUrl } from '../../connectors/clinic.ts';
import type { Database } from '../../postgres.ts';
import { slotReasons, slotStatuses } from '../../store/slot.ts';
import { type ByteString, bytesOf } from '../byte-string.ts';

/** That a resource type is kept in typed rows and not as documents. */
export interface SlotStorage {
  readonly table: 'slot';
}

export const slotStorage: SlotStorage = { table: 'slot' };

/**
 * A slot as one short ASCII text, its fields parted by spaces, those of fixed width first: parseSlot knows their places.
 * Times are `2026-12-01 09:00:00+00`, as Postgres writes them with the settings of openPool: a third of the price of to_char.
 */
export const slotColumn = `concat_ws(' ', s.id, s.start_at, s.end_at, s.status, s.reason, s.fragment, s.version, s.updated) as slot`;

/** The slots of a query as one value: a message of its own for each row costs the client more than all else of it. */
export const slotPage = (query: string, withXids = false): string =>
  `select string_agg(slot, ';') as page${withXids ? `, string_agg(xid::text, ',') as xids` : ''} from (${query}) slots`;

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
  const fragmentEnd = slot.indexOf(' ', 87);
  const versionEnd = slot.indexOf(' ', fragmentEnd + 1);
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
  /** NDJSON of slots, each line ended. */
  lines(slots: readonly string[]): Promise<ByteString>;
  /** Ids of their schedules, which the fragments name: no slot is looked up again to include its schedule. */
  schedules(slots: readonly string[]): Promise<readonly string[]>;
}

const scheduleName = /"schedule":\{"reference":"Schedule\/([0-9a-f-]{36})"/;

const alone = ({ id, varying }: ParsedSlot, fragment: string) =>
  `{"resourceType":"Slot","id":"${id}${varying}${fragment}}`;

const fragmentLimit = 100_000;

export function createSlotRenderer(pool: Database): SlotRenderer {
  const cache = new Map<number, ByteString>();
  const schedules = new Map<ByteString, string | undefined>();
  const read = async (ids: readonly number[]) => {
    const text = 'select id, body from slot_fragment where id = any($1::integer[])';
    return (await pool.query<{ id: number; body: string }>({ name: 'fragments', text, values: [[...new Set(ids)]] }))
      .rows;
  };
  /** All of a page's at once and not only the absent: whoever empties the cache meanwhile takes none of them away. */
  function keep(found: readonly { id: number; body: string }[]): void {
    if (cache.size > fragmentLimit) {
      cache.clear();
      schedules.clear();
    }
    for (const { id, body } of found) cache.set(id, bytesOf(body === '' ? '' : `,${body}`));
  }
  async function make(
    texts: readonly string[],
    write: (slot: ParsedSlot, fragment: string) => string,
    separator = ',',
  ): Promise<ByteString> {
    const slots = texts.map(parseSlot);
    if (slots.some((s) => !cache.has(s.fragment))) keep(await read(slots.map((s) => s.fragment)));
    return slots.map((s) => write(s, cache.get(s.fragment)!)).join(separator);
  }
  async function fragmentsOf(texts: readonly string[]): Promise<Set<ByteString>> {
    const ids = [...new Set(texts.map((text) => parseSlot(text).fragment))];
    if (ids.some((id) => !cache.has(id))) keep(await read(ids));
    return new Set(ids.map((id) => cache.get(id)!));
  }
  function scheduleOf(fragment: ByteString): string | undefined {
    if (!schedules.has(fragment)) schedules.set(fragment, scheduleName.exec(fragment)?.[1]);
    return schedules.get(fragment);
  }
  return {
    async schedules(slots) {
      const found = [...(await fragmentsOf(slots))].map(scheduleOf).filter((id) => id !== undefined);
      return [...new Set(found)];
    },
    entries: (slots, base) =>
      make(
        slots,
        ({ id, varying }, fragment) =>
          `{"fullUrl":"${base}/Slot/${id}","resource":{"resourceType":"Slot","id":"${id}${varying}${fragment}},"search":{"mode":"match"}}`,
      ),
    resource: (slot) => make([slot], alone),
    lines: (slots) => make(slots, (slot, fragment) => `${alone(slot, fragment)}\n`, ''),
  };
}
