/** Data → XML, in the order of the contract (protocols/regiz.md §1.1). */
import {
  type Contract,
  literalsOf,
  type Member,
  membersOf,
  parseReference,
  primitives,
  type Reference,
} from './contract.ts';

/** What is not there: left out, as clients do, or written as nil, as WCF answers. */
export type Absent = 'omit' | 'nil';

type Values = Readonly<Record<string, unknown>>;

interface Writing {
  readonly contract: Contract;
  readonly absent: Absent;
  /** Prefixes used so far below the element that will declare them. */
  readonly used: Set<string>;
}

export const arraysUri = 'http://schemas.microsoft.com/2003/10/Serialization/Arrays';
export const instanceUri = 'http://www.w3.org/2001/XMLSchema-instance';

/** `<Op>` with its parameters. A derived type is written when the value names it in `$type`. */
export function writeRequest(
  contract: Contract,
  operation: string,
  parameters: Values,
  absent: Absent = 'omit',
): string {
  const declared = contract.operations[operation];
  if (declared === undefined) throw new Error(`the contract has no operation ${operation}`);
  const inner = Object.entries(declared.parameters)
    .map(([name, text]) => writeTop(contract, name, parseReference(text, ''), parameters[name], absent))
    .join('');
  return `<${operation} xmlns="${contract.namespace}">${inner}</${operation}>`;
}

/** `<Op>Response` around `<Op>Result`. @param result absent where the contract answers with an empty response */
export function writeResponse(contract: Contract, operation: string, result?: Values, absent: Absent = 'nil'): string {
  const text = contract.operations[operation]!.result;
  const inner =
    text === undefined ? '' : writeTop(contract, `${operation}Result`, parseReference(text, ''), result, absent);
  return `<${operation}Response xmlns="${contract.namespace}">${inner}</${operation}Response>`;
}

/** An element of the wrapper's namespace, which is the default one; it declares all prefixes below it. */
function writeTop(contract: Contract, name: string, reference: Reference, value: unknown, absent: Absent): string {
  const writing: Writing = { contract, absent, used: new Set() };
  if (value === undefined || value === null) return absent === 'nil' && isNullable(writing, reference) ? nil(name) : '';
  const [attributes, inner] = contentOf(writing, reference, value);
  const declared = [...writing.used].map((prefix) => ` xmlns:${prefix}="${uriOf(contract, prefix)}"`).join('');
  return `<${name}${declared}${attributes}>${inner}</${name}>`;
}

const nil = (name: string): string => `<${name} xmlns:i="${instanceUri}" i:nil="true"/>`;

function uriOf(contract: Contract, prefix: string): string {
  if (prefix === 'i') return instanceUri;
  return prefix === 'a' ? arraysUri : contract.namespaces[prefix]!.uri;
}

function isNullable({ contract }: Writing, reference: Reference): boolean {
  if (reference.list || reference.nullable || reference.name === 'string') return true;
  return !primitives.has(reference.name) && literalsOf(contract, reference) === undefined;
}

function contentOf(writing: Writing, reference: Reference, value: unknown): [attributes: string, inner: string] {
  if (reference.list)
    return ['', (value as readonly unknown[]).map((item) => itemOf(writing, reference, item)).join('')];
  if (primitives.has(reference.name) || literalsOf(writing.contract, reference)) return ['', escapeXml(String(value))];
  const derived = (value as { $type?: string }).$type;
  const name = derived ?? reference.name;
  const members = membersOf(writing.contract, reference.prefix, name);
  const inner = members.map((member) => memberOf(writing, member, (value as Values)[member.name])).join('');
  if (derived === undefined) return ['', inner];
  writing.used.add('i').add(reference.prefix);
  return [` i:type="${reference.prefix}:${derived}"`, inner];
}

function itemOf(writing: Writing, { prefix, name }: Reference, item: unknown): string {
  const space = primitives.has(name) ? 'a' : prefix;
  return elementOf(writing, space, name, { prefix, name, list: false, nullable: false }, item);
}

function memberOf(writing: Writing, { name, prefix, reference }: Member, value: unknown): string {
  if (value !== undefined && value !== null) return elementOf(writing, prefix, name, reference, value);
  if (writing.absent === 'omit' || !isNullable(writing, reference)) return '';
  writing.used.add(prefix).add('i');
  return `<${prefix}:${name} i:nil="true"/>`;
}

function elementOf(writing: Writing, prefix: string, name: string, reference: Reference, value: unknown): string {
  writing.used.add(prefix);
  const [attributes, inner] = contentOf(writing, reference, value);
  return `<${prefix}:${name}${attributes}>${inner}</${prefix}:${name}>`;
}

/** XML 1.0 can't hold these at all, escaped or not; people's keyboards and copied texts do. */
const unwritable = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

export const escapeXml = (text: string): string =>
  text.replace(unwritable, '').replace(/[&<>"\r]/g, (character) => entities[character]!);
