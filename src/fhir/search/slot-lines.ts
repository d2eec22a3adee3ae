/**
 * Slots in bulk: lines of COPY in, NDJSON out, bytes all the way. Slots that differ in nothing but id, version, times and when they
 * were updated are copies of one, made by the renderer of single slots, in which these are overwritten: 0.4 µs a slot, where
 * strings take 2.2.
 */
import type { SlotRenderer } from './slot.ts';

/** Columns of a slot `d` in the order of `slotColumn`. COPY parts them by tabs, which is one character as there. */
export const slotColumns = 'd.id, d.start_at, d.end_at, d.status, d.reason, d.fragment, d.version, d.updated';

/**
 * @param lines whole ones
 * @param spare memory that may be written over: to allocate and collect what is written once costs as much as to write it
 * @returns as many lines of NDJSON, in `spare` when it is large enough
 */
export type RenderLines = (lines: Buffer, spare?: ArrayBufferLike) => Promise<Buffer>;

interface Template {
  /** A whole line. */
  readonly bytes: Buffer;
  /** Where its `start` and its `end` begin. */
  readonly start: number;
  readonly end: number;
}

/** More than pieces in the order of the table need at a time. */
const mostTemplates = 5000;

export function createLineRenderer(slots: SlotRenderer): RenderLines {
  const templates = new Map<number, Template>();

  /** Reads the fragments of all that are new at once. */
  async function makeMissing(lines: Buffer, keys: readonly number[], starts: readonly number[]): Promise<void> {
    if (templates.size > mostTemplates) templates.clear();
    const missing = new Map<number, string>();
    for (const [i, key] of keys.entries())
      if (!templates.has(key) && !missing.has(key))
        missing.set(key, lines.toString('latin1', starts[i], starts[i + 1]! - 1).replaceAll('\t', ' '));
    if (missing.size === 0) return;
    const made = (await slots.lines([...missing.values()])).split('\n');
    for (const [i, key] of [...missing.keys()].entries()) templates.set(key, templateOf(made[i]!));
  }

  return async (lines, spare) => {
    const keys: number[] = [];
    const starts = [0];
    for (let end = lines.indexOf(newline); end !== -1; end = lines.indexOf(newline, end + 1)) {
      keys.push(keyOf(lines, starts.at(-1)!));
      starts.push(end + 1);
    }
    await makeMissing(lines, keys, starts);
    const chosen = keys.map((key) => templates.get(key)!);
    const size = chosen.reduce((sum, t) => sum + t.bytes.length, 0);
    const out = spare !== undefined && spare.byteLength >= size ? Buffer.from(spare, 0, size) : roomFor(size);
    let at = 0;
    for (const [i, template] of chosen.entries()) {
      out.set(template.bytes, at);
      overwrite(out, at, template, lines, starts[i]!);
      at += template.bytes.length;
    }
    return out;
  };
}

/** With some to spare for the next one. */
const roomFor = (size: number) => Buffer.from(new ArrayBuffer(Math.ceil(size * 1.1)), 0, size);

const [newline, tab, dot, zero, letterT] = [10, 9, 46, 48, 84];
/** Places in a line; `fragment` and what follows it are of no fixed width. */
const place = { start: 37, end: 60, status: 83, reason: 85, fragment: 87 };
const idAt = '{"resourceType":"Slot","id":"'.length;
const versionAt = idAt + 36 + '","meta":{"versionId":"'.length;
const betweenVersionAndTime = '","lastUpdated":"'.length;

function templateOf(line: string): Template {
  return {
    bytes: Buffer.from(`${line}\n`, 'latin1'),
    start: line.indexOf('"start":"') + '"start":"'.length,
    end: line.indexOf('"end":"') + '"end":"'.length,
  };
}

/** Of slots with the same template: fragment, status, reason, digits of the version. */
function keyOf(lines: Buffer, from: number): number {
  let at = from + place.fragment;
  let fragment = 0;
  for (; lines[at] !== tab; at++) fragment = fragment * 10 + lines[at]! - zero;
  const digits = lines.indexOf(tab, at + 1) - at - 1;
  const [status, reason] = [lines[from + place.status]! - zero, lines[from + place.reason]! - zero];
  return ((fragment * 10 + status) * 10 + reason) * 16 + digits;
}

function overwrite(out: Buffer, at: number, template: Template, lines: Buffer, from: number): void {
  for (let i = 0; i < 36; i++) out[at + idAt + i] = lines[from + i]!;
  copyTime(out, at + template.start, lines, from + place.start);
  copyTime(out, at + template.end, lines, from + place.end);
  let read = from + place.fragment;
  while (lines[read] !== tab) read++;
  let write = at + versionAt;
  for (read++; lines[read] !== tab; read++) out[write++] = lines[read]!;
  copyUpdated(out, write + betweenVersionAndTime, lines, read + 1);
}

/** `2026-12-01 09:00:00` → `2026-12-01T09:00:00` */
function copyTime(out: Buffer, at: number, lines: Buffer, from: number): void {
  for (let i = 0; i < 19; i++) out[at + i] = lines[from + i]!;
  out[at + 10] = letterT;
}

/** With milliseconds; of microseconds Postgres drops the zeros at the end, and the point when there are none. */
function copyUpdated(out: Buffer, at: number, lines: Buffer, from: number): void {
  copyTime(out, at, lines, from);
  let more = lines[from + 19] === dot;
  for (let i = 20; i < 23; i++) {
    const byte = lines[from + i]!;
    more &&= byte >= zero && byte <= zero + 9;
    out[at + i] = more ? byte : zero;
  }
}
