/**
 * What FHIR R4 says of resource types, elements, code sets and search parameters: the one table that mapping, validation,
 * search and XML walk. Read from table.json, which tools/r4/table.ts generates (protocols/r4.md §C). Nothing here changes
 * after load.
 */

import type { Element, Invariant, Kind, Node, SearchParameter, SearchType } from './definition.ts';
import type { RawElement, RawNode, RawParameter, RawTable } from './raw.ts';
import json from './table.json' with { type: 'json' };

const raw = json as unknown as RawTable;

/** Resource types whose elements the table knows. */
export const resourceTypes: ReadonlySet<string> = new Set(raw.resourceTypes);

const everyResourceType: ReadonlySet<string> = new Set(raw.allResourceTypes);

/** Whether R4 has a (concrete) resource type of this name, known to the table or not. */
export function isResourceType(name: string): boolean {
  return everyResourceType.has(name);
}

/** The node of a type (`Slot`, `HumanName`) or of a backbone element by its path (`Appointment.participant`). */
export function nodeOf(typeOrPath: string): Node | undefined {
  return nodes.get(typeOrPath);
}

/** What is made of a node on first use, and kept: it follows from the table alone. Of a name that R4 does not have, undefined. */
export function byNode<T>(make: (node: Node) => T): (typeOrPath: string) => T | undefined {
  const made = new Map<string, T>();
  return (typeOrPath) => {
    const known = made.get(typeOrPath);
    if (known !== undefined) return known;
    const node = nodeOf(typeOrPath);
    if (node === undefined) return undefined;
    const fresh = make(node);
    made.set(typeOrPath, fresh);
    return fresh;
  };
}

/** Elements of a type or backbone path by JSON property, choices resolved; undefined for a name R4 does not have. */
export function elementsOf(typeOrPath: string): ReadonlyMap<string, Element> | undefined {
  return nodes.get(typeOrPath)?.elements;
}

/**
 * The element at a path of JSON properties from a type: `elementAt('Patient', 'name[0].family')`, `('Slot', 'status')`,
 * `('Patient', 'extension.valueString')`. Indices are ignored. Undefined when there is no such element; a path cannot go
 * below `contained` or another element that holds any resource, nor into a primitive.
 */
export function elementAt(type: string, path: string): Element | undefined {
  let element: Element | undefined;
  let node = nodes.get(type);
  for (const step of path.split('.')) {
    element = node?.elements.get(step.replace(/\[\d*\]$/, ''));
    if (element === undefined) return undefined;
    node = element.kind === 'primitive' || element.type === 'Resource' ? undefined : nodes.get(element.type);
  }
  return element;
}

/** Codes of a value set of a required binding, or of a small one of another; undefined where R4 leaves them to BCP-13 or ISO 4217. */
export function codesOf(valueSetUrl: string): ReadonlySet<string> | undefined {
  return codesByValueSet.get(valueSetUrl);
}

const required = Object.values(raw.nodes).flatMap((n) => Object.values(n.elements).flatMap((e) => e.required ?? []));

/** The value sets that some required binding uses and whose codes can be enumerated. */
export const requiredValueSets: readonly string[] = [...new Set(required)].filter((url) => url in raw.codes).sort();

/** Code → its code system, of the same value sets (a `code` element carries no system itself). */
export function systemsOf(valueSetUrl: string): ReadonlyMap<string, string> | undefined {
  return systemsByValueSet.get(valueSetUrl);
}

/** Base search parameters of a resource type, with those of every resource (`_id`, `_lastUpdated`, …), sorted by code. */
export function searchParametersOf(type: string): readonly SearchParameter[] {
  return parameters.get(type) ?? [];
}

/**
 * The parameters by which a resource of `type` is in a compartment, e.g. ('Patient', 'Appointment') → ['actor']; none when it
 * cannot be, undefined when R4 has no such compartment. A resource is in its own compartment besides.
 */
export function compartmentParameters(compartment: string, type: string): readonly string[] | undefined {
  const members = raw.compartments[compartment];
  return members === undefined ? undefined : (members[type] ?? []);
}

