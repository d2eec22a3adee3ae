/** A WCF contract, read from its compact text: types by namespace and name, members in wire order. */
import { readFileSync } from 'node:fs';

export interface Member {
  /** A member of a base class has the namespace of the base class. */
  readonly namespace: string;
  readonly name: string;
  readonly type: string;
  /** Its absence means null, or the zero of its type. */
  readonly optional: boolean;
  readonly nillable: boolean;
}

export type Type = ClassType | ListType | EnumType;

export interface ClassType {
  readonly kind: 'class';
  readonly namespace: string;
  readonly name: string;
  readonly base: string | undefined;
  /** Own members, without those of the base. */
  readonly members: readonly Member[];
}

export interface ListType {
  readonly kind: 'list';
  readonly namespace: string;
  readonly name: string;
  /** Name of the repeated element; its namespace is the list's. */
  readonly item: string;
  readonly type: string;
}

export interface EnumType {
  readonly kind: 'enum';
  readonly namespace: string;
  readonly name: string;
  readonly literals: readonly string[];
}

export interface Contract {
  /** The type that a name means inside this namespace; undefined for a primitive. */
  find(name: string, namespace: string): Type | undefined;
  /** Members with those of the base classes, which come first. */
  membersOf(type: ClassType): readonly Member[];
  /** Wrapper of an operation's parameters. */
  operation(name: string): ClassType | undefined;
  readonly operations: readonly string[];
  readonly types: Iterable<Type>;
}

export const operationNamespace = 'http://tempuri.org/';

/** @param files of `contract/`; a later one overrides an earlier one's types */
export function readContract(...files: readonly string[]): Contract {
  const types = new Map<string, Type>();
  for (const file of files)
    for (const type of parse(readFileSync(new URL(`./contract/${file}.txt`, import.meta.url), 'utf8')))
      types.set(`${type.namespace} ${type.name}`, type);
  const namespaces = [...new Set([...types.values()].map((type) => type.namespace))].filter(
    (namespace) => namespace !== operationNamespace,
  );
  // A name means the type of its own namespace, then of the first that has one: HubService2 stands before its parts.
  const search = (name: string, namespace: string) =>
    [namespace, ...namespaces].map((one) => types.get(`${one} ${name}`)).find((type) => type !== undefined);
  const known = new Map<string, Type | undefined>();
  const find = (name: string, namespace: string) => {
    const key = `${namespace} ${name}`;
    if (!known.has(key)) known.set(key, search(name, namespace));
    return known.get(key);
  };
  const membersOf = (type: ClassType): readonly Member[] => {
    const base = type.base === undefined ? undefined : find(type.base, type.namespace);
    return [...(base?.kind === 'class' ? membersOf(base) : []), ...type.members];
  };
  const operation = (name: string) => {
    const type = types.get(`${operationNamespace} ${name}`);
    return type?.kind === 'class' && !name.endsWith('Response') ? type : undefined;
  };
  const operations = [...types.values()].filter((type) => operation(type.name) === type).map((type) => type.name);
  return { find, membersOf: remembered(membersOf), operation, operations, types: [...types.values()] };
}

function* parse(text: string): Generator<Type> {
  let namespace = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('namespace ')) namespace = line.slice(10).trim();
    const match = /^(class|list|enum) (\w+)(?: < (\w+))?: ?(.*)$/.exec(line);
    if (match === null) continue;
    const [, kind, name, base, rest] = match as unknown as [string, string, string, string | undefined, string];
    if (kind === 'enum')
      yield { kind, namespace, name, literals: rest.split(', ').map((literal) => literal.split('=')[0]!) };
    else if (kind === 'list') yield { kind, namespace, name, item: rest.split(' ')[0]!, type: rest.split(' ')[1]! };
    else yield { kind: 'class', namespace, name, base, members: membersIn(rest, namespace) };
  }
}

function membersIn(text: string, namespace: string): Member[] {
  return text
    .split(', ')
    .filter((part) => part !== '')
    .map((part) => {
      const [, name, type, marks] = /^(\w+):(\w+)([?~]*)$/.exec(part) as unknown as [string, string, string, string];
      return { namespace, name, type, optional: marks.includes('?'), nillable: marks.includes('~') };
    });
}

function remembered<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { value: Value }>();
  return (key) => {
    const found = known.get(key) ?? { value: make(key) };
    known.set(key, found);
    return found.value;
  };
}
