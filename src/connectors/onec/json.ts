/**
 * Reads a small hostile JSON text into the tree that XML of 1С makes: that JSON is XML converted, so one item is an object
 * and several are a list, booleans and numbers are mostly texts, and nothing is `""`, `{}` or absent (protocols/onec.md §2).
 */

import { type XmlNode, xmlLimits } from '../xml.ts';
import { untrusted } from './answer.ts';

/** @throws ExchangeError `untrusted` when it is no JSON, repeats a name within an object or breaks a limit */
export function readJson(text: string): unknown {
  const value = parse(text);
  // JSON.parse keeps the last of two members with one name, and nobody can say which of them is meant.
  if (countNames(text) !== countMembers(value)) throw untrusted('the answer repeats a name');
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw untrusted('the answer is not well-formed JSON');
  }
}

/** Names of members in a well-formed text: strings that a colon follows. */
function countNames(text: string): number {
  const colon = /\s*:/y;
  let count = 0;
  for (let start = text.indexOf('"'); start >= 0; ) {
    const end = endOfString(text, start);
    colon.lastIndex = end + 1;
    if (colon.test(text)) count += 1;
    start = text.indexOf('"', end + 1);
  }
  return count;
}

function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text[end - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return end;
  }
}

/** Not recursive: it is what guards the recursion of others. */
function countMembers(value: unknown): number {
  const open: [value: unknown, depth: number][] = [[value, 0]];
  let [members, elements] = [0, 0];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [inner, depth] = next;
    if (typeof inner !== 'object' || inner === null) continue;
    const values = Object.values(inner);
    elements += values.length;
    if (!Array.isArray(inner)) members += values.length;
    if (elements > xmlLimits.elements) throw untrusted('the answer has too many elements');
    if (depth > xmlLimits.depth) throw untrusted('the answer is nested too deep');
    for (const each of values) open.push([each, depth + 1]);
  }
  return members;
}

/** The elements that a member stands for. @throws ExchangeError `untrusted` for a list within a list */
export function nodesOf(name: string, value: unknown): XmlNode[] {
  if (!Array.isArray(value)) return [nodeOf(name, value)];
  if (value.some(Array.isArray)) throw untrusted(`${name} is a list of lists`);
  return value.map((each) => nodeOf(name, each));
}

export function nodeOf(name: string, value: unknown): XmlNode {
  const isObject = typeof value === 'object' && value !== null;
  return {
    name,
    namespace: '',
    attributes: {},
    children: isObject ? Object.entries(value).flatMap(([inner, each]) => nodesOf(inner, each)) : [],
    text: isObject || value === null ? '' : String(value),
  };
}
