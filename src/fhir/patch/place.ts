/**
 * Where an element stands in a resource: the object that holds it, and the ways to read and write it there. A primitive has a
 * second property, `_birthDate`, with its id and extensions. https://hl7.org/fhir/R4/json.html#primitive
 */

import type { Element } from '../../r4/definition.ts';
import { nodeOf } from '../../r4/table.ts';
import type { PathNode } from './path.ts';

/** A value as JSON has it: primitives have an extra with id and extensions. */
export interface Value {
  readonly value: unknown;
  readonly extra: unknown;
}

export type Holder = Record<string, unknown>;

export interface Place {
  /** Undefined for the resource itself. */
  readonly parent: Place | undefined;
  readonly element: Element | undefined;
  readonly index: number | undefined;
  /** The object that the element is a property of; for the resource itself, the resource. */
  readonly holder: Holder;
}

/** Undefined for what is no part of the resource: a literal, the result of a function. */
export function placeOf(root: Holder, node: PathNode): Place | undefined {
  if (node.data === root) return { parent: undefined, element: undefined, index: undefined, holder: root };
  const { parentResNode, propName, index } = node;
  const parent = parentResNode === null ? undefined : placeOf(root, parentResNode);
  const holder = parent === undefined ? undefined : objectAt(parent);
  if (parent === undefined || holder === undefined || propName === null) return undefined;
  const element = elementIn(parent, holder, propName);
  return element === undefined ? undefined : { parent, element, index: index ?? undefined, holder };
}

function elementIn(parent: Place, holder: Holder, name: string): Element | undefined {
  const node = nodeOf(typeAt(parent));
  const { elements, choices } = node ?? {};
  const given = (element: Element) => holder[element.name] !== undefined || holder[`_${element.name}`] !== undefined;
  return elements?.get(name) ?? choices?.get(name)?.find(given);
}

/** Name in the R4 table of what stands at the place; `Element` for a primitive, which has an id and extensions. */
export function typeAt(place: Place): string {
  const { element } = place;
  if (element?.kind === 'primitive') return 'Element';
  return element === undefined || element.type === 'Resource'
    ? String(objectAt(place)?.['resourceType'])
    : element.type;
}

/** The object that stands there, of a primitive the one with its id and extensions. */
export function objectAt(place: Place): Holder | undefined {
  if (place.element === undefined) return place.holder;
  const { value, extra } = readValue(place);
  const object = place.element.kind === 'primitive' ? extra : value;
  return typeof object === 'object' && object !== null ? (object as Holder) : undefined;
}

function readValue({ holder, element, index }: Place): Value {
  const { name } = element!;
  if (index === undefined) return { value: holder[name], extra: holder[`_${name}`] };
  return readList(holder, element!)[index] ?? { value: undefined, extra: undefined };
}

export function readList(holder: Holder, { name }: Element): Value[] {
  const values = listOf(holder[name]);
  const extras = listOf(holder[`_${name}`]);
  return Array.from({ length: Math.max(values.length, extras.length) }, (_, i) => ({
    value: values[i] ?? undefined,
    extra: extras[i] ?? undefined,
  }));
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export function writeList(holder: Holder, { name }: Element, list: readonly Value[]): void {
  const put = (key: string, values: readonly unknown[]) => {
    if (values.every((value) => value === undefined)) delete holder[key];
    else holder[key] = values.map((value) => value ?? null);
  };
  put(
    name,
    list.map(({ value }) => value),
  );
  put(
    `_${name}`,
    list.map(({ extra }) => extra),
  );
}

/** Writes an element that is no list, or replaces one item of a list. */
export function writeValue({ holder, element, index }: Place, { value, extra }: Value): void {
  const { name } = element!;
  if (index !== undefined) {
    writeList(holder, element!, readList(holder, element!).with(index, { value, extra }));
    return;
  }
  delete holder[name];
  delete holder[`_${name}`];
  if (value !== undefined) holder[name] = value;
  if (extra !== undefined) holder[`_${name}`] = extra;
}

/** Removes it, and what is empty without it: FHIR has no empty elements. */
export function removeAt(place: Place): void {
  const { parent, element, index, holder } = place;
  if (element === undefined) return;
  if (index === undefined) writeValue(place, { value: undefined, extra: undefined });
  else writeList(holder, element, readList(holder, element).toSpliced(index, 1));
  if (parent === undefined || Object.keys(holder).length > 0) return;
  const left = parent.element?.kind === 'primitive' ? readValue(parent).value : undefined;
  if (left === undefined) removeAt(parent);
  else writeValue(parent, { value: left, extra: undefined });
}

/** The object at the place; a primitive without id and extensions gets one for them. */
export function openAt(place: Place): Holder | undefined {
  const object = objectAt(place);
  if (object !== undefined || place.element?.kind !== 'primitive') return object;
  const extra = {};
  writeValue(place, { value: readValue(place).value, extra });
  return extra;
}
