/** FHIRPath Patch: a Parameters resource whose parameters are operations. https://hl7.org/fhir/R4/fhirpatch.html */
import { Fault } from '../../fault.ts';
import type { Element } from '../../r4/definition.ts';
import { isObject, itemsOf, type Json } from '../../r4/json.ts';
import { elementFor, type Given, givenOf, put, valueFor } from './patch-value.ts';
import { nodesAt, readPath, splitPath } from './path.ts';
import {
  type Holder,
  openAt,
  type Place,
  placeOf,
  readList,
  removeAt,
  typeAt,
  writeList,
  writeValue,
} from './place.ts';
import { Work } from './work.ts';

const maxOperations = 100;

/** Lists are taken apart and put together again. */
const costOfList = 5;

interface Operation {
  readonly type: 'add' | 'insert' | 'delete' | 'replace' | 'move';
  readonly path: string;
  readonly name: string;
  readonly value: Given | undefined;
  readonly numbers: ReadonlyMap<'index' | 'source' | 'destination', number>;
  /** For the client: which operation. */
  readonly where: string;
}

/**
 * @param resource is not changed
 * @throws Fault bad-request for a patch that is none, invalid-content for one that does not fit the resource
 */
export function applyFhirPathPatch(resource: object, patch: unknown): unknown {
  if (!isObject(patch) || patch['resourceType'] !== 'Parameters')
    throw new Fault('bad-request', 'A FHIRPath Patch is a Parameters resource.', { expression: 'Parameters' });
  const work = new Work();
  const given = itemsOf(work.copy(patch) as Json, 'parameter');
  if (given.length > maxOperations)
    throw new Fault('too-large', `A FHIRPath Patch has ${maxOperations} operations at most.`);
  const operations = given.map((parameter, i) => readOperation(parameter, `Parameters.parameter[${i}]`));
  const root = work.copy(resource) as Holder;
  for (const operation of operations) apply(root, operation, work);
  return root;
}

/** Parts of each type; `value` is of any type. */
const partsOf = {
  add: ['path', 'name', 'value'],
  insert: ['path', 'index', 'value'],
  delete: ['path'],
  replace: ['path', 'value'],
  move: ['path', 'source', 'destination'],
} as const;

const isType = (text: unknown): text is Operation['type'] => typeof text === 'string' && Object.hasOwn(partsOf, text);

function readOperation(parameter: Json, where: string): Operation {
  const malformed = (text: string) => new Fault('bad-request', text, { expression: where });
  if (parameter['name'] !== 'operation') throw malformed('Each parameter of a FHIRPath Patch is named "operation".');
  const parts = Map.groupBy(itemsOf(parameter, 'part'), (part) => String(part['name']));
  const text = (name: string) => textOf(parts.get(name)?.[0]);
  const type = text('type');
  if (!isType(type)) throw malformed(`The part "type" is one of ${Object.keys(partsOf).join(', ')}.`);
  const expected = ['type', ...partsOf[type]].sort();
  const found = [...parts.keys()].sort();
  if (found.join() !== expected.join() || [...parts.values()].some((same) => same.length > 1))
    throw malformed(`"${type}" has the parts ${expected.join(', ')}, each once.`);
  const [given, name = ''] = [text('path'), text('name')];
  if (given === undefined || (type === 'add' && name === '')) throw malformed('"path" and "name" are strings.');
  const path = readPath(given, where);
  const numbers = (['index', 'source', 'destination'] as const).filter((n) => parts.has(n));
  return {
    type,
    path,
    name,
    value: parts.has('value') ? givenOf(parts.get('value')![0]!, `${where}.part.where(name = 'value')`) : undefined,
    numbers: new Map(numbers.map((n) => [n, numberOf(parts.get(n)![0]!, malformed)])),
    where,
  };
}

const textOf = (part: Json | undefined): string | undefined =>
  [part?.['valueString'], part?.['valueCode']].find((value) => typeof value === 'string') as string | undefined;

function numberOf(part: Json, malformed: (text: string) => Fault): number {
  const value = part['valueInteger'] ?? part['valueUnsignedInt'] ?? part['valuePositiveInt'];
  if (!Number.isSafeInteger(value) || (value as number) < 0)
    throw malformed('"index", "source" and "destination" are integers from 0 on.');
  return value as number;
}

function apply(root: Holder, operation: Operation, work: Work): void {
  const { type } = operation;
  const run = { add, replace, delete: remove, insert: rearrange, move: rearrange }[type];
  run(root, operation, work);
}