/** Names of the elements at the root of a resource that R4 marks as its summary (`isSummary`). */
export function summaryOf(type: string): ReadonlySet<string> {
  return new Set(raw.summaries[type] ?? []);
}

export function invariantOf(key: string): Invariant | undefined {
  return invariants.get(key);
}

const urlPrefix = 'http://hl7.org/fhir/SearchParameter/';

const nodes = new Map(Object.entries(raw.nodes).map(([name, node]) => [name, buildNode(name, node)]));
const invariants = new Map<string, Invariant>(
  Object.entries(raw.invariants).map(([key, i]) => [key, { severity: 'error', ...i }]),
);
const systemsByValueSet = new Map(
  Object.entries(raw.codes).map(([url, systems]) => {
    const pairs = Object.entries(systems).flatMap(([system, codes]) => codes.map((code) => [code, system] as const));
    return [url, new Map(pairs)];
  }),
);
const codesByValueSet = new Map([...systemsByValueSet].map(([url, codes]) => [url, new Set(codes.keys())]));
const parameters = new Map(raw.resourceTypes.map((type) => [type, buildParameters(type)]));

function buildNode(name: string, node: RawNode): Node {
  const list = Object.entries(node.elements).flatMap(([key, element]) => buildElements(name, key, element));
  const choices = Map.groupBy(
    list.filter((e) => e.choice !== undefined),
    (e) => e.choice!,
  );
  const elements = new Map(list.map((e) => [e.name, e]));
  return { name, kind: kindOfNode(name), elements, choices, invariants: node.invariants ?? [] };
}

function buildElements(node: string, key: string, element: RawElement): Element[] {
  const choice = key.endsWith('[x]') ? key.slice(0, -3) : undefined;
  return element.types.map((type) => ({
    path: `${node}.${key}`,
    name: choice === undefined ? key : choice + type[0]!.toUpperCase() + type.slice(1),
    ...(choice !== undefined && { choice }),
    type,
    kind: kindOfType(type),
    list: element.list === true,
    min: element.min ?? 0,
    ...(element.required !== undefined && { required: element.required }),
    ...(element.extensible !== undefined && { extensible: element.extensible }),
    ...(element.preferred !== undefined && { preferred: element.preferred }),
    targets: element.targets ?? [],
    invariants: element.invariants ?? [],
  }));
}

function kindOfType(type: string): Kind {
  return /^[a-z]/.test(type) ? 'primitive' : kindOfNode(type);
}

function kindOfNode(name: string): Exclude<Kind, 'primitive'> {
  if (name === 'Resource' || name === 'DomainResource' || everyResourceType.has(name)) return 'resource';
  return name.includes('.') ? 'backbone' : 'datatype';
}

function buildParameters(type: string): SearchParameter[] {
  const isDomain = raw.nodes[type]?.elements['contained'] !== undefined;
  const own = [
    ['Resource', raw.searches['Resource']],
    ...(isDomain ? [['DomainResource', raw.searches['DomainResource']]] : []),
  ];
  const all = [...own, [type, raw.searches[type]]] as [string, RawParameter[] | undefined][];
  const list = all.flatMap(([base, params]) => (params ?? []).map((p) => buildParameter(type, base, p)));
  return list.sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** R4 defines a component by a parameter of the same type of resource. */
function typeOfParameter(type: string, id: string): SearchType {
  const found = raw.searches[type]?.find((p) => (p.id ?? `${type}-${p.code}`) === id);
  if (found === undefined) throw new Error(`R4 has no search parameter ${id} of ${type}`);
  return found.type;
}

function buildParameter(type: string, base: string, parameter: RawParameter): SearchParameter {
  const expression = base === type ? parameter.expression : parameter.expression?.replace(`${base}.`, `${type}.`);
  return {
    code: parameter.code,
    type: parameter.type,
    url: `${urlPrefix}${parameter.id ?? `${base}-${parameter.code}`}`,
    ...(expression !== undefined && { expression }),
    targets: parameter.targets ?? [],
    components: (parameter.components ?? []).map((c) => ({
      url: urlPrefix + c.id,
      type: typeOfParameter(type, c.id),
      expression: c.expression,
    })),
  };
}
