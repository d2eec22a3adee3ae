/**
 * Compiles a template to a closure that makes the object. Lists come from R4's element table, not from the expression
 * (protocols/r4.md §A: a path collapses a list of one). Null, missing and empty values are left out.
 */
import type { Element } from '../../r4/definition.ts';
import { toBoolean } from './coercion.ts';
import { contextOf, type Evaluate } from './expression.ts';
import { type Field, type Fill, generateFill } from './fill.ts';
import { MappingError } from './problem.ts';
import { isPending } from './slow.ts';
import { elementFor } from './structure.ts';
import type { Leaf, List, Shape, Template } from './template.ts';
import { type Fit, fitFor } from './value.ts';

/** Told what every expression gave, when examples are run. */
export interface Watch {
  gave(leaf: Leaf): void;
  failed(leaf: Leaf, error: unknown): void;
}

/** Adds what it makes to a list: nothing, one or several items. */
type Emit = (list: unknown[], context: unknown, root: unknown) => void;

/** @param type R4 type or node that the shape fills; undefined for a record of the MIS, which is checked by nobody */
export function buildFields(shape: Shape, type: string | undefined, watch?: Watch): Fill {
  const fields = shape.fields.map(({ name, template }) => ({ name, build: buildField(template, type, name, watch) }));
  const fill = generateFill(fields.filter((field): field is Field => field.build !== undefined));
  if (shape.when === undefined) return fill;
  const when = condition(shape.when, watch);
  return (target, context, root) => when(context, root) !== undefined && fill(target, context, root);
}

function buildShape(shape: Shape, type: string | undefined, watch?: Watch): Evaluate {
  const fill = buildFields(shape, type, watch);
  return (context, root) => {
    const made = {};
    return fill(made, context, root) ? made : undefined;
  };
}

function buildField(template: Template, type: string | undefined, name: string, watch?: Watch): Evaluate | undefined {
  const element = type === undefined ? undefined : elementFor(type, name);
  // An unknown element is reported by the structure check; the rest of the document is still worth running.
  if (type !== undefined && element === undefined)
    return name === 'resourceType' ? () => literalOf(template) : undefined;
  if (template.kind === 'list' && element?.list !== false) return buildList(template, element, watch);
  return element?.list === true
    ? buildList({ ...template, kind: 'list', items: [template] }, element, watch)
    : buildValue(template, element, watch);
}

function literalOf(template: Template): unknown {
  return template.kind === 'literal' ? template.value : undefined;
}

function buildValue(template: Template, element: Element | undefined, watch?: Watch): Evaluate {
  if (template.kind === 'literal') return () => template.value;
  if (template.kind === 'leaf') return guarded(template, fitFor(element, false), watch);
  if (template.kind === 'shape') return buildShape(template, typeWithin(template, element), watch);
  return () => undefined;
}

function typeWithin(shape: Shape, element: Element | undefined): string | undefined {
  if (element?.type !== 'Resource') return element?.type;
  const type = shape.fields.find((field) => field.name === 'resourceType')?.template;
  return type?.kind === 'literal' ? String(type.value) : undefined;
}

function buildList(list: List, element: Element | undefined, watch?: Watch): Evaluate {
  const emits = list.items.map((item) => buildItem(item, element, watch));
  return (context, root) => {
    const items: unknown[] = [];
    for (const emit of emits) emit(items, context, root);
    return items.length === 0 ? undefined : items;
  };
}

function buildItem(item: Template, element: Element | undefined, watch?: Watch): Emit {
  if (item.kind === 'leaf') {
    const evaluate = guarded(item, fitFor(element, true), watch);
    return (list, context, root) => {
      const values = evaluate(context, root) as unknown[] | undefined;
      if (values !== undefined) for (const value of values) list.push(value);
    };
  }
  const build = buildValue(item, element, watch);
  const one: Emit = (list, context, root) => {
    const value = build(context, root);
    if (value !== undefined) list.push(value);
  };
  return item.kind === 'shape' && item.each !== undefined ? repeated(item.each, one, watch) : one;
}

function repeated(each: Leaf, one: Emit, watch?: Watch): Emit {
  const values = guarded(each, (value) => (Array.isArray(value) ? value : value == null ? undefined : [value]), watch);
  return (list, context, root) => {
    const items = values(context, root) as unknown[] | undefined;
    if (items !== undefined) for (const item of items) if (item !== null) one(list, contextOf(item), root);
  };
}

function condition(when: Leaf, watch?: Watch): Evaluate {
  return guarded(when, (value) => toBoolean(value) || undefined, watch);
}

/** The leaf's value made fit for its element; a failure names the leaf. */
export function guarded(leaf: Leaf, fit: Fit, watch?: Watch): Evaluate {
  const { evaluate, place } = leaf;
  if (watch !== undefined) return watched(leaf, fit, watch);
  return (context, root) => {
    try {
      return fit(evaluate(context, root));
    } catch (error) {
      throw isPending(error) ? error : new MappingError(place, error);
    }
  };
}

/** With a watch the other leaves still run after a failure, so that everything is found at once. */
function watched(leaf: Leaf, fit: Fit, watch: Watch): Evaluate {
  return (context, root) => {
    try {
      const value = fit(leaf.evaluate(context, root));
      if (value !== undefined) watch.gave(leaf);
      return value;
    } catch (error) {
      if (isPending(error)) throw error;
      watch.failed(leaf, error);
      return undefined;
    }
  };
}
