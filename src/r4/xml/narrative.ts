/** Narrative between JSON, where it is a text, and XML, where it is a part of the tree: one spelling for both. */
import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { escapeAttribute, escapeText } from './escape.ts';
import { xhtmlNamespace } from './plan.ts';

/** XHTML put together from what a parser finds: comments are gone, CDATA is text, an element without content is `<br/>`. */
export class NarrativeText {
  text = '';
  depth = 0;
  #isOpen = false;

  /** @param attributes without declarations of namespaces */
  open(name: string, attributes: readonly (readonly [name: string, value: string])[]): void {
    this.#close();
    this.text += `<${name}`;
    if (this.depth++ === 0) this.text += ` xmlns="${xhtmlNamespace}"`;
    for (const [key, value] of attributes) this.text += ` ${key}="${escapeAttribute(value)}"`;
    this.#isOpen = true;
  }

  add(text: string): void {
    this.#close();
    this.text += escapeText(text);
  }

  close(name: string): void {
    this.depth--;
    this.text += this.#isOpen ? '/>' : `</${name}>`;
    this.#isOpen = false;
  }

  #close(): void {
    if (this.#isOpen) this.text += '>';
    this.#isOpen = false;
  }
}

/** A narrative of JSON as it stands in XML. What is not one `<div>` of well-formed XHTML becomes the text of one. */
export function narrativeXml(div: string): string {
  try {
    return parse(div);
  } catch {
    return `<div xmlns="${xhtmlNamespace}">${escapeText(div)}</div>`;
  }
}

function parse(div: string): string {
  const made = new NarrativeText();
  const parser = new SaxesParser();
  const refuse = (): never => {
    throw new Error('not a narrative');
  };
  const add = (text: string): void => {
    if (made.depth > 0) made.add(text);
  };
  parser.on('error', refuse);
  parser.on('doctype', refuse);
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('opentag', (tag) => openTag(made, tag, refuse));
  parser.on('closetag', ({ name }) => made.close(name));
  parser.write(div).close();
  return made.text;
}

/** A prefix would need its declaration, which is not kept. */
function openTag(made: NarrativeText, { name, attributes }: SaxesTagPlain, refuse: () => never): void {
  if ((made.depth === 0 && name !== 'div') || name.includes(':')) refuse();
  made.open(
    name,
    Object.entries(attributes).filter(([key]) => !key.startsWith('xmlns')),
  );
}
