/**
 * HL7's test cases for patches and FHIRPath, read from a checkout of https://github.com/FHIR/fhir-test-cases that the variable
 * FHIR_TEST_CASES names. They are not part of this repository.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';
import { readXml } from '../../src/r4/xml/read.ts';

export const casesFolder = process.env['FHIR_TEST_CASES'];

export interface XmlNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlNode[];
  /** Of this element alone. */
  text: string;
  /** The element as it stands in the file. */
  source: string;
}

/** A file of the checkout below `r4/`. */
export const readCase = (file: string): string => readFileSync(join(casesFolder!, 'r4', file), 'utf8');

export function readCases(file: string): XmlNode {
  const text = readCase(file);
  const stack: (XmlNode & { start: number })[] = [];
  const root: XmlNode[] = [];
  const parser = new SaxesParser({ position: true });
  let start = 0;
  parser.on('opentagstart', () => {
    start = text.lastIndexOf('<', parser.position - 1);
  });
  parser.on('opentag', ({ name, attributes }) => {
    const node = { name, attributes: attributes as Record<string, string>, children: [], text: '', source: '', start };
    (stack.at(-1)?.children ?? root).push(node);
    stack.push(node);
  });
  parser.on('text', (chunk) => {
    const node = stack.at(-1);
    if (node !== undefined) node.text += chunk;
  });
  parser.on('closetag', () => {
    const node = stack.pop()!;
    node.source = text.slice(node.start, parser.position);
  });
  parser.write(text).close();
  return root[0]!;
}

export const childrenOf = (node: XmlNode, name: string): XmlNode[] =>
  node.children.filter((child) => child.name === name);

/** A resource in XML as its JSON. */
export function resourceOf(xml: string): Record<string, unknown> {
  const { value, issues } = readXml(xml);
  if (issues.length > 0) throw new Error(issues.map((issue) => issue.text).join('\n'));
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}
