/** Writes data as XML in the contract's order, with WCF's prefixes or the way 1С does it. protocols/regiz.md §1.1, §1.8. */
import type { ClassType, Contract, Member } from './contract.ts';
import { type Data, type DataObject, typeKey } from './data.ts';
import { escapeXml } from './xml.ts';

/** `wcf`: a new prefix where a namespace begins. `1c`: a default xmlns on each child. */
export type Style = 'wcf' | '1c';

export interface WriterOptions {
  readonly style: Style;
  /** A list without items: an empty element, `i:nil`, or no element at all. */
  readonly emptyLists: 'empty' | 'nil' | 'absent';
  /** A null that may be absent is left out instead of written as `i:nil`. */
  readonly nulls: 'nil' | 'absent';
}

export interface DataWriter {
  /** The members of `data` as children of the wrapper, whose namespace is the default one. */
  writeMembers(type: ClassType, data: DataObject): string;
  /** A whole element named as its type, with the type's namespace as the default one: detail of a fault. */
  writeRoot(type: ClassType, data: DataObject): string;
}

const instance = 'http://www.w3.org/2001/XMLSchema-instance';
const zeros: { readonly [type: string]: string } = {
  ...{ int: '0', long: '0', short: '0', unsignedByte: '0', unsignedShort: '0', double: '0', boolean: 'false' },
  ...{ dateTime: '0001-01-01T00:00:00', guid: '00000000-0000-0000-0000-000000000000' },
};

/** Where in the document something is written: namespaces in scope by prefix. */
interface Scope {
  readonly prefixes: ReadonlyMap<string, string>;
  readonly depth: number;
}

export function createDataWriter(contract: Contract, options: WriterOptions): DataWriter {
  const writing: Writing = { contract, options };
  const outermost = new Map([['http://tempuri.org/', options.style === '1c' ? 'm' : '']]);
  return {
    writeMembers: (type, data) => writeClass(writing, type, data, { prefixes: outermost, depth: 0 }),
    writeRoot(type, data) {
      const prefixes = new Map([[type.namespace, '']]).set(instance, 'i');
      const text = writeClass(writing, type, data, { prefixes, depth: 1 });
      return `<${type.name} xmlns="${type.namespace}" xmlns:i="${instance}">${text}</${type.name}>`;
    },
  };
}

interface Writing {
  readonly contract: Contract;
  readonly options: WriterOptions;
}

function writeClass(w: Writing, type: ClassType, data: DataObject, scope: Scope): string {
  return w.contract
    .membersOf(type)
    .map((member) => writeMember(w, member, data[member.name], scope))
    .join('');
}

function writeMember(w: Writing, member: Member, value: Data, scope: Scope): string {
  const type = w.contract.find(member.type, member.namespace);
  if (type?.kind === 'list' && Array.isArray(value) && value.length === 0) {
    const { emptyLists } = w.options;
    return emptyLists === 'absent' ? '' : writeElement(w, member, emptyLists === 'nil' ? null : '', scope, () => '');
  }
  if (value === undefined || value === null) return writeNothing(w, member, value, scope);
  return writeElement(w, member, value, scope, (deeper) => writeValue(w, member, value, deeper));
}

/** nil, or the zero of a type that cannot be null; 1С leaves out what it may. */
function writeNothing(w: Writing, member: Member, value: null | undefined, scope: Scope): string {
  const { style, nulls } = w.options;
  if (value === undefined && member.optional && style === '1c') return '';
  if (member.nillable)
    return nulls === 'absent' && member.optional ? '' : writeElement(w, member, null, scope, () => '');
  const type = w.contract.find(member.type, member.namespace);
  const zero = type?.kind === 'enum' ? type.literals[0] : zeros[member.type];
  return value === null || zero === undefined ? '' : writeElement(w, member, zero, scope, () => zero);
}

function writeValue(w: Writing, member: Member, value: Exclude<Data, null>, scope: Scope): string {
  const type = w.contract.find(member.type, member.namespace);
  if (type?.kind === 'list' && Array.isArray(value)) {
    const item = { namespace: type.namespace, name: type.item, type: type.type, optional: false, nillable: true };
    return (value as readonly Data[]).map((one) => writeMember(w, item, one, scope)).join('');
  }
  if (type?.kind !== 'class' || typeof value !== 'object') return escapeXml(String(value));
  const derived = w.contract.find(derivedOf(value) ?? type.name, type.namespace);
  return writeClass(w, derived?.kind === 'class' ? derived : type, value as DataObject, scope);
}

function derivedOf(value: Data): string | undefined {
  const name = typeof value === 'object' && value !== null ? (value as DataObject)[typeKey] : undefined;
  return typeof name === 'string' ? name : undefined;
}

/** One element; what is declared at it is in scope for its content. */
function writeElement(w: Writing, m: Member, value: Data, scope: Scope, content: (scope: Scope) => string): string {
  const type = w.contract.find(m.type, m.namespace);
  const inner = type?.kind === 'enum' ? undefined : type?.namespace;
  const onec = w.options.style === '1c';
  const { name, attributes, deeper } = onec
    ? named1c(m, scope)
    : namedWcf(m, scope, value === null ? undefined : inner);
  const i = onec ? 'xsi' : 'i';
  const derived = derivedOf(value);
  const xsi = value === null || derived !== undefined ? declared(deeper, i) : '';
  const own = deeper.prefixes.get(inner ?? '') ?? '';
  const typed = derived === undefined ? '' : ` ${i}:type="${own === '' ? '' : `${own}:`}${derived}"`;
  const text = value === null ? '' : content(deeper);
  const start = `<${name}${attributes}${xsi}${typed}${value === null ? ` ${i}:nil="true"` : ''}`;
  return text === '' ? `${start}/>` : `${start}>${text}</${name}>`;
}

function declared(scope: Scope, prefix: string): string {
  return scope.prefixes.has(instance) ? '' : ` xmlns:${prefix}="${instance}"`;
}

/** WCF declares a namespace at the element whose content needs it, with the next letter as prefix. */
function namedWcf(member: Member, scope: Scope, inner: string | undefined) {
  const prefixes = new Map(scope.prefixes);
  let attributes = '';
  const declare = (namespace: string) => {
    if (prefixes.has(namespace)) return;
    const prefix = String.fromCharCode(97 + [...prefixes.keys()].filter((n) => n !== instance).length - 1);
    prefixes.set(namespace, prefix);
    attributes += ` xmlns:${prefix}="${namespace}"`;
  };
  declare(member.namespace);
  if (inner !== undefined) {
    declare(inner);
    if (scope.depth === 0 && !prefixes.has(instance)) {
      prefixes.set(instance, 'i');
      attributes += ` xmlns:i="${instance}"`;
    }
  }
  const prefix = prefixes.get(member.namespace)!;
  const name = prefix === '' ? member.name : `${prefix}:${member.name}`;
  return { name, attributes, deeper: { prefixes, depth: scope.depth + 1 } };
}

/** 1С declares the default namespace anew at each element; parameters of the wrapper have its prefix `m:`. */
function named1c(member: Member, scope: Scope) {
  const prefixes = new Map(scope.prefixes).set(instance, 'xsi');
  const deeper = { prefixes, depth: scope.depth + 1 };
  if (scope.prefixes.get(member.namespace) === 'm') {
    const types = ` xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="${instance}"`;
    return { name: `m:${member.name}`, attributes: types, deeper };
  }
  return { name: member.name, attributes: ` xmlns="${member.namespace}"`, deeper };
}
