/** Writing and reading of XML as small trees. Names are written as 1С writes them, namespaces are resolved on reading. */
import { SaxesParser } from 'saxes';

/** A text, or named children in order; a list repeats its element. A key may carry attributes: `UID xsi:type="xs:string"`. */
export type Tree = string | Branch;

export interface Branch {
  readonly [name: string]: Tree | readonly Tree[];
}

export interface Element {
  namespace: string;
  name: string;
  attributes: { readonly [name: string]: string };
  children: Element[];
  text: string;
}

export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Also fit for attributes and HTML. */
export function escapeQuoted(text: string): string {
  return escapeXml(text).replaceAll('"', '&quot;').replaceAll("'", '&#39;');
}

export function writeXml(name: string, tree: Tree): string {
  if (tree === '') return `<${name}/>`;
  const content = typeof tree === 'string' ? escapeXml(tree) : writeChildren(tree);
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name.split(' ', 1)[0]}>`;
}

function writeChildren(tree: Branch): string {
  let text = '';
  for (const [name, value] of Object.entries(tree))
    for (const one of Array.isArray(value) ? (value as readonly Tree[]) : [value as Tree]) text += writeXml(name, one);
  return text;
}

/** 1С turns the same structure into JSON with one child as an object, several as a list, none as "". */
export function toJson(tree: Tree): unknown {
  if (typeof tree === 'string') return tree;
  const entries = Object.entries(tree).flatMap(([name, value]) => {
    if (!Array.isArray(value)) return [[name, toJson(value as Tree)] as const];
    const list = (value as readonly Tree[]).map(toJson);
    return list.length === 0 ? [] : [[name, list.length === 1 ? list[0] : list] as const];
  });
  return entries.length === 0 ? '' : Object.fromEntries(entries);
}

/** @throws Error when the text is not one well-formed document */
export function readXml(text: string): Element {
  const parser = new SaxesParser({ xmlns: true });
  const root: Element = { namespace: '', name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    const attributes = Object.fromEntries(Object.values(tag.attributes).map((a) => [a.name, a.value]));
    const element: Element = { namespace: tag.uri, name: tag.local, attributes, children: [], text: '' };
    open.at(-1)!.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => open.pop());
  const addText = (part: string) => {
    open.at(-1)!.text += part;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.write(text).close();
  return root.children[0]!;
}

export function childOf(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((child) => child.name === name);
}
