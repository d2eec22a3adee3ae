/**
 * Names of XML in their namespaces (https://www.w3.org/TR/xml-names/). The parser could tell them, too, but makes three objects for each
 * element to do so: a region's schedules have two million elements, and half of their reading went into that.
 */

/** Namespaces in force at an element. */
export interface Scope {
  /** Declared here, by prefix; the empty one is the default. */
  readonly declared: ReadonlyMap<string, string>;
  readonly outer: Scope | undefined;
}

const xml = 'http://www.w3.org/XML/1998/namespace';
const xmlns = 'http://www.w3.org/2000/xmlns/';

export const outermost: Scope = {
  declared: new Map([
    ['', ''],
    ['xml', xml],
  ]),
  outer: undefined,
};

/** A name as written, taken apart. */
export interface QualifiedName {
  readonly prefix: string;
  readonly local: string;
}

/** @throws Error when it is none, e.g. `a:b:c` */
export function qualifiedName(name: string): QualifiedName {
  const colon = name.indexOf(':');
  if (colon < 0) return { prefix: '', local: name };
  const [prefix, local] = [name.slice(0, colon), name.slice(colon + 1)];
  if (prefix === '' || local === '' || local.includes(':')) throw new Error('not a qualified name');
  return { prefix, local };
}

/** @throws Error for a prefix that nothing declares */
export function namespaceOf(scope: Scope, prefix: string): string {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
    const uri = at.declared.get(prefix);
    if (uri !== undefined) return uri;
  }
  throw new Error('an undeclared prefix');
}

type Attributes = Readonly<Record<string, string>>;

/**
 * Within an element that has these attributes.
 * @throws Error when they declare what may not be declared, have an undeclared prefix, or one name twice
 */
export function scopeWithin(outer: Scope, attributes: Attributes): Scope {
  const names = Object.keys(attributes).map((name) => ({ ...qualifiedName(name), value: attributes[name]! }));
  const declared = new Map(
    names
      .filter(({ prefix, local }) => prefix === 'xmlns' || (prefix === '' && local === 'xmlns'))
      .map(({ prefix, local, value }) => declarationOf(prefix && local, value.trim())),
  );
  // An element is within as many as declare something, not as deep as it is nested.
  const scope = declared.size === 0 ? outer : { declared, outer };
  const expanded = names
    .filter(({ prefix }) => prefix !== '' && prefix !== 'xmlns')
    .map(({ prefix, local }) => `{${namespaceOf(scope, prefix)}}${local}`);
  if (new Set(expanded).size < expanded.length) throw new Error('an attribute twice');
  return scope;
}

function declarationOf(prefix: string, uri: string): readonly [prefix: string, uri: string] {
  const isReserved = prefix === 'xmlns' || uri === xmlns || (prefix === 'xml') !== (uri === xml);
  if (isReserved || (prefix !== '' && uri === '')) throw new Error('a namespace that may not be declared');
  return [prefix, uri];
}
