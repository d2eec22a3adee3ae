/**
 * Compiles JSONata paths and filters: plain property steps while the data are objects, jsonata 2.2.2's sequence rules
 * (`evaluatePath`, `evaluateStep`, `evaluateFilter`) from the first list on. protocols/r4.md §A has the figures.
 */
import { isNumeric, toBoolean } from './coercion.ts';
import type { Compile, Evaluate } from './expression.ts';
import { collapse, flatten, isSequence, lookUp, type Sequence, sequenceOf } from './sequence.ts';
import { ExpressionRefused, type Node, type Stage } from './syntax.ts';

type Filter = (value: unknown, root: unknown) => unknown;

interface Step {
  readonly evaluate: Evaluate;
  readonly filters: readonly Filter[];
  /** Absolute: `$` or `$$`, which is not applied to each item of a list at hand. */
  readonly absolute: boolean;
  readonly constructor: boolean;
}

export function compilePath(node: Node, compile: Compile): Evaluate {
  const steps = node.steps!.map((step) => stepOf(step, compile));
  const keep = node.keepSingletonArray === true;
  const keepLast = node.keepArray === true;
  const exact: Evaluate = (context, root) => collapse(walk(steps, keep, context, root), keepLast);
  const plain = keep || keepLast ? undefined : plainSteps(node.steps!, steps);
  return plain === undefined ? exact : compilePlain(plain.head, plain.names, exact);
}

function stepOf(node: Node, compile: Compile): Step {
  if (node.focus || node.index || node.tuple || node.ancestor || node.group)
    throw new ExpressionRefused('@, #, % and grouping in a path cannot be compiled', node.position, true);
  return {
    evaluate: node.type === 'name' ? nameOf(node) : compile(node),
    filters: (node.stages ?? []).map((stage) => filterOf(stage, compile)),
    absolute: node.type === 'variable',
    constructor: node.consarray === true,
  };
}

/** A bare field name as a step. `a[]` is kept as a list by the path, not by the name. */
function nameOf(node: Node): Evaluate {
  const key = String(node.value);
  const keep = node.keepArray === true;
  return (context) => collapse(lookUp(context, key), keep);
}

function plainSteps(nodes: readonly Node[], steps: readonly Step[]): { head?: Evaluate; names: string[] } | undefined {
  const isHead = nodes[0]!.type === 'variable' && !nodes[0]!.predicate && !nodes[0]!.keepArray;
  const names = nodes.slice(isHead ? 1 : 0);
  const isPlain = names.length > 0 && names.every((n) => n.type === 'name') && nodes.every((n) => !n.stages);
  if (!isPlain) return undefined;
  return { ...(isHead && { head: steps[0]!.evaluate }), names: names.map((n) => String(n.value)) };
}

/** Names such as `constructor` exist on every object and must be looked for among the object's own. */
function compilePlain(head: Evaluate | undefined, names: readonly string[], exact: Evaluate): Evaluate {
  if (names.some((name) => name in Object.prototype)) return exact;
  const [only] = names;
  if (names.length === 1 && head === undefined) {
    return (context, root) => {
      if (context === null || typeof context !== 'object') return undefined;
      return Array.isArray(context) ? exact(context, root) : (context as Record<string, unknown>)[only!];
    };
  }
  return (context, root) => {
    let value = head === undefined ? context : head(context, root);
    for (let i = 0; i < names.length; i++) {
      if (value === null || typeof value !== 'object') return undefined;
      if (Array.isArray(value)) return exact(context, root);
      value = (value as Record<string, unknown>)[names[i]!];
    }
    return value;
  };
}

function walk(steps: readonly Step[], keep: boolean, context: unknown, root: unknown): unknown {
  let items: Sequence = Array.isArray(context) && !steps[0]!.absolute ? context : sequenceOf(context);
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i]!;
    const last = i === steps.length - 1;
    // Only the first step may give something else than a list here: `[a, b][0].c` walks what it is given, as jsonata does.
    items = (i === 0 && step.constructor ? step.evaluate(items, root) : stepInto(step, items, last, root)) as Sequence;
    if (items === undefined || items.length === 0) break;
  }
  return keep ? kept(items) : items;
}

function kept(items: Sequence): Sequence {
  const list = Array.isArray(items) && items.cons && !items.sequence ? sequenceOf(items) : items;
  // A list of the record itself is not marked (jsonata does): nothing reads the mark, and the input must not change.
  if (isSequence(list)) list.keepSingleton = true;
  else if (list === undefined || typeof list === 'string') throw new TypeError('[] was applied to nothing');
  return list;
}

function stepInto(step: Step, items: Sequence, last: boolean, root: unknown): Sequence {
  const results: unknown[] = [];
  for (let i = 0; i < items.length; i++) {
    let value = step.evaluate(items[i], root);
    for (const filter of step.filters) value = filter(value, root);
    if (value !== undefined) results.push(value);
  }
  return flatten(results, last);
}

/** A filter or index `[…]` on a value. */
export function filterOf(stage: Stage, compile: Compile): Filter {
  if (stage.type !== 'filter') throw new ExpressionRefused('# cannot be compiled', stage.expr?.position, true);
  if (stage.expr.type === 'number') return (value) => itemAt(listOf(value), stage.expr.value as number);
  const predicate = compile(stage.expr);
  return (value, root) => {
    const items = listOf(value);
    const found = sequenceOf();
    for (let i = 0; i < items.length; i++) keepWhere(items, i, predicate(items[i], root), found);
    return found;
  };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : sequenceOf(value);
}

function itemAt(items: readonly unknown[], position: number): unknown {
  const item = items.at(placeOf(items, position));
  if (item === undefined) return sequenceOf();
  return Array.isArray(item) ? item : sequenceOf(item);
}

/** @returns the index, or a number beyond the list when there is no such place */
function placeOf(items: readonly unknown[], position: number): number {
  const place = Math.floor(position);
  const fromStart = place < 0 ? items.length + place : place;
  return fromStart < 0 ? items.length : fromStart;
}

/** A number in a predicate is a place, several numbers are places, anything else a condition. */
function keepWhere(items: readonly unknown[], i: number, result: unknown, found: Sequence): void {
  const places = isNumeric(result) ? [result] : isNumbers(result) ? result : undefined;
  if (places === undefined) {
    if (toBoolean(result)) found.push(items[i]);
    return;
  }
  for (const place of places) if (placeOf(items, place) === i) found.push(items[i]);
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.filter((item) => !isNumeric(item)).length === 0;
}
