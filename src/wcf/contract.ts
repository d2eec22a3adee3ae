/**
 * WCF's data contracts as one table: types with their members in the order of the wire, and the operations over them
 * (protocols/regiz.md §1.1). What is sent, what is understood, the types of TypeScript and the WSDL all come from it.
 */

/** Elements are written in this order, and a server of WCF reads them in it: what is out of order becomes null without a word. */
export type Members = Readonly<Record<string, string>>;

/**
 * Members of a type; with a base, whose members come first.
 * A member is a primitive (`int`; `int?` may be nil), a type of the same namespace (`Doctor`), one of another (`d:Referral`),
 * or a list of those (`Doctor[]`).
 */
export type DataType = Members | readonly [base: string, own: Members];

export interface Namespace {
  readonly uri: string;
  readonly types: Readonly<Record<string, DataType>>;
  /** Literals, as they stand in the XML. */
  readonly enums?: Readonly<Record<string, readonly string[]>>;
}

export interface Operation {
  readonly parameters: Members;
  /** `prefix:Type` of `<Op>Result`; absent: the answer is empty. */
  readonly result?: string;
}

export interface Contract {
  /** Of the wrappers `<Op>`, `<Op>Response` and their parameters. */
  readonly namespace: string;
  readonly service: string;
  readonly port: string;
  /** By the prefix under which members name them and under which they are written. */
  readonly namespaces: Readonly<Record<string, Namespace>>;
  readonly operations: Readonly<Record<string, Operation>>;
}

/** Local time without a zone for `dateTime`; digits for `long`, which is longer than a number holds. */
interface Primitives {
  readonly string: string;
  readonly int: number;
  readonly short: number;
  readonly unsignedByte: number;
  readonly unsignedShort: number;
  readonly long: string;
  readonly double: number;
  readonly boolean: boolean;
  readonly dateTime: string;
  readonly guid: string;
}

export type Primitive = keyof Primitives;

export const primitives: ReadonlySet<string> = new Set<Primitive>([
  'string',
  'int',
  'short',
  'unsignedByte',
  'unsignedShort',
  'long',
  'double',
  'boolean',
  'dateTime',
  'guid',
]);

type Named<C extends Contract, P extends string, T extends string> = P extends keyof C['namespaces']
  ? T extends keyof C['namespaces'][P]['types']
    ? DataOf<C, P, T>
    : C['namespaces'][P]['enums'] extends Readonly<Record<T, readonly (infer Literal)[]>>
      ? Literal
      : never
  : never;

/** What a member of a type under the prefix `P` holds. */
export type ValueOf<C extends Contract, P extends string, T extends string> = T extends `${infer Item}[]`
  ? readonly ValueOf<C, P, Item>[]
  : T extends `${infer Plain}?`
    ? ValueOf<C, P, Plain>
    : T extends Primitive
      ? Primitives[T]
      : T extends `${infer Other}:${infer Name}`
        ? Named<C, Other, Name>
        : Named<C, P, T>;

type MembersOf<C extends Contract, P extends string, M> = {
  readonly [K in keyof M]?: M[K] extends string ? ValueOf<C, P, M[K]> | undefined : never;
};

type BaseOf<C extends Contract, P extends string, B extends string> = B extends `${infer Other}:${infer Name}`
  ? DataOf<C, Other, Name>
  : DataOf<C, P, B>;

/** What is read of a type: nil, empty and absent are alike, so every member may be absent. */
export type DataOf<C extends Contract, P extends string, T extends string> = P extends keyof C['namespaces']
  ? T extends keyof C['namespaces'][P]['types']
    ? C['namespaces'][P]['types'][T] extends readonly [infer B extends string, infer M]
      ? BaseOf<C, P, B> & MembersOf<C, P, M>
      : MembersOf<C, P, C['namespaces'][P]['types'][T]>
    : never
  : never;

export type ParametersOf<C extends Contract, O extends keyof C['operations']> = MembersOf<
  C,
  'operation',
  C['operations'][O]['parameters']
>;

export type ResultOf<
  C extends Contract,
  O extends keyof C['operations'],
> = C['operations'][O]['result'] extends `${infer P}:${infer T}` ? DataOf<C, P, T> : undefined;

/** A type or a list, taken apart: where its name leads. */
export interface Reference {
  readonly prefix: string;
  readonly name: string;
  readonly list: boolean;
  /** `int?`: a number that may be nil. Strings, types and lists always may. */
  readonly nullable: boolean;
}

/** @param prefix of the namespace in which the text stands */
export function parseReference(text: string, prefix: string): Reference {
  const list = text.endsWith('[]');
  const bare = list ? text.slice(0, -2) : text;
  const nullable = bare.endsWith('?');
  const name = nullable ? bare.slice(0, -1) : bare;
  const colon = name.indexOf(':');
  if (colon < 0) return { prefix, name, list, nullable };
  return { prefix: name.slice(0, colon), name: name.slice(colon + 1), list, nullable };
}

export interface Member {
  readonly name: string;
  /** Prefix of the namespace of the member's element: that of the type that declares it. */
  readonly prefix: string;
  /** That namespace. */
  readonly uri: string;
  readonly reference: Reference;
}

/** Asked for with every object that is read or written: a list of times holds hundreds of one type. */
const known = new WeakMap<Contract, Map<string, Map<string, readonly Member[]>>>();

/** All members of a type, those of its bases first. @throws Error when the contract has no such type */
export function membersOf(contract: Contract, prefix: string, name: string): readonly Member[] {
  const found = known.get(contract)?.get(prefix)?.get(name);
  if (found !== undefined) return found;
  const members = collectMembers(contract, prefix, name);
  const prefixes = known.get(contract) ?? new Map<string, Map<string, readonly Member[]>>();
  const types = prefixes.get(prefix) ?? new Map<string, readonly Member[]>();
  known.set(contract, prefixes.set(prefix, types.set(name, members)));
  return members;
}

function collectMembers(contract: Contract, prefix: string, name: string): readonly Member[] {
  const type = contract.namespaces[prefix]?.types[name];
  if (type === undefined) throw new Error(`the contract has no type ${prefix}:${name}`);
  const own = isDerived(type) ? type[1] : type;
  const { uri } = contract.namespaces[prefix]!;
  const members = Object.entries(own).map(([member, text]) => ({
    name: member,
    prefix,
    uri,
    reference: parseReference(text, prefix),
  }));
  if (!isDerived(type)) return members;
  const base = parseReference(type[0], prefix);
  return [...membersOf(contract, base.prefix, base.name), ...members];
}

export const isDerived = (type: DataType): type is readonly [base: string, own: Members] => Array.isArray(type);

/** Literals of an enumeration; undefined when the name is that of a type. */
export const literalsOf = (contract: Contract, { prefix, name }: Reference): readonly string[] | undefined =>
  contract.namespaces[prefix]?.enums?.[name];
