/** Parses an expression with jsonata's own parser and says what in it the compiler does not take; https://docs.jsonata.org */
import jsonata from 'jsonata';
import { createRecent } from '../../recent.ts';

/** A node of jsonata's tree after its own processing (`processAST`); only what the compiler reads. */
export interface Node {
  readonly type: string;
  readonly value?: unknown;
  readonly position?: number;
  readonly steps?: readonly Node[];
  readonly arguments?: readonly Node[];
  readonly procedure?: Node;
  readonly expressions?: readonly Node[];
  readonly expression?: Node;
  readonly lhs?: Node;
  readonly rhs?: Node;
  readonly condition?: Node;
  readonly then?: Node;
  readonly else?: Node;
  readonly predicate?: readonly Stage[];
  readonly stages?: readonly Stage[];
  readonly keepArray?: boolean;
  readonly keepSingletonArray?: boolean;
  readonly consarray?: boolean;
  readonly group?: unknown;
  readonly focus?: string;
  readonly index?: string;
  readonly tuple?: boolean;
  readonly ancestor?: unknown;
}

export interface Stage {
  readonly type: string;
  readonly expr: Node;
}

/** Thrown when an expression cannot be parsed or compiled. `position` counts characters from the expression's start. */
export class ExpressionRefused extends Error {
  readonly position: number | undefined;
  /** The expression is right, but only jsonata itself can evaluate it. */
  readonly slowOnly: boolean;

  constructor(message: string, position: number | undefined, slowOnly = false) {
    super(message);
    this.name = 'ExpressionRefused';
    this.position = position;
    this.slowOnly = slowOnly;
  }
}

/** Clinics share their mappings: trees of its own took a clinic 1.2 MB and half of its start. */
const parsed = createRecent<string, Node>(2000);

/** @throws ExpressionRefused with the parser's sentence */
export function parseExpression(text: string): Node {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  try {
    const node = jsonata(text).ast() as unknown as Node;
    parsed.set(text, node);
    return node;
  } catch (error) {
    const { message, position } = error as { message?: string; position?: number };
    throw new ExpressionRefused(`syntax error: ${message ?? 'not an expression'}`, position);
  }
}

/** Every node of the tree, the outermost first. */
export function* nodesOf(node: unknown): Generator<Node> {
  if (Array.isArray(node)) {
    for (const item of node) yield* nodesOf(item);
  } else if (node !== null && typeof node === 'object') {
    if (typeof (node as Node).type === 'string') yield node as Node;
    for (const child of Object.values(node)) yield* nodesOf(child);
  }
}

/** Names of the fields that the expression reads, in order of appearance. */
export function fieldsOf(node: Node): string[] {
  const names = [...nodesOf(node)].filter((n) => n.type === 'name').map((n) => String(n.value));
  return [...new Set(names)];
}

/** Names of functions and variables that are neither allowed nor bound inside the expression itself, as they are written. */
export function unknownNames(node: Node, allowed: ReadonlySet<string>): Node[] {
  const nodes = [...nodesOf(node)];
  const bound = new Set(nodes.flatMap(boundBy));
  const isKnown = ({ value }: Node) =>
    value === '' || value === '$' || bound.has(String(value)) || allowed.has(String(value));
  const unknown = nodes.filter((node) => node.type === 'variable' && !isKnown(node));
  return unknown.sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
}

function boundBy(node: Node): string[] {
  if (node.type === 'bind') return [String(node.lhs?.value)];
  if (node.type === 'lambda') return (node.arguments ?? []).map((a) => String(a.value));
  return [node.focus, node.index].filter((name) => typeof name === 'string');
}
