/** Reads elements into data as WCF's DataContractSerializer does: in the contract's order, by namespace and local name. */
import type { ClassType, Contract, Member, Type } from './contract.ts';
import { type Data, typeKey } from './data.ts';
import type { Element } from './xml.ts';

/**
 * `drop`: an element out of order or unknown is skipped in silence, so that its member stays null, as WCF does.
 * `refuse`: it is told loudly, for tests. `off`: any order is taken, as 1С does.
 */
export type Strictness = 'drop' | 'refuse' | 'off';

/** What cannot be read at all: WCF answers it with a SOAP fault. */
export class DeserializationError extends Error {}

export interface DataReader {
  /** @throws DeserializationError for a value that is none of its type, or, with `refuse`, for a wrong place */
  readClass(type: ClassType, element: Element): { [name: string]: Data };
}

export function createDataReader(contract: Contract, strictness: Strictness): DataReader {
  return { readClass: (type, element) => readClass({ contract, strictness }, type, element) };
}

interface Reading {
  readonly contract: Contract;
  readonly strictness: Strictness;
}

function readClass(r: Reading, type: ClassType, element: Element): { [name: string]: Data } {
  const members = r.contract.membersOf(type);
  const data: { [name: string]: Data } = {};
  let next = 0;
  for (const child of element.children) {
    const from = r.strictness === 'off' ? 0 : next;
    const at = members.findIndex((m, n) => n >= from && m.name === child.name && m.namespace === child.namespace);
    if (at >= 0) {
      next = at + 1;
      data[child.name] = readMember(r, members[at]!, child);
    } else if (r.strictness === 'refuse') throw new DeserializationError(misplaced(type, child, members, next));
  }
  return data;
}

function readMember(r: Reading, member: Member, element: Element): Data {
  if (element.nil) return null;
  return readValue(r, r.contract.find(member.type, member.namespace), member.type, element);
}

function readValue(r: Reading, type: Type | undefined, name: string, element: Element): Data {
  if (type === undefined) return readPrimitive(name, element);
  if (type.kind === 'enum') return readLiteral(type.literals, element);
  if (type.kind === 'class') {
    const told = element.type === '' ? undefined : r.contract.find(element.type, type.namespace);
    if (told?.kind !== 'class' || told === type) return readClass(r, type, element);
    return { [typeKey]: told.name, ...readClass(r, told, element) };
  }
  const items = element.children.filter((c) => c.name === type.item && c.namespace === type.namespace);
  if (r.strictness === 'refuse' && items.length < element.children.length)
    throw new DeserializationError(`${type.name} holds something else than {${type.namespace}}${type.item}`);
  const itemType = r.contract.find(type.type, type.namespace);
  return items.map((item) => (item.nil ? null : readValue(r, itemType, type.type, item)));
}

function misplaced(type: ClassType, child: Element, members: readonly Member[], next: number): string {
  const known = members.find((m) => m.name === child.name);
  const where = `{${child.namespace}}${child.name} in ${type.name}`;
  if (known === undefined) return `no such element: ${where}`;
  if (known.namespace !== child.namespace) return `wrong namespace: ${where}, expected ${known.namespace}`;
  return `out of order: ${where}, expected ${members[next]?.name ?? 'the end'}; order: ${members.map((m) => m.name).join(', ')}`;
}

function readLiteral(literals: readonly string[], element: Element): string {
  const text = element.text.trim();
  if (!literals.includes(text)) throw new DeserializationError(`Invalid enum value '${text}' in ${element.name}`);
  return text;
}

const patterns: { readonly [type: string]: RegExp } = {
  int: /^-?\d{1,10}$/,
  short: /^-?\d{1,5}$/,
  unsignedByte: /^\d{1,3}$/,
  unsignedShort: /^\d{1,5}$/,
  long: /^-?\d{1,18}$/,
  double: /^-?\d+(\.\d+)?([eE]-?\d+)?$/,
  boolean: /^(true|false|0|1)$/,
  dateTime: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})?$/,
  guid: /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/,
};

function readPrimitive(type: string, element: Element): Data {
  if (type === 'string') return element.text;
  const text = element.text.trim();
  if (patterns[type]?.test(text) === false || (type === 'dateTime' && Number.isNaN(Date.parse(text))))
    throw new DeserializationError(`The value '${text}' cannot be parsed as the type '${type}' in ${element.name}`);
  if (type === 'boolean') return text === 'true' || text === '1';
  return ['dateTime', 'guid'].includes(type) ? text : Number(text);
}
