/**
 * A search request taken apart: parameters with modifiers, prefixes and chains, includes, result parameters.
 * https://hl7.org/fhir/R4/search.html. An unknown parameter is an error: it must never silently widen a result.
 */
import { Fault } from '../../fault.ts';
import type { SearchParameter } from '../../r4/table.ts';
import type { ResourceDeclaration } from '../resource.ts';
import { blame, show } from './blame.ts';
import type { Compartment } from './compartment.ts';
import { servedParameters } from './parameter.ts';
import { valuesOf } from './value.ts';

export interface Filter {
  readonly parameter: SearchParameter;
  readonly modifier?: string;
  /** Alternatives; escapes are still in them (each type of parameter has its own separators). */
  readonly values: readonly string[];
  /** `schedule.actor=…`: the filter that the referenced resources of `targets` must pass. */
  readonly chain?: { readonly targets: readonly string[]; readonly filterOf: (type: string) => Filter | undefined };
  /** Name as it was sent, for errors. */
  readonly name: string;
}

export interface Include {
  readonly source: string;
  readonly parameter: SearchParameter;
  readonly target?: string;
  readonly iterate: boolean;
}

export interface Sort {
  readonly parameter: SearchParameter;
  readonly descending: boolean;
}

export interface SearchRequest {
  readonly type: string;
  /** Only what is in it. */
  readonly compartment?: Compartment;
  readonly filters: readonly Filter[];
  readonly includes: readonly Include[];
  readonly sort: Sort | undefined;
  readonly count: number;
  readonly total: boolean;
  readonly cursor: string | undefined;
  /** The parameters as understood, for the links of the Bundle. */
  readonly sent: readonly (readonly [name: string, value: string])[];
}

export type Declarations = ReadonlyMap<string, ResourceDeclaration>;

const defaultCount = 50;
export const maximalCount = 1000;
export const cursorName = '_cursor';
/** Each is a subquery to plan: 500 of them keep Postgres busy for 4 s. */
const mostParameters = 40;
/** Alternatives of all parameters together; each is a condition of its own. */
const mostValues = 500;

type Draft = { -readonly [K in keyof SearchRequest]: SearchRequest[K] } & { filters: Filter[]; includes: Include[] };

/** @throws Fault naming the parameter to blame */
export function parseSearch(type: string, query: URLSearchParams, declarations: Declarations): SearchRequest {
  const draft: Draft = {
    type,
    filters: [],
    includes: [],
    sort: undefined,
    count: defaultCount,
    total: false,
    cursor: undefined,
    sent: [],
  };
  if (query.size > mostParameters) throw tooMuch(`${mostParameters} parameters`);
  const sent: [string, string][] = [];
  for (const [name, value] of query) {
    if (value === '') continue;
    if (name !== cursorName) sent.push([name, value]);
    take(draft, name, value, declarations);
  }
  if (draft.filters.reduce((n, f) => n + f.values.length, 0) > mostValues) throw tooMuch(`${mostValues} values`);
  return { ...draft, sent };
}

const tooMuch = (limit: string) => new Fault('bad-request', `A search takes at most ${limit}.`);

function take(draft: Draft, name: string, value: string, declarations: Declarations): void {
  switch (name) {
    case '_count':
      draft.count = countOf(value);
      return;
    case '_sort':
      draft.sort = sortOf(draft.type, value, declarations);
      return;
    case '_total':
      draft.total = totalOf(value);
      return;
    case '_include':
    case '_include:iterate':
      draft.includes.push(includeOf(value, name.endsWith(':iterate'), declarations));
      return;
    case '_format':
    case '_pretty':
      return;
    case cursorName:
      draft.cursor = value;
      return;
    default:
      draft.filters.push(filterOf(draft.type, name, value, declarations));
  }
}

function countOf(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw blame('_count', 'takes a whole number, 0 or more');
  return Math.min(Number(value), maximalCount);
}

function totalOf(value: string): boolean {
  if (!['none', 'estimate', 'accurate'].includes(value)) throw blame('_total', 'takes none, estimate or accurate');
  return value !== 'none';
}

function sortOf(type: string, value: string, declarations: Declarations): Sort {
  const descending = value.startsWith('-');
  if (value.includes(',')) throw blame('_sort', 'takes one parameter here, e.g. _sort=date or _sort=-date');
  return { parameter: parameterOf(type, descending ? value.slice(1) : value, '_sort', declarations), descending };
}

/** `Slot:schedule`, `Schedule:actor:Practitioner`. */
function includeOf(value: string, iterate: boolean, declarations: Declarations): Include {
  const [source = '', code = '', target] = value.split(':');
  if (!declarations.has(source)) throw blame('_include', `names a resource type that is not served: ${show(source)}`);
  const parameter = parameterOf(source, code, '_include', declarations);
  if (parameter.type !== 'reference')
    throw blame('_include', `needs a reference parameter; ${code} is a ${parameter.type}`);
  return { source, parameter, iterate, ...(target !== undefined && { target }) };
}

function filterOf(type: string, name: string, value: string, declarations: Declarations): Filter {
  const [head = '', ...rest] = name.split('.');
  const [code = '', modifier, ...more] = head.split(':');
  const parameter = parameterOf(type, code, name, declarations);
  if (more.length > 0) throw blame(name, 'takes one modifier at most');
  const values = valuesOf(name, value);
  if (rest.length === 0) return { parameter, values, name, ...(modifier !== undefined && { modifier }) };
  if (parameter.type !== 'reference') throw blame(name, `cannot be chained: ${code} is not a reference`);
  if (rest.length > 3) throw blame(name, 'is chained deeper than three steps');
  const targets = chainTargets(parameter, modifier, declarations);
  const deeper = rest.join('.');
  const known = targets.filter((t) => codes(t, declarations).has(deeper.split(/[.:]/)[0]!));
  if (known.length === 0) throw blame(name, `no type that ${code} may refer to has the parameter ${show(deeper)}`);
  return {
    parameter,
    values,
    name,
    chain: { targets: known, filterOf: (t) => filterOf(t, deeper, value, declarations) },
  };
}

function chainTargets(parameter: SearchParameter, modifier: string | undefined, declarations: Declarations): string[] {
  const served = [...declarations.keys()].filter(
    (t) => parameter.targets.length === 0 || parameter.targets.includes(t),
  );
  if (modifier === undefined) return served;
  return served.filter((t) => t === modifier);
}

function codes(type: string, declarations: Declarations): Set<string> {
  return new Set(servedParameters(declarations.get(type)!).map((p) => p.code));
}

function parameterOf(type: string, code: string, name: string, declarations: Declarations): SearchParameter {
  const served = servedParameters(declarations.get(type)!);
  const parameter = served.find((p) => p.code === code);
  if (parameter !== undefined) return parameter;
  const list = served.map((p) => p.code).join(', ');
  throw blame(name, `is not a search parameter that ${type} has here. There are: ${list}`);
}
