/** Names in their namespaces, against what the parser itself makes of them when it is told to (src/connectors/xml-name.ts). */
import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import { readXml, type XmlNode } from '../../src/connectors/xml.ts';
import { pick, type Random, randomOf } from '../support/random.ts';

const prefixes = ['', '', '', 'a:', 'b:', 'xml:', 'xmlns:', 'a:b:', ':'];
const uris = ['S1', 'S2', '', ' S1 ', 'http://www.w3.org/XML/1998/namespace', 'http://www.w3.org/2000/xmlns/'];
const declarations = ['xmlns', 'xmlns:a', 'xmlns:a', 'xmlns:b', 'xmlns:xml', 'xmlns:xmlns', 'xmlns:a:b', 'xmlns:'];

/** Mostly what is right: of nonsense nothing would be read at all. */
const rarely = (random: Random, list: readonly string[], sensible: number) =>
  random() < 0.9 ? pick(random, list.slice(0, sensible)) : pick(random, list);

function attributeOf(random: Random): string {
  if (random() < 0.6) return `${rarely(random, declarations, 4)}="${rarely(random, uris, 2)}"`;
  return `${rarely(random, prefixes, 5)}${pick(random, ['c', 'd'])}="1"`;
}

function elementOf(random: Random, depth: number): string {
  const name = `${rarely(random, prefixes, 5)}${pick(random, ['e', 'f', '__proto__'])}`;
  const attributes = Array.from({ length: Math.floor(random() * 4) }, () => ` ${attributeOf(random)}`).join('');
  const children = depth === 0 ? 0 : Math.floor(random() * 3);
  const inner = Array.from({ length: children }, () => elementOf(random, depth - 1)).join('');
  return `<${name}${attributes}>${inner}</${name}>`;
}

/** `{namespace}name` of all elements in their order; undefined when it is refused. */
function expectedOf(text: string): string[] | undefined {
  const names: string[] = [];
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ uri, local }) => void names.push(`{${uri}}${local}`));
  try {
    parser.write(text).close();
    return names;
  } catch {
    return undefined;
  }
}

function namesOf(text: string): string[] | undefined {
  const all = ({ namespace, name, children }: XmlNode): string[] => [`{${namespace}}${name}`, ...children.flatMap(all)];
  try {
    return all(readXml(text));
  } catch {
    return undefined;
  }
}

test('20,000 documents are read, and refused, as the parser itself would', () => {
  const random = randomOf(7);
  let [read, refused] = [0, 0];
  for (let i = 0; i < 20_000; i++) {
    const text = elementOf(random, 3);
    const expected = expectedOf(text);
    if (expected === undefined) refused += 1;
    else read += 1;
    expect(namesOf(text), text).toEqual(expected);
  }
  expect(Math.min(read, refused)).toBeGreaterThan(2000);
});
