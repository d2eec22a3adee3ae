/** A Slot that the mapping has made, taken apart for its row. */
import { type Resource, referencedId } from '../store/resource.ts';
import { type SlotReason, slotReasons, slotStatuses } from '../store/slot.ts';
import { MisReadError } from './connector.ts';

/** A Slot as its row needs it; `shared` are the members that all slots of a schedule have alike. */
export interface ReadSlot {
  readonly id: string;
  readonly key: string;
  readonly schedule: string;
  readonly start: number;
  readonly end: number;
  readonly status: number;
  readonly reason: number;
  readonly shared: string;
}

/** Takes a mapped Slot apart into what varies and what its schedule's slots share. @throws MisReadError */
export function readSlot({ resource, key }: { resource: Resource; key: string }): ReadSlot {
  const { resourceType, id, status, start, end, extension, ...shared } = resource;
  const schedule = referencedId(shared['schedule'] as { reference?: string }, 'Schedule');
  const times = [Date.parse(String(start)), Date.parse(String(end))] as const;
  const number = slotStatuses.indexOf(status as (typeof slotStatuses)[number]);
  if (resourceType !== 'Slot' || schedule === undefined || number < 0 || !(times[0] < times[1]))
    throw new MisReadError(`the mapping made no proper Slot of the record ${key}`, false);
  const reason = reasonOf(extension);
  return {
    id: id!,
    key,
    schedule,
    start: times[0],
    end: times[1],
    status: number,
    reason,
    shared: JSON.stringify(shared).slice(1, -1),
  };
}

/** `readSlot` for the slots of one reading: what many of them share is kept once, not three thousand times. */
export function createSlotReader(): typeof readSlot {
  const texts = new Map<string, string>();
  let last = '';
  const once = (text: string): string => {
    // Mostly that of the slot before it: to compare costs less than to look up.
    if (text === last) return last;
    last = texts.get(text) ?? text;
    texts.set(last, last);
    return last;
  };
  return (mapped) => {
    const { id, key, schedule, start, end, status, reason, shared } = readSlot(mapped);
    return { id, key, schedule, start, end, status, reason, shared: once(shared) };
  };
}

export const slotReasonUrl = 'https://medmost.ru/fhir/StructureDefinition/slot-reason';

function reasonOf(extension: unknown): number {
  if (!Array.isArray(extension)) return 0;
  const found = extension.find((e: { url?: string }) => e.url === slotReasonUrl) as { valueCode?: string } | undefined;
  return Math.max(0, slotReasons.indexOf((found?.valueCode ?? '') as SlotReason));
}
