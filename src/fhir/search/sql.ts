/** Filters over documents → SQL conditions on the search value tables. Every document that is looked at is visible. */
import { normaliseIdentifier } from '../../r4/identifier.ts';
import { foldString } from '../../r4/values.ts';
import { isId } from '../../store/resource.ts';
import { blame } from './blame.ts';
import { instantCondition, rangeTest } from './range.ts';
import type { Filter } from './request.ts';
import type { SearchContext, Statement } from './statement.ts';
import { unescapeValue } from './value.ts';

/** Condition on the document aliased `alias`. `undefined` when it can match nothing. */
export function documentCondition(s: Statement, alias: string, filter: Filter, type: string, c: SearchContext): string {
  const { parameter } = filter;
  if (parameter.code === '_id') return idCondition(s, `${alias}.id`, filter);
  if (parameter.code === '_lastUpdated') return instantCondition(s, `${alias}.updated`, filter, c);
  if (parameter.code === 'clinic') return clinicCondition(s, `${alias}.clinic`, filter, c);
  const test = valueCondition(s, filter, type, c)(`${alias}.doc`);
  return filter.modifier === 'not' ? `not ${test}` : test;
}

/** A condition on a `doc` number, for documents and for the fragments of slots. */
export function valueCondition(s: Statement, filter: Filter, type: string, c: SearchContext): (doc: string) => string {
  const { id, target } = c.parameters.of(type, filter.parameter.code);
  const parameter = `${id}::smallint${target === undefined ? '' : ` and v.type = '${target}'`}`;
  const exists = (test: string) => (doc: string) =>
    `exists (select from ${tableOf(filter)} v where v.doc = ${doc} and v.parameter = ${parameter} and (${test}))`;
  if (filter.modifier === 'missing') return missing(filter, exists);
  const tests =
    filter.chain === undefined ? filter.values.map((v) => valueTest(s, filter, v, c)) : [chainTest(s, filter, c)];
  return exists(tests.join(' or '));
}

function tableOf(filter: Filter): string {
  const { type } = filter.parameter;
  return type === 'uri' ? 'search_token' : `search_${type}`;
}

function missing(filter: Filter, exists: (test: string) => (doc: string) => string): (doc: string) => string {
  const [value] = filter.values;
  if (value !== 'true' && value !== 'false') throw blame(filter.name, 'takes true or false');
  return (doc) => (value === 'true' ? `not ${exists('true')(doc)}` : exists('true')(doc));
}

function valueTest(s: Statement, filter: Filter, value: string, c: SearchContext): string {
  switch (filter.parameter.type) {
    case 'token':
      return tokenTest(s, filter, value);
    case 'uri':
      takeNoModifier(filter);
      return `v.code = ${s.value(unescapeValue(value))}`;
    case 'reference':
      return referenceTest(s, filter, value, c);
    case 'date':
      takeNoModifier(filter);
      return rangeTest(s, 'v.low', 'v.high', filter, value, c);
    default:
      return stringTest(s, filter, value);
  }
}

function takeNoModifier({ name, modifier }: Filter): void {
  if (modifier !== undefined) throw blame(name, `has no modifier :${modifier} here; there is :missing`);
}

/** All four forms: `code`, `system|code`, `|code` (no system), `system|`. */
function tokenTest(s: Statement, filter: Filter, value: string): string {
  if (filter.modifier !== undefined && filter.modifier !== 'not')
    throw blame(filter.name, `has no modifier :${filter.modifier} here; there are :not and :missing`);
  const parts: string[] = value.match(/(?:\\.|[^|\\])+|\|/gs) ?? [];
  const bar = parts.indexOf('|');
  if (bar === -1) return `v.code = ${s.value(unescapeValue(value))}`;
  const system = unescapeValue(parts.slice(0, bar).join(''));
  const code = unescapeValue(parts.slice(bar + 1).join(''));
  if (system === '' && code === '') throw blame(filter.name, 'holds no value');
  const ours = normaliseIdentifier({ system, value: code });
  if (code === '') return `v.system = ${s.value(ours.system)}`;
  return `v.system = ${s.value(ours.system)} and v.code = ${s.value(ours.value)}`;
}

function referenceTest(s: Statement, filter: Filter, value: string, c: SearchContext): string {
  const text = unescapeValue(value);
  const relative = text.startsWith(`${c.base}/`) ? text.slice(c.base.length + 1) : text;
  const [, type, id = ''] = /^(?:([A-Za-z]+)\/)?([^/]*)$/.exec(relative) ?? [];
  const wanted = type ?? filter.modifier;
  if (filter.modifier !== undefined && !c.declarations.has(filter.modifier))
    throw blame(filter.name, `has no modifier :${filter.modifier} here; there are :<resource type> and :missing`);
  if (!isId(id)) return 'false';
  const target = `v.target = ${s.value(id, 'uuid')}`;
  return wanted === undefined ? target : `${target} and v.type = ${s.value(wanted)}`;
}

function stringTest(s: Statement, { modifier, name }: Filter, value: string): string {
  const text = unescapeValue(value);
  if (modifier === 'exact') return `v.exact = ${s.value(text)}`;
  const folded = foldString(text).replace(/[\\%_]/g, (x) => `\\${x}`);
  // Only letters and digits are compared: without any, everybody would be found.
  if (folded === '') throw blame(name, 'takes a text with letters or digits');
  if (modifier === 'contains') return `v.folded like ${s.value(`%${folded}%`)}`;
  if (modifier !== undefined)
    throw blame(name, `has no modifier :${modifier} here; there are :exact, :contains, :missing`);
  return `v.folded like ${s.value(`${folded}%`)}`;
}

function chainTest(s: Statement, filter: Filter, c: SearchContext): string {
  const tests = filter.chain!.targets.map((target) => {
    const next = filter.chain!.filterOf(target)!;
    const storage = c.declarations.get(target)?.storage;
    if (storage !== undefined)
      return `(v.type = 'Slot' and exists (select from slot s where s.id = v.target and ${s.visibleSlot('s')}
        and ${storage.condition(s, next, c)}))`;
    const deeper = documentCondition(s, 't', next, target, c);
    return `(v.type = ${s.value(target)} and exists (select from document t where t.type = ${s.value(target)}
      and t.id = v.target and ${s.visible('t')} and ${deeper}))`;
  });
  return tests.join(' or ');
}

/** Condition on a column that holds ids. */
export function idCondition(s: Statement, column: string, filter: Filter): string {
  if (filter.modifier !== undefined) throw blame(filter.name, 'takes no modifier');
  return `${column} = any(${s.value(filter.values.filter(isId), 'uuid[]')})`;
}

/** Condition on a column that holds numbers of clinics; nobody is told whether a clinic that is not seen exists. */
export function clinicCondition(s: Statement, column: string, filter: Filter, c: SearchContext): string {
  if (filter.modifier !== undefined && filter.modifier !== 'not')
    throw blame(filter.name, 'takes no modifier but :not');
  const numbers = filter.values.map((v) => c.clinicOf(unescapeValue(v))).filter((n) => n !== undefined);
  const test = `${column} = any(${s.value(numbers, 'smallint[]')})`;
  return filter.modifier === 'not' ? `not ${test}` : test;
}
