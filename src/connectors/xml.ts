/** Reads a small hostile XML document into a tree, within limits of depth and count (RELIABILITY.md §1.9). */
import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { ExchangeError } from './exchange.ts';
import { namespaceOf, outermost, type QualifiedName, qualifiedName, type Scope, scopeWithin } from './xml-name.ts';

export interface XmlNode {
  /** Local name: prefixes differ from base to base and mean nothing. */
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlNode[];
  /** All text directly inside, CDATA included, as written. */
  readonly text: string;
}

/**
 * Instances and not literals: V8 takes the literals of a first few answers that are still being read for long-lived ones, and from then on
 * puts all of them where only a full collection finds them, a sixth of a region's reading.
 */
class GrowingNode implements XmlNode {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Readonly<Record<string, string>>;
  children: GrowingNode[] = noChildren;
  text = '';

  constructor(name: string, namespace: string, attributes: Readonly<Record<string, string>>) {
    this.name = name;
    this.namespace = namespace;
    this.attributes = attributes;
  }
}

/** Nearly all elements of an answer have no others in them, and no attributes. */
const noChildren: GrowingNode[] = Object.freeze([]) as never;
const noAttributes: Record<string, string> = Object.freeze(Object.create(null));

export interface XmlLimits {
  readonly depth: number;
  readonly elements: number;
}

/** A real two-week schedule of a polyclinic has about 30,000 elements, nested 6 deep. */
export const xmlLimits: XmlLimits = { depth: 64, elements: 200_000 };

/** @throws ExchangeError `untrusted` when it is not well-formed, has a DOCTYPE or breaks a limit */
export function readXml(text: string, limits: XmlLimits = xmlLimits): XmlNode {
  const root = new GrowingNode('', '', {});
  try {
    parserOf(root, limits).write(text).close();
  } catch (error) {
    if (error instanceof ExchangeError) throw error;
    throw new ExchangeError('untrusted', 'the answer is not well-formed XML', { cause: error });
  }
  const [document] = root.children;
  if (document === undefined) throw new ExchangeError('untrusted', 'the answer holds no XML element');
  return document;
}

function parserOf(root: GrowingNode, limits: XmlLimits): SaxesParser {
  const open: Open[] = [{ node: root, scope: outermost }];
  const names = new Map<string, QualifiedName>();
  let elements = 0;
  const parser = new SaxesParser();
  const addText = (text: string): void => {
    open[open.length - 1]!.node.text += text;
  };
  parser.on('error', (error) => {
    throw new ExchangeError('untrusted', 'the answer is not well-formed XML', { cause: error });
  });
  parser.on('doctype', () => {
    // A web server's HTML page has one too, and it may be gone with the next try.
    throw new ExchangeError('untrusted', 'the answer has a DOCTYPE');
  });
  parser.on('opentag', (tag) => {
    elements += 1;
    if (elements > limits.elements) throw new ExchangeError('untrusted', 'the answer has too many elements');
    if (open.length > limits.depth) throw new ExchangeError('untrusted', 'the answer is nested too deep');
    const outer = open[open.length - 1]!;
    const inner = openIn(outer, tag, names);
    if (outer.node.children === noChildren) outer.node.children = [inner.node];
    else outer.node.children.push(inner.node);
    open.push(inner);
  });
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    open.pop();
  });
  return parser;
}

/** An element that is not closed yet. */
interface Open {
  readonly node: GrowingNode;
  readonly scope: Scope;
}

/** @param names of the document that were taken apart already: it has few, and each stands in it hundreds of times */
function openIn(outer: Open, tag: SaxesTagPlain, names: Map<string, QualifiedName>): Open {
  const attributes = attributesOf(tag);
  const scope = attributes === noAttributes ? outer.scope : scopeWithin(outer.scope, attributes);
  const name = names.get(tag.name) ?? qualifiedName(tag.name);
  names.set(tag.name, name);
  return { node: new GrowingNode(name.local, namespaceOf(scope, name.prefix), attributes), scope };
}

/** No prototype: an attribute may be called `__proto__`. */
function attributesOf({ attributes }: SaxesTagPlain): Record<string, string> {
  for (const _ in attributes) return attributes;
  return noAttributes;
}

/**
 * The only child of that name, if any.
 * @throws ExchangeError `untrusted` when there are several: nobody can say which of them is meant
 */
export function childOf(node: XmlNode, name: string): XmlNode | undefined {
  const found = node.children.filter((child) => child.name === name);
  if (found.length > 1) throw new ExchangeError('untrusted', `the answer repeats ${name}`);
  return found[0];
}

/** Trimmed text of the only child of that name; absent, empty and blank are all undefined. */
export function textOf(node: XmlNode, name: string): string | undefined {
  const text = childOf(node, name)?.text.trim();
  return text === '' ? undefined : text;
}
