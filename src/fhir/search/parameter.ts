/** The search parameters of a resource type: R4's, and our own where R4 has none and bookers need one. */

import type { Element, SearchParameter } from '../../r4/definition.ts';
import { nodeOf, searchParametersOf } from '../../r4/table.ts';
import type { OwnParameter, ResourceDeclaration } from '../resource.ts';
import type { Declarations } from './request.ts';

/** Refused by name: full text, named queries and lists are not kept, and `_filter` is a language of its own. */
const unserved = new Set(['_text', '_content', '_query', '_list', '_filter']);

const clinic: OwnParameter = {
  code: 'clinic',
  type: 'token',
  documentation: 'The clinic that it belongs to, by the key that the clinic has in the configuration of the hub.',
};

const served = new WeakMap<ResourceDeclaration, readonly SearchParameter[]>();

/** Search parameters that a resource is searchable by, sorted by code; the rest of R4's are refused by name. */
export function servedParameters(declaration: ResourceDeclaration): readonly SearchParameter[] {
  let list = served.get(declaration);
  if (list === undefined) {
    const { type, notServed = {} } = declaration;
    const all = [...searchParametersOf(type), ...ownOf(declaration).map((p) => asSearchParameter(type, p))];
    list = all
      .filter((p) => !unserved.has(p.code) && notServed[p.code] === undefined)
      .sort((a, b) => (a.code < b.code ? -1 : 1));
    served.set(declaration, list);
  }
  return list;
}

const ownOf = (declaration: ResourceDeclaration): readonly OwnParameter[] => [
  ...(declaration.parameters ?? []),
  clinic,
];

function asSearchParameter(type: string, { code, type: kind, expression, target = [] }: OwnParameter): SearchParameter {
  return {
    code,
    type: kind,
    url: urlOf(type, code),
    ...(expression !== undefined && { expression }),
    targets: target,
    components: [],
  };
}

const urlOf = (type: string, code: string) =>
  `https://medmost.ru/fhir/SearchParameter/${code === clinic.code ? code : `${type}-${code}`}`;

/** Our own parameters that have values of their own in the database, by resource type: what `loadParameters` wants to know. */
export function ownParameters(declarations: Declarations): ReadonlyMap<string, readonly SearchParameter[]> {
  return new Map(
    [...declarations.values()].map(({ type, parameters = [] }) => [
      type,
      parameters.map((p) => asSearchParameter(type, p)),
    ]),
  );
}

/** SearchParameter resources that define our own parameters. https://hl7.org/fhir/R4/searchparameter.html */
export function ownDefinitions(declarations: Declarations): object[] {
  const all = [...declarations.values()];
  const own = all.flatMap(({ type, parameters = [] }) => parameters.map((p) => definitionOf([type], p)));
  const having = all.filter((d) => d.notServed?.[clinic.code] === undefined).map((d) => d.type);
  return [definitionOf(having, clinic), ...own];
}

function definitionOf(base: readonly string[], p: OwnParameter): object {
  const url = urlOf(base[0]!, p.code);
  const id = url.slice(url.lastIndexOf('/') + 1);
  return {
    resourceType: 'SearchParameter',
    id,
    url,
    name: id.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase()),
    status: 'active',
    description: p.documentation,
    code: p.code,
    base,
    type: p.type,
    ...(p.expression !== undefined && { expression: p.expression, xpathUsage: 'normal' }),
    ...(p.target !== undefined && { target: p.target }),
  };
}

const lone = new Set([
  'date',
  'dateTime',
  'instant',
  'Period',
  'string',
  'boolean',
  'uri',
  'code',
  'Quantity',
  'Duration',
]);

/** Whether a resource has one value of the parameter at most: an element at its root that is no list, nor made of parts. */
export function isSingle(type: string, parameter: SearchParameter): boolean {
  const element = rootElement(type, parameter);
  return element !== undefined && !element.list && lone.has(element.type);
}

function rootElement(type: string, { expression = '' }: SearchParameter): Element | undefined {
  const [, name] = /^[A-Z]\w+\.(\w+)$/.exec(expression) ?? [];
  return name === undefined ? undefined : nodeOf(type)?.elements.get(name);
}

const year = 367 * 86_400_000;
const longest: Readonly<Record<string, number>> = { instant: 60_000, date: year, dateTime: year };

/** Milliseconds that a date of this parameter takes at most, a year when it may be told so; undefined of Periods. */
export function longestOf(type: string, parameter: SearchParameter): number | undefined {
  return parameter.type === 'date' ? longest[rootElement(type, parameter)?.type ?? ''] : undefined;
}