const misfit = ({ where }: Operation, text: string) => new Fault('invalid-content', text, { expression: where });

function placesAt(root: Holder, operation: Operation, path: string, work: Work): Place[] {
  return nodesAt(root, path, operation.where, work).map((node) => {
    const place = placeOf(root, node);
    if (place === undefined) throw misfit(operation, 'The path leads to something that is no part of the resource.');
    return place;
  });
}

/** @throws Fault invalid-content when the path does not lead to one element */
function onePlace(root: Holder, operation: Operation, work: Work, path = operation.path): Place {
  const [place, ...others] = placesAt(root, operation, path, work);
  if (place === undefined) throw misfit(operation, 'There is nothing at the path.');
  if (others.length > 0) throw misfit(operation, `The path leads to ${others.length + 1} elements: it must name one.`);
  return place;
}

function add(root: Holder, operation: Operation, work: Work): void {
  const place = onePlace(root, operation, work);
  const element = elementFor(typeAt(place), operation.name, operation.value!, operation.where);
  const holder = openAt(place);
  if (holder === undefined) throw misfit(operation, 'Nothing can be added there.');
  work.spend(element.list ? costOfList * readList(holder, element).length : 1);
  put(holder, element, operation.value!, operation.where);
}

function replace(root: Holder, operation: Operation, work: Work): void {
  const place = onePlace(root, operation, work);
  const { parent, element, holder } = place;
  if (parent === undefined || element === undefined)
    throw misfit(operation, 'The resource as a whole is replaced by an update (PUT).');
  const given = operation.value!;
  const next =
    element.choice === undefined ? element : elementFor(typeAt(parent), element.choice, given, operation.where);
  const value = valueFor(next, given, operation.where);
  writeValue(place, next === element ? value : { value: undefined, extra: undefined });
  if (next !== element) writeValue({ ...place, element: next, holder }, value);
}

function remove(root: Holder, operation: Operation, work: Work): void {
  const places = placesAt(root, operation, operation.path, work);
  if (places.length > 1) throw misfit(operation, `The path leads to ${places.length} elements: it must name one.`);
  if (places[0] !== undefined && places[0].element === undefined)
    throw misfit(operation, 'The resource as a whole is deleted by DELETE.');
  if (places[0] !== undefined) removeAt(places[0]);
}

/** `insert` and `move`: the path names a whole list. */
function rearrange(root: Holder, operation: Operation, work: Work): void {
  const { holder, element } = listAt(root, operation, work);
  const list = readList(holder, element);
  work.spend(costOfList * list.length);
  const at = (name: 'index' | 'source' | 'destination', last: number) => {
    const index = operation.numbers.get(name)!;
    if (index > last) throw misfit(operation, `The list has ${list.length} items: "${name}" is beyond its end.`);
    return index;
  };
  if (operation.type === 'insert') {
    list.splice(at('index', list.length), 0, valueFor(element, operation.value!, operation.where));
  } else {
    const [item] = list.splice(at('source', list.length - 1), 1);
    list.splice(at('destination', list.length), 0, item!);
  }
  writeList(holder, element, list);
}

function listAt(root: Holder, operation: Operation, work: Work): { holder: Holder; element: Element } {
  const places = placesAt(root, operation, operation.path, work);
  const [first] = places;
  if (first === undefined) return absentList(root, operation, work);
  const { holder, element } = first;
  if (element === undefined || !element.list) throw misfit(operation, 'The path does not lead to a list.');
  const isOne = places.every((place) => place.holder === holder && place.element === element);
  if (!isOne || places.length !== readList(holder, element).length)
    throw misfit(operation, 'The path must lead to one list and to the whole of it.');
  return { holder, element };
}

/** A list without items is not there; what would hold it must be. */
function absentList(root: Holder, operation: Operation, work: Work): { holder: Holder; element: Element } {
  const [path, name] = splitPath(operation.path) ?? [];
  if (path === undefined || name === undefined || operation.type === 'move')
    throw misfit(operation, 'There is nothing at the path.');
  const place = onePlace(root, operation, work, path === '' ? '$this' : path);
  const element = elementFor(typeAt(place), name, operation.value!, operation.where);
  const holder = openAt(place);
  if (holder === undefined || !element.list) throw misfit(operation, 'The path does not lead to a list.');
  return { holder, element };
}
