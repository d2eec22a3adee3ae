/**
 * Names of XML in their namespaces (https://www.w3.org/TR/xml-names/). The parser could tell them, too, but makes three objects for each
 * element to do so: a region's schedules have two million elements, and a third of their reading went into that.
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

/**
 * Within an element that has these attributes.
 * @throws Error when they declare what may not be declared, have an undeclared prefix, or one name twice
 */
export function scopeWithin(outer: Scope, attributes: Readonly<Record<string, string>>): Scope {
  let declared: Map<string, string> | undefined;
  const prefixed: string[] = [];
  for (const name in attributes) {
    if (name === 'xmlns' || name.startsWith('xmlns:')) {
      declared ??= new Map();
      declared.set(name.slice(6), declarable(name, attributes[name]!.trim()));
    } else if (name.includes(':')) prefixed.push(name);
  }
  // An element is within as many as declare something, not as deep as it is nested.
  const scope = declared === undefined ? outer : { declared, outer };
  checkAttributes(scope, prefixed);
  return scope;
}

/** @returns the namespace */
function declarable(name: string, uri: string): string {
  const prefix = name === 'xmlns' ? '' : qualifiedName(name).local;
  const isReserved = prefix === 'xmlns' || uri === xmlns || (prefix === 'xml') !== (uri === xml);
  if (isReserved || (prefix !== '' && uri === '')) throw new Error('a namespace that may not be declared');
  return uri;
}

function checkAttributes(scope: Scope, prefixed: readonly string[]): void {
  const expanded = prefixed.map((name) => {
    const { prefix, local } = qualifiedName(name);
    return `{${namespaceOf(scope, prefix)}}${local}`;
  });
  if (expanded.length > 1 && new Set(expanded).size < expanded.length) throw new Error('an attribute twice');
}
