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
const zeros: { readonly [type: string]: string } = { int: '0', long: '0', short: '0', boolean: 'false', double: '0' };
const nothingThen = '0001-01-01T00:00:00';

/** Where in the document something is written: namespaces in scope by prefix. */
interface Scope {
  readonly prefixes: ReadonlyMap<string, string>;
  readonly depth: number;
}

export function createDataWriter(contract: Contract, options: WriterOptions): DataWriter {
  const outermost: Scope = {
    prefixes: new Map([['http://tempuri.org/', options.style === '1c' ? 'm' : '']]),
    depth: 0,
  };
  const writeClass = (type: ClassType, data: DataObject, scope: Scope): string =>
    contract
      .membersOf(type)
      .map((member) => writeMember(member, data[member.name], scope))
      .join('');
  const writeMember = (member: Member, value: Data, scope: Scope): string => {
    const type = contract.find(member.type, member.namespace);
    const inner = type?.kind === 'enum' ? undefined : type?.namespace;
    if (type?.kind === 'list' && Array.isArray(value) && value.length === 0) {
      if (options.emptyLists === 'absent') return '';
      return open(member, scope, inner, options.emptyLists === 'nil' ? null : '', () => '');
    }
    if (value === undefined || value === null) return writeNothing(member, type?.kind, value, scope, inner);
    return open(member, scope, inner, value, (deeper) => writeValue(member, value, deeper));
  };
  const writeNothing = (m: Member, kind: string | undefined, value: Data, scope: Scope, inner: string | undefined) => {
    if (value === undefined && m.optional && options.style === '1c') return '';
    if (m.nillable) return options.nulls === 'absent' && m.optional ? '' : open(m, scope, inner, null, () => '');
    const zero = kind === 'enum' ? literalOf(contract, m) : m.type === 'dateTime' ? nothingThen : zeros[m.type];
    return value === null || zero === undefined ? '' : open(m, scope, inner, zero, () => zero);
  };
  const writeValue = (member: Member, value: Data, scope: Scope): string => {
    const type = contract.find(member.type, member.namespace);
    if (type?.kind === 'list' && Array.isArray(value)) {
      const item = { namespace: type.namespace, name: type.item, type: type.type, optional: false, nillable: true };
      return (value as readonly Data[]).map((one) => writeMember(item, one, scope)).join('');
    }
    if (type?.kind !== 'class' || typeof value !== 'object') return escapeXml(String(value));
    const derived = contract.find(String((value as DataObject)[typeKey] ?? type.name), type.namespace);
    return writeClass(derived?.kind === 'class' ? derived : type, value as DataObject, scope);
  };
  /** One element; what is declared at it is in scope for its content. */
  const open = (m: Member, scope: Scope, inner: string | undefined, value: Data, content: (s: Scope) => string) => {
    const derived = typeof value === 'object' && value !== null ? (value as DataObject)[typeKey] : undefined;
    const { name, attributes, deeper } =
      options.style === '1c' ? named1c(m, scope) : namedWcf(m, scope, value === null ? undefined : inner);
    const i = options.style === '1c' ? 'xsi' : 'i';
    const xsi = value === null || derived !== undefined ? declared(deeper, i) : '';
    const own = deeper.prefixes.get(inner ?? '') ?? '';
    const typed = derived === undefined ? '' : ` ${i}:type="${own === '' ? '' : `${own}:`}${String(derived)}"`;
    const text = value === null ? '' : content(deeper);
    const start = `<${name}${attributes}${xsi}${typed}${value === null ? ` ${i}:nil="true"` : ''}`;
    return text === '' ? `${start}/>` : `${start}>${text}</${name}>`;
  };
  return {
    writeMembers: (type, data) => writeClass(type, data, outermost),
    writeRoot(type, data) {
      const scope: Scope = {
        prefixes: new Map([
          [type.namespace, ''],
          [instance, 'i'],
        ]),
        depth: 1,
      };
      const text = writeClass(type, data, scope);
      return `<${type.name} xmlns="${type.namespace}" xmlns:i="${instance}">${text}</${type.name}>`;
    },
  };
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

function literalOf(contract: Contract, member: Member): string | undefined {
  const type = contract.find(member.type, member.namespace);
  return type?.kind === 'enum' ? type.literals[0] : undefined;
}
