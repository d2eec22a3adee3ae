/** The tree that a mapping writes in the shape of its resource: literals, expressions, objects and lists (DESIGN.md §Mappings). */
import type { OwnFunctions } from './expression.ts';
import { compileExpression, type Evaluate, parseAllowed } from './expression.ts';
import type { Place, Report } from './problem.ts';
import { slowEvaluate } from './slow.ts';
import { ExpressionRefused, type Node, nodesOf } from './syntax.ts';
import { entriesOf, itemsOf, scalarOf, type YamlFile } from './yaml.ts';

export interface Literal {
  readonly kind: 'literal';
  readonly place: Place;
  readonly value: string | number | boolean;
}

export interface Leaf {
  readonly kind: 'leaf';
  readonly place: Place;
  /** Absent when the expression was refused: the leaf then gives nothing, and the problem is reported. */
  readonly node?: Node;
  readonly evaluate: Evaluate;
  /** Only jsonata itself can evaluate it. */
  readonly slow: boolean;
}

export interface Shape {
  readonly kind: 'shape';
  readonly place: Place;
  /** The item is repeated for each value, with the value as context. */
  readonly each?: Leaf;
  /** Nothing is made unless it is true; with `each`, asked of each value. */
  readonly when?: Leaf;
  readonly fields: readonly { readonly name: string; readonly template: Template }[];
}

export interface List {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Template[];
}

export type Template = Literal | Leaf | Shape | List;

/** What parsing needs besides the node. */
export interface Kit {
  readonly yaml: YamlFile;
  readonly own: OwnFunctions;
  /** `slow: true` of the document. */
  readonly slow: boolean;
  readonly report: Report;
}

/** @returns undefined when the node cannot mean anything; the reason is reported */
export function parseTemplate(node: unknown, path: string, kit: Kit): Template | undefined {
  const fields = entriesOf(node);
  if (fields !== undefined) return parseShape(node, fields, path, kit, false);
  const items = itemsOf(node);
  const place = placeOf(node, path, kit);
  if (items === undefined) return parseScalar(node, place, kit);
  const parsed = items.map((item, i) => parseItem(item, `${path}[${i}]`, kit));
  return { kind: 'list', place, items: parsed.filter((item) => item !== undefined) };
}

function parseItem(node: unknown, path: string, kit: Kit): Template | undefined {
  const fields = entriesOf(node);
  return fields === undefined ? parseTemplate(node, path, kit) : parseShape(node, fields, path, kit, true);
}

function parseShape(
  node: unknown,
  entries: NonNullable<ReturnType<typeof entriesOf>>,
  path: string,
  kit: Kit,
  isItem: boolean,
): Shape {
  const shape: { each?: Leaf; when?: Leaf; fields: Shape['fields'][number][] } = { fields: [] };
  for (const { name, key, value } of entries) {
    if (name === 'each' || name === 'when') {
      const leaf = parseControl(value, key, `${path}.${name}`, kit);
      if (name === 'each' && !isItem)
        kit.report(placeOf(key, `${path}.each`, kit), '"each" repeats an item of a list: put "- " before it');
      else if (leaf !== undefined) shape[name] = leaf;
      continue;
    }
    const template = parseTemplate(value ?? key, `${path}.${name}`, kit);
    if (value === null) kit.report(placeOf(key, `${path}.${name}`, kit), 'has no value: write one or remove the line');
    else if (template !== undefined) shape.fields.push({ name, template });
  }
  return { kind: 'shape', place: placeOf(node, path, kit), ...shape };
}

function parseControl(value: unknown, key: unknown, path: string, kit: Kit): Leaf | undefined {
  const text = scalarOf(value);
  const place = placeOf(key, path, kit);
  if (typeof text === 'string' && isExpression(text)) return parseLeaf(text, place, kit);
  kit.report(place, 'must be an expression: begin it with "="');
  return undefined;
}

function parseScalar(node: unknown, place: Place, kit: Kit): Template | undefined {
  const value = scalarOf(node);
  if (value === null || value === undefined) {
    kit.report(place, 'has no value: write one or remove the line');
    return undefined;
  }
  if (typeof value !== 'string') return { kind: 'literal', place, value };
  if (isExpression(value)) return parseLeaf(value, place, kit);
  return { kind: 'literal', place, value: value.startsWith('==') ? value.slice(1) : value };
}

export function isExpression(text: string): boolean {
  return text.startsWith('=') && !text.startsWith('==');
}

/** @param text with its leading `=` */
export function parseLeaf(text: string, place: Place, kit: Kit): Leaf {
  try {
    const { node, evaluate } = compileExpression(text.slice(1), kit.own);
    return { kind: 'leaf', place, node, evaluate, slow: false };
  } catch (error) {
    if (!(error instanceof ExpressionRefused)) throw error;
    if (error.slowOnly && kit.slow) return parseSlowLeaf(text, place, kit);
    const at = error.position === undefined ? '' : ` (at character ${error.position + 1} of ${JSON.stringify(text)})`;
    kit.report(place, `${error.message}${at}${isTorn(text) ? tornAdvice : ''}`);
    return { kind: 'leaf', place, evaluate: () => undefined, slow: false };
  }
}

const tornAdvice = '; if YAML cut it at a comma, put the expression in quotes';

function isTorn(text: string): boolean {
  return text.split('(').length > text.split(')').length;
}

function parseSlowLeaf(text: string, place: Place, kit: Kit): Leaf {
  const node = parseAllowed(text.slice(1), kit.own);
  if (nodesOf(node).some((n) => n.type === 'variable' && n.value === '$'))
    kit.report(place, '"$$" is not known to a slow expression: there "$" is the value at hand, and no other is');
  return { kind: 'leaf', place, node, evaluate: slowEvaluate(text.slice(1), kit.own), slow: true };
}

function placeOf(node: unknown, path: string, kit: Kit): Place {
  return { file: kit.yaml.file, line: kit.yaml.lineOf(node), path };
}

/** Every leaf of a tree with the shapes around it, `each` and `when` included. */
export function* leavesOf(template: Template): Generator<Leaf> {
  if (template.kind === 'leaf') yield template;
  if (template.kind === 'list') for (const item of template.items) yield* leavesOf(item);
  if (template.kind !== 'shape') return;
  if (template.each !== undefined) yield template.each;
  if (template.when !== undefined) yield template.when;
  for (const field of template.fields) yield* leavesOf(field.template);
}
