/** Half-open intervals of time, in milliseconds (DESIGN.md §Laws 8). */
import type { Interval } from '../instant.ts';

export const overlaps = (a: Interval, b: Interval): boolean => a.start < b.end && b.start < a.end;

/** Overlapping intervals as one; touching ones stay apart, since each begins a row of slots of its own. */
export function merge(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  for (const next of intervals.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const last = merged.at(-1);
    if (last !== undefined && next.start < last.end) last.end = Math.max(last.end, next.end);
    else merged.push({ start: next.start, end: next.end });
  }
  return merged;
}

/** What is left of merged `from` without merged `taken`. */
export function subtract(from: readonly Interval[], taken: readonly Interval[]): Interval[] {
  const left: Interval[] = [];
  let first = 0;
  for (const { start, end } of from) {
    let at = start;
    while (first < taken.length && taken[first]!.end <= start) first += 1;
    for (let i = first; i < taken.length && taken[i]!.start < end; i++) {
      const { start: from, end: until } = taken[i]!;
      if (from > at) left.push({ start: at, end: from });
      at = Math.max(at, until);
    }
    if (at < end) left.push({ start: at, end });
  }
  return left;
}

/** Pieces of `length` from the interval's beginning; the shorter rest is kept or dropped. */
export function cut({ start, end }: Interval, length: number, rest: 'keep' | 'drop'): Interval[] {
  const pieces: Interval[] = [];
  for (let at = start; at < end; at += length) {
    if (at + length <= end) pieces.push({ start: at, end: at + length });
    else if (rest === 'keep') pieces.push({ start: at, end });
  }
  return pieces;
}
