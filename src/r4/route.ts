/**
 * A search expression compiled over the R4 table: routes of JSON properties from the resource to its values, with the R4
 * type of what is found known beforehand, so that nothing is looked up while walking (protocols/r4.md §E).
 */

import type { Element } from './definition.ts';
import type { Expression } from './expression.ts';
import type { Json } from './json.ts';
import { nodeOf } from './table.ts';

/** Takes each value that is found, with its R4 type and the element it stands in. */
export type Sink = (value: unknown, type: string, element: Element | undefined) => void;
export type Walk = (resource: Json, sink: Sink) => void;

interface Route {
  readonly steps: readonly Step[];
  readonly type: string;
  readonly element: Element | undefined;
}

interface Step {
  readonly name: string;
  readonly tests: readonly ((value: unknown) => boolean)[];
  readonly index?: number;
}

/** @throws SyntaxError when the expression names an element that `type` does not have or a form outside the subset */
export function compileExpression(expression: Expression, type: string): Walk {
  if (expression.op === 'union') return compileUnion(expression.of, type);
  if (expression.op === 'and' || expression.op === 'exists' || expression.op === 'compare') {
    const condition = compileCondition(expression, type);
    return (resource, sink) => {
      const value = condition(resource);
      if (value !== undefined) sink(value, 'boolean', undefined);
    };
  }
  return walkOf(routesOf(expression, type));
}

function compileUnion(branches: readonly Expression[], type: string): Walk {
  const walks = branches.map((branch) => compileExpression(branch, type));
  return (resource, sink) => {
    for (const walk of walks) walk(resource, sink);
  };
}

function walkOf(routes: readonly Route[]): Walk {
  return (resource, sink) => {
    for (const route of routes)
      if (route.steps.length === 0) sink(resource, route.type, undefined);
      else follow(resource, route, 0, sink);
  };
}

function follow(at: Json, route: Route, depth: number, sink: Sink): void {
  const step = route.steps[depth];
  if (step === undefined || !Object.hasOwn(at, step.name)) return;
  const value = at[step.name];
  if (!Array.isArray(value)) enter(value, step, route, depth, sink);
  else if (step.index !== undefined) enter(value[step.index], step, route, depth, sink);
  else for (const item of value) enter(item, step, route, depth, sink);
}

function enter(value: unknown, step: Step, route: Route, depth: number, sink: Sink): void {
  if (value === undefined || value === null) return;
  for (const test of step.tests) if (!test(value)) return;
  if (depth + 1 === route.steps.length) sink(value, route.type, route.element);
  else if (typeof value === 'object') follow(value as Json, route, depth + 1, sink);
}

/** R4's types that specialise another which choices offer too. */
const parents: Readonly<Record<string, string>> = {
  ...{ canonical: 'uri', url: 'uri', oid: 'uri', uuid: 'uri' },
  ...{ code: 'string', id: 'string', markdown: 'string', positiveInt: 'integer', unsignedInt: 'integer' },
  ...{ Age: 'Quantity', Count: 'Quantity', Distance: 'Quantity', Duration: 'Quantity' },
};

function routesOf(expression: Expression, type: string): Route[] {
  switch (expression.op) {
    case 'name':
      return rootRoutes(expression.name, type);
    case 'member':
      return memberRoutes(routesOf(expression.of, type), expression.name);
    case 'type':
      return routesOf(expression.of, type).filter(
        (r) => r.type === expression.type || parents[r.type] === expression.type,
      );
    case 'index':
      return mapLastStep(routesOf(expression.of, type), (s) => ({ ...s, index: expression.index }));
    case 'where': {
      const test = compileTest(expression.test);
      return mapLastStep(routesOf(expression.of, type), (s) => ({ ...s, tests: [...s.tests, test] }));
    }
    case 'union':
      return expression.of.flatMap((branch) => routesOf(branch, type));
    default:
      throw new SyntaxError(`search expression: ${expression.op} cannot stand in a path`);
  }
}

/** The expression of a component begins at the element that is composed: `code`, `value.ofType(Quantity)`. */
function rootRoutes(name: string, type: string): Route[] {
  const root: Route = { steps: [], type, element: undefined };
  if (/^[a-z]/.test(name)) return memberRoutes([root], name);
  if (name !== type && name !== 'Resource' && name !== 'DomainResource')
    throw new SyntaxError(`search expression: ${name} is not the resource type ${type}`);
  return [root];
}

function memberRoutes(routes: readonly Route[], name: string): Route[] {
  return routes.flatMap(({ steps, type }) => {
    const node = nodeOf(type);
    const only = node?.elements.get(name);
    const elements = only === undefined ? node?.choices.get(name) : [only];
    if (elements === undefined) throw new SyntaxError(`search expression: ${type} has no element ${name}`);
    return elements.map((e) => ({ steps: [...steps, { name: e.name, tests: [] }], type: e.type, element: e }));
  });
}

function mapLastStep(routes: readonly Route[], change: (step: Step) => Step): Route[] {
  return routes.map((r) => ({ ...r, steps: [...r.steps.slice(0, -1), change(r.steps.at(-1)!)] }));
}

function compileTest(test: Expression): (value: unknown) => boolean {
  if (test.op === 'resolves') return (value) => resolvesTo(value, test.type);
  if (test.op !== 'compare' || test.of.op !== 'name') throw new SyntaxError('search expression: unknown where()');
  const { name } = test.of;
  return (value) => ((value as Json)[name] === test.value) === test.equal;
}

/** Whether a Reference leads to a resource of this type, judged by its text: R4 lets a server do no more. */
function resolvesTo(value: unknown, type: string): boolean {
  const { reference, type: stated } = value as Json;
  if (typeof reference !== 'string') return stated === type;
  return reference.startsWith(`${type}/`) || reference.includes(`/${type}/`);
}

type Condition = (resource: Json) => boolean | undefined;

function compileCondition(expression: Expression, type: string): Condition {
  if (expression.op === 'and') {
    const left = compileCondition(expression.left, type);
    const right = compileCondition(expression.right, type);
    return (resource) => conjunction(left(resource), right(resource));
  }
  if (expression.op !== 'exists' && expression.op !== 'compare')
    throw new SyntaxError(`search expression: ${expression.op} is not a condition`);
  const walk = compileExpression(expression.of, type);
  if (expression.op === 'exists') return (resource) => firstOf(walk, resource) !== undefined;
  return (resource) => {
    const value = firstOf(walk, resource);
    return value === undefined ? undefined : (value === expression.value) === expression.equal;
  };
}

/** `and` of FHIRPath's three-valued logic; undefined is empty. */
function conjunction(left: boolean | undefined, right: boolean | undefined): boolean | undefined {
  if (left === false || right === false) return false;
  return left === undefined || right === undefined ? undefined : true;
}

function firstOf(walk: Walk, resource: Json): unknown {
  let first: unknown;
  walk(resource, (value) => {
    first ??= value;
  });
  return first;
}
