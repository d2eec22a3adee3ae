/** Reading of XML into a small tree, with namespaces resolved, and escaping for writing. */
import { SaxesParser } from 'saxes';

export interface Element {
  namespace: string;
  name: string;
  /** `i:nil="true"`. */
  nil: boolean;
  /** Local name of `i:type`, or empty. */
  type: string;
  children: Element[];
  text: string;
}

const instance = 'http://www.w3.org/2001/XMLSchema-instance';

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** @throws Error when the text is not one well-formed document */
export function readXml(text: string): Element {
  const parser = new SaxesParser({ xmlns: true });
  const root: Element = { namespace: '', name: '', nil: false, type: '', children: [], text: '' };
  const open = [root];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag) => {
    const told = (name: string) =>
      Object.values(tag.attributes).find((a) => a.uri === instance && a.local === name)?.value ?? '';
    const element: Element = {
      namespace: tag.uri,
      name: tag.local,
      nil: ['true', '1'].includes(told('nil')),
      type: told('type').split(':').at(-1)!,
      children: [],
      text: '',
    };
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
