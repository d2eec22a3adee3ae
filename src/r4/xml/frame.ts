/** An element of FHIR XML that has been opened and not yet closed, and where its content goes in JSON's shape. */
import type { Element } from '../definition.ts';
import type { XmlPlan } from './plan.ts';

export type Growing = Record<string, unknown>;

export interface Frame {
  /** Which elements may be inside; undefined where one resource of any type is. */
  readonly plan: XmlPlan | undefined;
  /** Where they go: of a primitive its `_name`, of the place of a resource the object that has that place. */
  readonly value: Growing;
  /** Steps of its place in FHIRPath: 1, or 2 with an index. */
  readonly steps: number;
  /** Order of the last element inside. */
  order: number;
  /** Lists inside, of which an item has an id or extensions: `_name` is to be padded. */
  padded: string[] | undefined;
  /** Of a primitive: what becomes of it when it is closed. */
  readonly primitive?: { readonly element: Element; readonly owner: Frame; readonly value: unknown };
  /** Of the place of a resource. */
  readonly slot?: { readonly element: Element; filled: boolean };
}

/** Puts a value where JSON has it: into the list, or alone. */
export function put(owner: Growing, { name, list }: Element, value: unknown): void {
  if (!list) owner[name] = value;
  else if (Array.isArray(owner[name])) owner[name].push(value);
  else owner[name] = [value];
}

export function lengthOf(owner: Growing, name: string): number {
  const list = owner[name];
  return Array.isArray(list) ? list.length : 0;
}

/** A primitive with its id and extensions, which JSON keeps beside it: `null` holds the place of either in a list. */
export function putPrimitive(owner: Frame, element: Element, value: unknown, companion: Growing): void {
  const { name, list } = element;
  const hasCompanion = Object.keys(companion).length > 0;
  if (!list) {
    if (value !== undefined) owner.value[name] = value;
    if (hasCompanion) owner.value[`_${name}`] = companion;
    return;
  }
  put(owner.value, element, value ?? null);
  if (!hasCompanion) return;
  owner.value[`_${name}`] ??= [];
  const companions = owner.value[`_${name}`] as unknown[];
  const index = lengthOf(owner.value, name) - 1;
  while (companions.length < index) companions.push(null);
  companions.push(companion);
  owner.padded = [...(owner.padded ?? []), name];
}

/** When all items are there: both lists get one length, and one of nothing but `null` goes. */
export function pad({ value, padded }: Frame): void {
  for (const name of new Set(padded)) {
    const values = value[name] as unknown[];
    const companions = value[`_${name}`] as unknown[];
    while (companions.length < values.length) companions.push(null);
    if (values.every((v) => v === null)) delete value[name];
  }
}
