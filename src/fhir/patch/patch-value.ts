/** The value of an operation of a FHIRPath Patch, as the element takes it. https://hl7.org/fhir/R4/fhirpatch.html */
import { Fault } from '../../fault.ts';
import type { Element } from '../../r4/definition.ts';
import { isObject, itemsOf, type Json } from '../../r4/json.ts';
import { nodeOf } from '../../r4/table.ts';
import { type Holder, readList, type Value, writeList } from './place.ts';

/** A `value` part: of a datatype, a resource, or of parts, for elements whose type has no name. */
export type Given =
  | { readonly kind: 'typed'; readonly type: string; readonly primitive: boolean; readonly value: Value }
  | { readonly kind: 'resource'; readonly value: Value }
  | { readonly kind: 'parts'; readonly parts: readonly Json[] };

/** @throws Fault bad-request when there is no value, or more than one */
export function givenOf(part: Json, expression: string): Given {
  const elements = nodeOf('Parameters.parameter')!.elements;
  const names = new Set(Object.keys(part).map((key) => key.replace(/^_/, '')));
  const typed = [...names].filter((name) => elements.get(name)?.choice === 'value').map((name) => elements.get(name)!);
  const resource = isObject(part['resource']) ? part['resource'] : undefined;
  const parts = itemsOf(part, 'part');
  if (typed.length + (resource === undefined ? 0 : 1) + (parts.length > 0 ? 1 : 0) !== 1)
    throw new Fault('bad-request', 'A value is one value[x], one resource, or parts.', { expression });
  const [element] = typed;
  if (element === undefined)
    return resource === undefined
      ? { kind: 'parts', parts }
      : { kind: 'resource', value: { value: resource, extra: undefined } };
  const value = { value: part[element.name], extra: part[`_${element.name}`] };
  return { kind: 'typed', type: element.type, primitive: element.kind === 'primitive', value };
}

/**
 * The element of a type by its name in FHIRPath (`deceased`), in R4 (`deceased[x]`) or in JSON (`deceasedBoolean`).
 * @throws Fault invalid-content when the type has no such element
 */
export function elementFor(type: string, name: string, given: Given, expression: string): Element {
  const node = nodeOf(type);
  const choice = node?.choices.get(name.replace(/\[x\]$/, ''));
  const found =
    node?.elements.get(name) ?? choice?.find((element) => given.kind === 'typed' && element.type === given.type);
  if (found !== undefined) return found;
  const text =
    choice === undefined
      ? `R4's ${type} has no such element.`
      : `R4's ${type} takes a value of another type here: ${choice.map((e) => e.type).join(', ')}.`;
  throw new Fault('invalid-content', text, { expression });
}

/** @throws Fault invalid-content when the element is of another type */
export function valueFor(element: Element, given: Given, expression: string): Value {
  if (given.kind === 'parts') return { value: build(element, given.parts, expression), extra: undefined };
  const fits =
    given.kind === 'resource'
      ? element.kind === 'resource'
      : given.type === element.type ||
        (element.kind === 'primitive' && given.primitive && element.choice === undefined) ||
        (isQuantity(element.type) && isQuantity(given.type) && element.choice === undefined);
  if (fits) return given.value;
  const hint = element.kind === 'backbone' ? 'parts with its elements' : `a value of the type ${element.type}`;
  throw new Fault('invalid-content', `${element.path} takes ${hint}.`, { expression });
}

const isQuantity = (type: string) => ['Quantity', 'Age', 'Count', 'Distance', 'Duration'].includes(type);

function build(element: Element, parts: readonly Json[], expression: string): Holder {
  if (element.kind !== 'backbone' && element.kind !== 'datatype')
    throw new Fault('invalid-content', `${element.path} is not built of parts.`, { expression });
  const object: Holder = {};
  for (const part of parts) {
    const { name } = part;
    if (typeof name !== 'string') throw new Fault('bad-request', 'A part needs a name.', { expression });
    const given = givenOf(part, expression);
    put(object, elementFor(element.type, name, given, expression), given, expression);
  }
  return object;
}

/** Appends to a list; another element must not be there yet. @throws Fault invalid-content */
export function put(holder: Holder, element: Element, given: Given, expression: string): void {
  const { value, extra } = valueFor(element, given, expression);
  if (element.list) {
    writeList(holder, element, [...readList(holder, element), { value, extra }]);
    return;
  }
  const rivals = element.choice === undefined ? [element] : (siblingsOf(element) ?? [element]);
  if (rivals.some(({ name }) => holder[name] !== undefined || holder[`_${name}`] !== undefined))
    throw new Fault('invalid-content', `${element.path} is there already and is no list: use "replace".`, {
      expression,
    });
  if (value !== undefined) holder[element.name] = value;
  if (extra !== undefined) holder[`_${element.name}`] = extra;
}

/** The types of the same choice; its path is the node's with the name. */
function siblingsOf({ path, choice }: Element): readonly Element[] | undefined {
  return nodeOf(path.slice(0, path.lastIndexOf('.')))?.choices.get(choice!);
}
