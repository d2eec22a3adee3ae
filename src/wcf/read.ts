/**
 * XML → data: by namespace and local name, in whatever order. nil, empty and absent are alike, but an empty list is a list
 * (protocols/regiz.md §1.1, §1.8). Elements that the contract does not know are passed over.
 */
import { type Contract, isDerived, literalsOf, membersOf, parseReference, type Reference } from './contract.ts';
import { arraysUri } from './write.ts';

/** An element as a parser gives it. */
export interface XmlElement {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** The document is not what the contract says. The message names elements, never what stands in them. */
export class WcfError extends Error {}

type Values = Record<string, unknown>;

/** The parameters in `<Op>`. @throws WcfError */
export function readParameters(contract: Contract, operation: string, request: XmlElement): Values {
  const { parameters } = contract.operations[operation]!;
  const values: Values = {};
  for (const [name, text] of Object.entries(parameters)) {
    const element = only(request, name, contract.namespace);
    const value = element && readValue(contract, parseReference(text, ''), element);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

/** What stands in `<Op>Response`; undefined when the contract answers with an empty one. @throws WcfError */
export function readResult(contract: Contract, operation: string, response: XmlElement): Values | undefined {
  const text = contract.operations[operation]!.result;
  if (text === undefined) return undefined;
  const element = only(response, `${operation}Result`, contract.namespace);
  const value = element && readValue(contract, parseReference(text, ''), element);
  if (value === undefined) throw new WcfError(`${operation}Response has no ${operation}Result`);
  return value as Values;
}

/** A type that stands by itself, as in the detail of a fault. @param type `prefix:Type` @throws WcfError */
export const readData = (contract: Contract, type: string, element: XmlElement): Values =>
  dataOf(contract, parseReference(type, ''), element);

/** @throws WcfError when there are several: nobody can say which of them is meant */
function only(parent: XmlElement, name: string, namespace: string): XmlElement | undefined {
  let found: XmlElement | undefined;
  for (const child of parent.children) {
    if (child.name !== name || child.namespace !== namespace) continue;
    if (found !== undefined) throw new WcfError(`${parent.name} repeats ${name}`);
    found = child;
  }
  return found;
}

function readValue(contract: Contract, reference: Reference, element: XmlElement): unknown {
  const nil = attributeOf(element, 'nil');
  if (nil === 'true' || nil === '1') return undefined;
  if (reference.list) return itemsOf(contract, reference, element);
  const read = primitiveReaders.get(reference.name);
  const literals = read === undefined ? literalsOf(contract, reference) : undefined;
  if (read === undefined && literals === undefined) return dataOf(contract, reference, element);
  if (element.children.length > 0) throw new WcfError(`${element.name} is not a plain value`);
  const text = reference.name === 'string' ? element.text : element.text.trim();
  if (text.trim() === '') return undefined;
  if (literals !== undefined && !literals.includes(text))
    throw new WcfError(`${element.name} is none of ${reference.name}`);
  return literals === undefined ? read!(text, element.name) : text;
}

/** Prefixes differ from server to server, so attributes are known by their local names. */
function attributeOf({ attributes }: XmlElement, name: string): string | undefined {
  for (const key in attributes) if (key === name || key.endsWith(`:${name}`)) return attributes[key];
  return undefined;
}

function itemsOf(contract: Contract, { prefix, name }: Reference, element: XmlElement): readonly unknown[] {
  const isPrimitive = primitiveReaders.has(name);
  const uri = isPrimitive ? arraysUri : contract.namespaces[prefix]!.uri;
  const item = { prefix, name, list: false, nullable: false };
  return element.children.flatMap((child) => {
    // A list of which a part is not understood would be half a list.
    if (child.name !== name || child.namespace !== uri) throw new WcfError(`a stranger among ${element.name}`);
    const value = readValue(contract, item, child);
    return value === undefined ? [] : [value];
  });
}

function dataOf(contract: Contract, { prefix, name }: Reference, element: XmlElement): Values {
  const derived = attributeOf(element, 'type')?.replace(/^.*:/, '');
  const known = derived !== undefined && derived !== name && isDerivedFrom(contract, prefix, derived, name);
  const values: Values = known ? { $type: derived } : {};
  for (const member of membersOf(contract, prefix, known ? derived : name)) {
    const child = only(element, member.name, member.uri);
    const value = child && readValue(contract, member.reference, child);
    if (value !== undefined) values[member.name] = value;
  }
  return values;
}

function isDerivedFrom(contract: Contract, prefix: string, name: string, base: string): boolean {
  const type = contract.namespaces[prefix]?.types[name];
  return type !== undefined && isDerived(type) && (type[0] === base || isDerivedFrom(contract, prefix, type[0], base));
}

type Reader = (text: string, name: string) => string | number | boolean | undefined;

function matching(pattern: RegExp, make: (text: string) => string | number | boolean | undefined): Reader {
  return (text, name) => {
    if (!pattern.test(text)) throw new WcfError(`${name} is not a value of its type`);
    return make(text);
  };
}

const whole = matching(/^[+-]?\d{1,10}$/, Number);

/** `0001-01-01` is what .NET and 1С write for a time that is not set. */
const timeOf = (text: string): string | undefined => (text.startsWith('0001-01-01') ? undefined : text);

const primitiveReaders: ReadonlyMap<string, Reader> = new Map(
  Object.entries<Reader>({
    string: (text) => text,
    int: whole,
    short: whole,
    unsignedByte: whole,
    unsignedShort: whole,
    long: matching(/^[+-]?\d{1,19}$/, (text) => text),
    double: matching(/^[+-]?(\d{1,17}(\.\d{0,17})?|\.\d{1,17})([eE][+-]?\d{1,3})?$/, Number),
    boolean: matching(/^(true|false|1|0)$/, (text) => text === 'true' || text === '1'),
    dateTime: matching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?$/, timeOf),
    guid: matching(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, (text) => text.toLowerCase()),
  }),
);
