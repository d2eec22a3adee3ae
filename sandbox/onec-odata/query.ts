/** What is asked of a set: `$filter` (terms joined by `and`, those in brackets by `or`), `$select`, `$orderby`, `$top`, `$skip`, `$inlinecount`. */

import { badFilter, noSkip, unknownSegment } from './refusal.ts';
import type { EntitySet, Row } from './row.ts';
import type { Traps } from './traps.ts';

export interface Result {
  readonly rows: readonly Row[];
  readonly count?: string;
}

/** @throws Refusal */
export function runQuery(set: EntitySet, options: ReadonlyMap<string, string>, traps: Traps): Result {
  const skip = options.get('$skip');
  // Even $skip=0.
  if (skip !== undefined && traps.skip === '501') throw noSkip();
  const filter = options.get('$filter') ?? '';
  const terms = filter === '' ? [] : filter.split(' and ').map((term) => termOf(set, term));
  const isDeaf = traps.filter === 'ignored' || traps.deaf.includes(set.name);
  const kept = set.rows.filter((row) => isDeaf || terms.every((holds) => holds(row)));
  const order = options.get('$orderby');
  const sorted = order === undefined ? kept : kept.toSorted(by(fieldOf(set, order)));
  const from = traps.skip === 'ignored' ? 0 : Number(skip ?? 0);
  const page = sorted.slice(from, from + Number(options.get('$top') ?? sorted.length));
  const wanted = options.get('$select')?.split(',') ?? set.fields.map(({ name }) => name);
  const fields = wanted.map((name) => fieldOf(set, name));
  const counted = options.get('$inlinecount') === 'allpages' && traps.count === 'given';
  return {
    rows: page.map((row) => Object.fromEntries(fields.map((name) => [name, row[name]!]))),
    ...(counted && { count: String(kept.length) }),
  };
}

function fieldOf(set: EntitySet, name: string): string {
  if (!set.fields.some((field) => field.name === name)) throw unknownSegment(name);
  return name;
}

const by = (field: string) => (one: Row, other: Row) => (String(one[field]) < String(other[field]) ? -1 : 1);

type Value = Row[string];

const comparisons: Readonly<Record<string, (one: Value, other: Value) => boolean>> = {
  eq: (one, other) => one === other,
  ne: (one, other) => one !== other,
  gt: (one, other) => one > other,
  ge: (one, other) => one >= other,
  lt: (one, other) => one < other,
  le: (one, other) => one <= other,
};

function termOf(set: EntitySet, term: string): (row: Row) => boolean {
  const either = /^\(.* or .*\)$/.test(term) ? term.slice(1, -1).split(' or ') : [];
  if (either.length > 0) {
    const tests = either.map((one) => termOf(set, one));
    return (row) => tests.some((holds) => holds(row));
  }
  const match =
    /^\(?([\p{L}_]+) (eq|ne|gt|ge|lt|le) (true|false|guid'[0-9a-f-]{36}'|datetime'[^']+'|'[^']*')\)?$/u.exec(term);
  if (match === null) throw badFilter(term);
  const [, field, comparison, literal] = match;
  const text = /'(.*)'/.exec(literal!)?.[1];
  fieldOf(set, field!);
  return (row) => comparisons[comparison!]!(row[field!]!, text ?? literal === 'true');
}
