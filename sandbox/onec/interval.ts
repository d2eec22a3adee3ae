/** Half-open intervals of local time: 1С shows free time as maximal intervals. protocols/onec.md §1.4. */

export interface Period {
  start: string;
  end: string;
}

/** The same time in maximal intervals, in order. */
export function union(periods: readonly Period[]): Period[] {
  const result: Period[] = [];
  for (const next of [...periods].sort((a, b) => (a.start < b.start ? -1 : 1))) {
    const last = result.at(-1);
    if (last === undefined || last.end < next.start) result.push({ start: next.start, end: next.end });
    else if (last.end < next.end) last.end = next.end;
  }
  return result;
}

/** What of `periods` is left without `holes`, in maximal intervals. */
export function subtract(periods: readonly Period[], holes: readonly Period[]): Period[] {
  const closed = union(holes);
  return union(periods).flatMap((period) => {
    const left: Period[] = [];
    let start = period.start;
    for (const hole of closed) {
      if (hole.end <= start || hole.start >= period.end) continue;
      if (hole.start > start) left.push({ start, end: hole.start });
      start = hole.end;
    }
    if (start < period.end) left.push({ start, end: period.end });
    return left;
  });
}

export function covers(periods: readonly Period[], inner: Period): boolean {
  return union(periods).some((p) => p.start <= inner.start && inner.end <= p.end);
}
