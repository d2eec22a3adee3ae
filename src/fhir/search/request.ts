/** A search request taken apart: filters, includes, and how the result is wanted. https://hl7.org/fhir/R4/search.html */
import { Fault } from '../../fault.ts';
import type { SearchType } from '../../r4/definition.ts';
import type { ResourceDeclaration } from '../resource.ts';
import { blame } from './blame.ts';
import type { Compartment } from './compartment.ts';
import { type Filter, findParameter, isUnknown, leavesOf, parseFilter } from './filter.ts';
import { type Include, parseInclude } from './include-request.ts';
import { isSingle } from './parameter.ts';
import { parseElements, type Subset, type Summary, summaries } from './subset.ts';

export interface Sort {
  readonly code: string;
  readonly type: SearchType;
  /** A resource has one value at most. */
  readonly single: boolean;
  readonly descending: boolean;
}

export interface SearchRequest {
  readonly type: string;
  /** Only what is in it. */
  readonly compartment?: Compartment;
  readonly filters: readonly Filter[];
  /** Of the scope: one of these must hold, and the type is open by them alone. */
  readonly constraints?: readonly (readonly Filter[])[];
  readonly includes: readonly Include[];
  readonly sort: readonly Sort[];
  readonly count: number;
  readonly total: (typeof totals)[number];
  /** Absent for whole resources. */
  readonly subset?: Subset;
  /** As it was sent. */
  readonly cursor: string | undefined;
  /** The parameters as understood, for the links of the Bundle. */
  readonly sent: readonly (readonly [name: string, value: string])[];
  /** Why parameters were left out, at the client's own wish. */
  readonly ignored: readonly string[];
}

export type Declarations = ReadonlyMap<string, ResourceDeclaration>;

const defaultCount = 50;
const maximalCount = 1000;
const totals = ['none', 'estimate', 'accurate'] as const;
export const cursorName = '_cursor';
/** Each is a subquery to plan: 500 of them keep Postgres busy for 4 s. */
const mostParameters = 40;
/** Alternatives of all parameters together; each is a condition of its own. */
const mostValues = 500;
const mostSorts = 5;

type Draft = { -readonly [K in keyof SearchRequest]: SearchRequest[K] } & {
  filters: Filter[];
  includes: Include[];
  elements?: string[];
  summary?: Summary;
};

/**
 * @param lenient unknown parameters are left out, and the result says so; a bad value or modifier of a known one is an error
 * all the same
 * @throws Fault naming the parameter to blame
 */
export function parseSearch(
  type: string,
  query: URLSearchParams,
  declarations: Declarations,
  lenient = false,
): SearchRequest {
  const draft: Draft = {
    type,
    filters: [],
    includes: [],
    sort: [],
    count: defaultCount,
    total: 'none',
    cursor: undefined,
    sent: [],
    ignored: [],
  };
  if (query.size > mostParameters) throw tooMuch(`${mostParameters} parameters`);
  const sent: [string, string][] = [];
  const ignored: string[] = [];
  for (const [name, value] of query) {
    if (value === '') continue;
    const problem = takeOrTell(draft, name, value, declarations, lenient);
    if (problem !== undefined) ignored.push(problem);
    else if (name !== cursorName) sent.push([name, value]);
  }
  if (draft.filters.flatMap(leavesOf).reduce((n, f) => n + f.values.length, 0) > mostValues)
    throw tooMuch(`${mostValues} values`);
  const { elements, summary, ...rest } = draft;
  return { ...rest, ...wholeness(draft, elements, summary), sent, ignored };
}

const tooMuch = (limit: string) => new Fault('bad-request', `A search takes at most ${limit}.`);

function wholeness(draft: Draft, elements?: string[], summary?: Summary): Partial<SearchRequest> {
  if (elements !== undefined && summary !== undefined && summary !== 'false')
    throw blame('_elements', 'cannot stand beside _summary');
  if (summary === 'text' && draft.includes.length > 0)
    throw blame('_summary', 'is not "text" where something is included');
  if (summary === 'count') return { count: 0 };
  if (elements !== undefined) return { subset: { elements } };
  return summary === undefined || summary === 'false' ? {} : { subset: { summary } };
}

/** @returns why it was left out */
function takeOrTell(
  draft: Draft,
  name: string,
  value: string,
  declarations: Declarations,
  lenient: boolean,
): string | undefined {
  try {
    take(draft, name, value, declarations);
    return undefined;
  } catch (error) {
    if (lenient && isUnknown(error) && error.details.expression !== 'http._sort') return error.message;
    throw error;
  }
}

function take(draft: Draft, name: string, value: string, declarations: Declarations): void {
  const { type } = draft;
  switch (name) {
    case '_count':
      draft.count = countOf(value);
      return;
    case '_sort':
      draft.sort = sortsOf(type, value, declarations);
      return;
    case '_total':
      draft.total = oneOf('_total', value, totals);
      return;
    case '_summary':
      draft.summary = oneOf('_summary', value, summaries);
      return;
    case '_elements':
      draft.elements = [...(draft.elements ?? []), ...parseElements(type, value)];
      return;
    case '_contained':
      oneOf('_contained', value, ['false']);
      return;
    case '_format':
    case '_pretty':
      return;
    case cursorName:
      draft.cursor = value;
      return;
    default:
      if (/^_(rev)?include(:|$)/.test(name)) draft.includes.push(...parseInclude(type, name, value, declarations));
      else draft.filters.push(parseFilter(type, name, value, declarations));
  }
}

function oneOf<T extends string>(name: string, value: string, all: readonly T[]): T {
  const found = all.find((one) => one === value);
  if (found === undefined) throw blame(name, `takes only: ${all.join(', ')}`);
  return found;
}

function countOf(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw blame('_count', 'takes a whole number, 0 or more');
  return Math.min(Number(value), maximalCount);
}

function sortsOf(type: string, value: string, declarations: Declarations): Sort[] {
  const names = value.split(',');
  if (names.length > mostSorts) throw blame('_sort', `takes ${mostSorts} parameters at most`);
  return names.map((name) => {
    const descending = name.startsWith('-');
    const parameter = findParameter(type, descending ? name.slice(1) : name, '_sort', declarations);
    if (parameter.type === 'composite' || parameter.type === 'special')
      throw blame('_sort', `knows no order of ${parameter.code}`);
    return { code: parameter.code, type: parameter.type, single: isSingle(type, parameter), descending };
  });
}
