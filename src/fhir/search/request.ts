/**
 * A search request taken apart: parameters with modifiers, prefixes and chains, includes, result parameters.
 * https://hl7.org/fhir/R4/search.html. An unknown parameter is an error: it must never silently widen a result.
 */
import { Fault } from '../../fault.ts';
import type { SearchParameter } from '../../r4/table.ts';
import type { ResourceDeclaration } from '../resource.ts';
import { blame, show } from './blame.ts';
import type { Compartment } from './compartment.ts';
import { type Filter, findParameter, leavesOf, parseFilter } from './filter.ts';

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
  if (draft.filters.flatMap(leavesOf).reduce((n, f) => n + f.values.length, 0) > mostValues)
    throw tooMuch(`${mostValues} values`);
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
      draft.filters.push(parseFilter(draft.type, name, value, declarations));
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
  return { parameter: findParameter(type, descending ? value.slice(1) : value, '_sort', declarations), descending };
}

/** `Slot:schedule`, `Schedule:actor:Practitioner`. */
function includeOf(value: string, iterate: boolean, declarations: Declarations): Include {
  const [source = '', code = '', target] = value.split(':');
  if (!declarations.has(source)) throw blame('_include', `names a resource type that is not served: ${show(source)}`);
  const parameter = findParameter(source, code, '_include', declarations);
  if (parameter.type !== 'reference')
    throw blame('_include', `needs a reference parameter; ${code} is a ${parameter.type}`);
  return { source, parameter, iterate, ...(target !== undefined && { target }) };
}
