/**
 * What a base answers over HTTP (protocols/onec.md §2): JSON under one of several roots, or a text. HTTP 500 with a text may
 * be 1С's "no", for example of a time that is taken, and may be a crash; only a sentence that is known tells them apart.
 */
import { ExchangeError } from '../../exchange.ts';
import { type HttpAnswer, statusError } from '../../http.ts';
import { textOf, type XmlNode } from '../../xml.ts';
import { RefusedByOnec, untrusted } from '../answer.ts';
import { nodeOf, nodesOf, readJson } from '../json.ts';
import { refusalOf } from '../sentences.ts';
import type { Sentence } from '../settings.ts';

/**
 * The element that holds the answer.
 * @param root its name in the SOAP service, which bases leave out or not
 * @returns undefined for the bare `Ok`
 * @throws RefusedByOnec for a "no" in words, ExchangeError
 */
export function readAnswer({ status, text }: HttpAnswer, root: string, more: readonly Sentence[]): XmlNode | undefined {
  const content = text.replace(/^\uFEFF/, '').trim();
  if (status !== 200 && status !== 500) throw statusError(status);
  if (isKnownNo(content, more)) throw new RefusedByOnec(content);
  if (status === 500) throw new ExchangeError('lost', 'HTTP status 500', { status });
  if (content === '') throw untrusted('the answer is empty');
  if (content === 'Ok') return undefined;
  if (!/^["[{]/.test(content)) throw untrusted('the answer is not JSON');
  return contentOf(rootOf(readJson(content), root), root);
}

/** A text, not a page nor JSON, with a sentence that says a definite "no". A lack of licences is none: it passes. */
function isKnownNo(content: string, more: readonly Sentence[]): boolean {
  if (/^[<"[{]/.test(content)) return false;
  const { meaning } = refusalOf(content, more);
  return meaning !== 'unlisted' && meaning !== 'retry';
}

const roots = new Set(['Ответ', 'Ответы', 'Result']);
/** How often JSON may stand as a text in JSON. */
const deepest = 4;

/** Bases were seen that answer `{"data":"<JSON>"}` and `[{"data":"<JSON>"}]`. @throws ExchangeError `untrusted` */
function rootOf(value: unknown, root: string, depth = 0): XmlNode {
  if (depth > deepest) throw untrusted('the answer is wrapped too often');
  if (typeof value === 'string') {
    const text = value.replace(/^\uFEFF/, '').trim();
    return /^["[{]/.test(text) ? rootOf(readJson(text), root, depth + 1) : nodeOf('Ответ', text);
  }
  if (Array.isArray(value) && value.length < 2) return rootOf(value[0] ?? '', root, depth + 1);
  const [only, ...others] = Array.isArray(value) ? [] : Object.entries(value ?? {});
  if (only === undefined || others.length > 0) throw untrusted('the answer has no root');
  const [name, inner] = only;
  if (name === 'data') return rootOf(inner, root, depth + 1);
  if (!roots.has(name) && name !== root) throw notThat(root);
  const [node, ...more] = nodesOf(name, inner);
  if (node === undefined || more.length > 0) throw untrusted('the answer has no root or several');
  return node;
}

/** Inside the root: what a sentence or `Результат` false refuse, or the element of the SOAP service where it is kept. */
function contentOf(node: XmlNode, root: string): XmlNode | undefined {
  const inner = node.children.length === 1 && node.children[0]!.name === root ? node.children[0]! : node;
  const sentence = inner.children.length === 0 ? inner.text.trim() : '';
  if (sentence === 'Ok') return undefined;
  if (sentence !== '') throw isRussian(sentence) ? new RefusedByOnec(sentence) : notThat(root);
  if (textOf(inner, 'Результат')?.toLowerCase() === 'false')
    throw new RefusedByOnec(textOf(inner, 'ОписаниеОшибки') ?? '');
  return inner;
}

/** A word (`Error`, `true`) or a piece of XML in place of the answer is no sentence of 1С. */
const isRussian = (text: string): boolean => /^[^<]*\p{Script=Cyrillic}/u.test(text);
const notThat = (root: string) => untrusted(`the answer is not ${root}`);

/** The same where `Ok` says too little. */
export function readContent(answer: HttpAnswer, root: string, more: readonly Sentence[]): XmlNode {
  const content = readAnswer(answer, root, more);
  if (content === undefined) throw untrusted('the answer is Ok where more was expected');
  return content;
}

/**
 * `ПериодГрафика` directly in the employee, as for OnlyFreeTime, is free time: the levels that were left out come back.
 * In such an answer an employee without any free time has none of it; one that has all levels would have them twice, and
 * is refused by who reads it.
 */
export function unflatten(root: XmlNode): XmlNode {
  const isFlat = (entry: XmlNode) => entry.children.some((child) => child.name === 'ПериодГрафика');
  if (!root.children.some(isFlat)) return root;
  return { ...root, children: root.children.map(unflattenEntry) };
}

function unflattenEntry(entry: XmlNode): XmlNode {
  const [periods, others] = [[] as XmlNode[], [] as XmlNode[]];
  for (const child of entry.children) (child.name === 'ПериодГрафика' ? periods : others).push(child);
  const free = { ...nodeOf('СвободноеВремя', ''), children: periods };
  return { ...entry, children: [...others, { ...nodeOf('ПериодыГрафика', ''), children: [free] }] };
}
