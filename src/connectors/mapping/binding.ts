/** Checks values against the element they fill: kind of literal, codes of required bindings, targets of references. */

import type { Element } from '../../r4/definition.ts';
import { codesOf } from '../../r4/table.ts';
import type { CodeTables } from './codes.ts';
import { suggestion } from './nearest.ts';
import type { Report } from './problem.ts';
import { type Node, nodesOf } from './syntax.ts';
import type { Leaf, Literal } from './template.ts';

interface Check {
  readonly tables: CodeTables;
  readonly report: Report;
}

const numbers = new Set(['integer', 'decimal', 'unsignedInt', 'positiveInt']);

/** The `typeof` of a primitive type's JSON value. */
export function jsonTypeOf(primitive: string): 'string' | 'number' | 'boolean' {
  return numbers.has(primitive) ? 'number' : primitive === 'boolean' ? 'boolean' : 'string';
}

export function checkLiteral(literal: Literal, element: Element, check: Check): void {
  const problem = kindProblem(literal.value, element) ?? codeProblem(String(literal.value), element);
  if (problem !== undefined) check.report(literal.place, problem);
}

function kindProblem(value: Literal['value'], element: Element): string | undefined {
  if (element.kind !== 'primitive') return wantsObject(element);
  const wanted = jsonTypeOf(element.type);
  if (typeof value === wanted) return undefined;
  const advice = wanted === 'string' ? 'put it in quotes' : `write a ${wanted} without quotes`;
  return `is a ${element.type}, and a ${typeof value} was given: ${advice}`;
}

function wantsObject(element: Element): string {
  return `is a ${element.type}: write an object with its elements, not a single value`;
}

function codeProblem(code: string, element: Element): string | undefined {
  const codes = element.required === undefined || element.type !== 'code' ? undefined : codesOf(element.required);
  if (codes === undefined || codes.has(code)) return undefined;
  const list = codes.size > 30 ? '' : `; it has ${[...codes].join(', ')}`;
  return `"${code}" is not in the required value set ${element.required}${suggestion(code, codes) || list}`;
}

/** @param parent element whose object holds this one: the Reference of a `reference` */
export function checkLeaf(leaf: Leaf, element: Element, check: Check, parent?: Element): void {
  if (leaf.node === undefined) return;
  const problems = resultsOf(leaf.node).flatMap((result) => {
    if (typeof result !== 'string') return tableProblems(result.table, element, check.tables);
    return (element.kind === 'primitive' ? codeProblem(result, element) : wantsObject(element)) ?? [];
  });
  const targets = element.name === 'reference' && parent !== undefined ? targetProblems(leaf.node, parent) : [];
  for (const problem of [...problems, ...targets]) check.report(leaf.place, problem);
}

function tableProblems(name: string, element: Element, tables: CodeTables): string[] {
  const table = tables.get(name);
  if (table === undefined) return [];
  return [...table.codes].flatMap(([word, code]) => {
    const at = `${table.place.file} ${name}[${JSON.stringify(word)}]`;
    const isPrimitive = element.kind === 'primitive';
    if (typeof code !== 'string')
      return isPrimitive ? `is a ${element.type}, but ${at} is a coding: make the entry a plain text` : [];
    if (!isPrimitive) return `is a ${element.type}, but ${at} is a plain text: make the entry {code: …, display: …}`;
    const problem = codeProblem(code, element);
    return problem === undefined ? [] : `${at}: ${problem}`;
  });
}

function targetProblems(node: Node, parent: Element): string[] {
  const types = callsOf(node, 'ref').map((call) => String(call.arguments?.[0]?.value));
  const wrong = types.filter((type) => parent.targets.length > 0 && !parent.targets.includes(type));
  return wrong.map((type) => `${parent.path} may refer to ${parent.targets.join(', ')}, not to ${type}`);
}

/** Values that an expression can be seen to give: texts, and tables it takes codes from. */
function resultsOf(node: Node): (string | { table: string })[] {
  if (node.predicate !== undefined) return [];
  if (node.type === 'string') return [String(node.value)];
  if (node.type === 'condition') return [node.then, node.else].flatMap((branch) => (branch ? resultsOf(branch) : []));
  if (node.type === 'block') return (node.expressions ?? []).slice(-1).flatMap(resultsOf);
  if (node.type === 'function' && node.procedure?.value === 'code')
    return [{ table: String(node.arguments?.[0]?.value) }];
  if (node.type === 'path')
    return (node.steps ?? [])
      .slice(-1)
      .filter((step) => !step.stages && step.type === 'function')
      .flatMap(resultsOf);
  return [];
}

/** Calls of one of our functions, wherever in the expression. */
export function callsOf(node: Node, name: string): Node[] {
  return [...nodesOf(node)].filter((n) => n.type === 'function' && n.procedure?.value === name);
}
