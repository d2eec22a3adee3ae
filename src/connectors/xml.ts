/** Reads a small hostile XML document into a tree, within limits of depth and count (RELIABILITY.md §1.9). */
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { ExchangeError } from './exchange.ts';

export interface XmlNode {
  /** Local name: prefixes differ from base to base and mean nothing. */
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlNode[];
  /** All text directly inside, CDATA included, as written. */
  readonly text: string;
}

interface GrowingNode extends XmlNode {
  children: GrowingNode[];
  text: string;
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
  const root: GrowingNode = nodeOf('', '', {});
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

function nodeOf(name: string, namespace: string, attributes: Record<string, string>): GrowingNode {
  return { name, namespace, attributes, children: noChildren, text: '' };
}

function parserOf(root: GrowingNode, limits: XmlLimits): SaxesParser<{ xmlns: true }> {
  const open: GrowingNode[] = [root];
  let elements = 0;
  const parser = new SaxesParser({ xmlns: true });
  const addText = (text: string): void => {
    open[open.length - 1]!.text += text;
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
    const node = nodeOf(tag.local, tag.uri, attributesOf(tag));
    const parent = open[open.length - 1]!;
    if (parent.children === noChildren) parent.children = [node];
    else parent.children.push(node);
    open.push(node);
  });
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    open.pop();
  });
  return parser;
}

/** No prototype: an attribute may be called `__proto__`. */
function attributesOf(tag: SaxesTagNS): Record<string, string> {
  let attributes = noAttributes;
  for (const [name, attribute] of Object.entries(tag.attributes)) {
    if (attributes === noAttributes) attributes = Object.create(null) as Record<string, string>;
    attributes[name] = attribute.value;
  }
  return attributes;
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
