/**
 * A slot on its way from Postgres: 50 bytes in the formats of its binary protocol, as hexadecimal text where text is needed. A page of
 * 50 took 98 to 103 µs of Postgres so, and 133 to 143 with its times written as text (docs/performance.md).
 */
import { slotReasons, slotStatuses } from '../../store/slot.ts';

export const rowBytes = 50;
const rowDigits = 2 * rowBytes;

/** Where its fields begin. Times are microseconds since 2000, 8 bytes; fragment and version 4 bytes each; status and reason one. */
export const place = {
  id: 0,
  start: 16,
  end: 24,
  updated: 32,
  fragment: 40,
  version: 44,
  status: 48,
  reason: 49,
} as const;

/** SQL: the bytes of a slot. */
export const slotBytes = (alias: string): string =>
  `(uuid_send(${alias}.id) || timestamptz_send(${alias}.start_at) || timestamptz_send(${alias}.end_at) || timestamptz_send(${alias}.updated)
    || int8send(${alias}.fragment::bigint << 32 | ${alias}.version) || int2send(${alias}.status << 8 | ${alias}.reason))`;

/** SQL: the slot `s` as text. */
export const slotColumn = `encode(${slotBytes('s')}, 'hex') as slot`;

/**
 * The slots of a query as one value: a message of its own for each row costs the client more than all else of it.
 * @param query its column `slot` is of bytes
 */
export const slotPage = (query: string, withXids = false): string =>
  `select encode(string_agg(slot, ''), 'hex') as page${withXids ? `, string_agg(xid::text, ',') as xids` : ''} from (${query}) slots`;

/** The rows of a page. */
export const slotsOf = (page: string): string[] =>
  Array.from({ length: page.length / rowDigits }, (_, i) => page.slice(i * rowDigits, (i + 1) * rowDigits));

export const idOfSlot = (slot: string): string =>
  `${slot.slice(0, 8)}-${slot.slice(8, 12)}-${slot.slice(12, 16)}-${slot.slice(16, 20)}-${slot.slice(20, 32)}`;

/** As FHIR writes it. */
export const startOfSlot = (slot: string): string => secondsOf(instantAt(Buffer.from(slot, 'hex'), place.start));

/** Number of what it has in common with others. */
export const fragmentOfSlot = (slot: string): number =>
  Number.parseInt(slot.slice(2 * place.fragment, 2 * place.version), 16);

export interface SlotRow {
  readonly id: string;
  /** As FHIR writes them. */
  readonly start: string;
  readonly end: string;
  readonly updated: string;
  readonly fragment: number;
  readonly version: number;
  readonly status: (typeof slotStatuses)[number];
  readonly reason: (typeof slotReasons)[number];
}

export function parseSlot(slot: string): SlotRow {
  const row = Buffer.from(slot, 'hex');
  return {
    id: idOfSlot(slot),
    start: secondsOf(instantAt(row, place.start)),
    end: secondsOf(instantAt(row, place.end)),
    updated: new Date(instantAt(row, place.updated)).toISOString(),
    fragment: row.readInt32BE(place.fragment),
    version: row.readInt32BE(place.version),
    status: slotStatuses[row[place.status]!]!,
    reason: slotReasons[row[place.reason]!]!,
  };
}

const secondsOf = (instant: number) => `${new Date(instant).toISOString().slice(0, 19)}Z`;

/** Of 2000, in milliseconds since 1970. */
const begin = Date.UTC(2000, 0, 1);

/** Milliseconds since 1970; microseconds are cut off, as in the past and in the future. */
export const instantAt = (rows: Buffer, at: number): number => begin + Math.floor(microsAt(rows, at) / 1000);

/** Since 2000. Doubles are exact for 285 years. */
const microsAt = (rows: Buffer, at: number) => rows.readInt32BE(at) * 2 ** 32 + rows.readUInt32BE(at + 4);
