/** Conditions on parameters that are columns: of all resources, and those of slots. */

import { isId } from '../../store/resource.ts';
import { slotStatuses } from '../../store/slot.ts';
import type { ValueFilter } from './filter.ts';
import { isMissing } from './modifier.ts';
import { rangeTest } from './range.ts';
import { localIds } from './reference.ts';
import type { Rows, SearchContext, Statement } from './statement.ts';
import { splitToken } from './token.ts';
import { unescapeValue } from './value.ts';

type Column = (s: Statement, alias: string, filter: ValueFilter, c: SearchContext) => string;

const instants =
  (column: string): Column =>
  (s, alias, filter, c) =>
    `(${filter.values.map((v) => rangeTest(s, `${alias}.${column}`, undefined, filter, v, c)).join(' or ')})`;

const columns: Readonly<Record<string, Column>> = {
  _id: (s, alias, { values }) => `${alias}.id = any(${s.value(values.filter(isId), 'uuid[]')})`,
  _lastUpdated: instants('updated'),
  clinic(s, alias, { values }, c) {
    const numbers = values.map((v) => c.clinicOf(unescapeValue(v))).filter((n) => n !== undefined);
    return `${alias}.clinic = any(${s.value(numbers, 'smallint[]')})`;
  },
};

const slotColumns: Readonly<Record<string, Column>> = {
  start: instants('start_at'),
  end: instants('end_at'),
  status: statusCondition,
  schedule(s, alias, filter, c) {
    const ids = localIds('Schedule', filter, c);
    return ids.length === 1 && filter.values.length === 1
      ? `${alias}.schedule = ${s.value(ids[0], 'uuid')}`
      : `${alias}.schedule = any(${s.value(ids, 'uuid[]')})`;
  },
};

/** Undefined for a parameter that is none. Columns are never empty, so nothing misses them. */
export function columnCondition(
  s: Statement,
  { alias, slots }: Rows,
  filter: ValueFilter,
  c: SearchContext,
): string | undefined {
  const { code } = filter.parameter;
  const column = Object.hasOwn(columns, code) ? columns[code] : undefined;
  const test = column ?? (slots && Object.hasOwn(slotColumns, code) ? slotColumns[code] : undefined);
  if (test === undefined) return undefined;
  if (filter.modifier === 'missing') return String(!isMissing(filter));
  const condition = test(s, alias, filter, c);
  return filter.modifier === 'not' || filter.modifier === 'not-in' ? `not ${condition}` : condition;
}

const statusSystem = 'http://hl7.org/fhir/slotstatus';

/** A literal and not a parameter for `free` alone: the partial index is chosen by it at planning time. */
function statusCondition(s: Statement, alias: string, filter: ValueFilter, c: SearchContext): string {
  const codes = filter.modifier?.endsWith('in')
    ? codesOfSets(filter, c)
    : filter.values.flatMap((v) => statusOf(filter, v));
  const numbers = codes.map((code) => slotStatuses.indexOf(code as (typeof slotStatuses)[number]));
  const known = [...new Set(numbers.filter((n) => n >= 0))];
  if (filter.modifier === undefined && known.length === 1 && known[0] === 0) return `${alias}.status = 0`;
  return `${alias}.status = any(${s.value(known, 'smallint[]')})`;
}

/** A system without a code means all of its codes. */
function statusOf(filter: ValueFilter, value: string): readonly string[] {
  const { system, code } = splitToken(filter, value);
  if (system !== undefined && system !== statusSystem) return [];
  return code === '' ? slotStatuses : [code];
}

function codesOfSets({ values }: ValueFilter, c: SearchContext): string[] {
  const codes = values.flatMap((v) => c.valueSets.get(unescapeValue(v)) ?? []);
  return codes.filter((each) => each.system === statusSystem).map((each) => each.code);
}
