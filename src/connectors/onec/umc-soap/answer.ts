/**
 * What stands in `return`: `Ok`, a Russian sentence, or an XML document as text (protocols/onec.md §1.1, §1.5). Escaped
 * twice, with a BOM or with a declaration, it is the same document.
 */
import { readXml, type XmlNode } from '../../xml.ts';
import { RefusedByOnec, refuseIfFalse, untrusted } from '../answer.ts';

/**
 * The document in the answer.
 * @returns undefined for the bare `Ok`
 * @throws RefusedByOnec for a sentence or `Error`, ExchangeError `untrusted` for what is neither
 */
export function readReturn(text: string): XmlNode | undefined {
  const content = text.replace(/^\uFEFF/, '').trim();
  if (content === '') throw untrusted('the answer is empty');
  if (content === 'Ok') return undefined;
  if (content.startsWith('{') || content.startsWith('[')) throw untrusted('the answer is JSON, not XML');
  if (!content.startsWith('<')) throw new RefusedByOnec(content);
  const root = readXml(content);
  // A packed answer is an XDTO string: the document is escaped once more inside it.
  return root.name === 'string' && root.children.length === 0 ? readReturn(root.text) : root;
}

/** The document with one of these roots. @throws RefusedByOnec, ExchangeError `untrusted` */
export function readDocument(text: string, ...roots: readonly string[]): XmlNode {
  const root = readReturn(text);
  if (root === undefined) throw untrusted('the answer is Ok where a document was expected');
  if (refusals.has(root.name) && !roots.includes(root.name)) refuseIfFalse(root);
  if (!roots.includes(root.name)) throw untrusted(`the answer's root is not ${roots[0]}`);
  return root;
}

/** The two roots that carry `Результат` and `ОписаниеОшибки`; each of them refuses in place of any other answer. */
const refusals = new Set(['ОтветНаЗаписьССайта', 'РезультатВыполнения']);
