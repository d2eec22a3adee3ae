/** Reads YAML 1.2 text into nodes that know their lines; https://eemeli.org/yaml. Anchors, aliases and tags are refused. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments, visit } from 'yaml';
import type { Report } from './problem.ts';

export interface YamlFile {
  readonly file: string;
  /** Roots of the documents that could be read. */
  readonly roots: readonly Node[];
  /** Line of a node, from 1. */
  lineOf(node: unknown): number;
}

/** Reports every syntax error; documents with one are left out. */
export function readYaml(file: string, text: string, report: Report): YamlFile {
  const counter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: counter, prettyErrors: false });
  const lineAt = (offset: number) => Math.max(1, counter.linePos(offset).line);
  const lineOf = (node: unknown) => lineAt((node as Node | undefined)?.range?.[0] ?? 0);
  const lines = text.split('\n');
  const roots: Node[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    for (const { message, pos } of [...document.errors, ...document.warnings])
      report(
        { file, line: lineAt(pos[0]), path: '(YAML)' },
        `syntax: ${message}${adviceOn(lines[lineAt(pos[0]) - 1])}`,
      );
    const strange = strangeNode(document.contents);
    if (strange !== undefined)
      report({ file, line: lineOf(strange), path: '(YAML)' }, 'anchors, aliases and tags are not part of the grammar');
    else if (document.errors.length === 0 && document.contents !== null) roots.push(document.contents as Node);
  }
  return { file, roots, lineOf };
}

/** Unquoted `? :` of an expression is what people trip over. */
function adviceOn(line = ''): string {
  return line.includes('=')
    ? '; an expression that holds ": ", " #" or begins with a quote must itself be in quotes'
    : '';
}

function strangeNode(root: unknown): Node | undefined {
  let found: Node | undefined;
  visit(root as Node, {
    Node: (_, node) => {
      if (isAlias(node) || node.anchor !== undefined || node.tag?.startsWith('!')) found ??= node as Node;
    },
  });
  return found;
}

/** Entries of a mapping, with the line of each; undefined when the node is something else. */
export function entriesOf(node: unknown): { name: string; key: unknown; value: unknown }[] | undefined {
  if (!isMap(node)) return undefined;
  return node.items.map(({ key, value }) => ({ name: isScalar(key) ? String(key.value) : '', key, value }));
}

export function itemsOf(node: unknown): unknown[] | undefined {
  return isSeq(node) ? node.items : undefined;
}

/** Value of a scalar; undefined when the node is something else. */
export function scalarOf(node: unknown): string | number | boolean | null | undefined {
  if (node === null) return null;
  if (!isScalar(node)) return undefined;
  const value = node.value;
  return typeof value === 'bigint' ? Number(value) : (value as string | number | boolean | null);
}
