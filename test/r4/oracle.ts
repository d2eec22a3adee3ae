/** R4's invariants as fhirpath.js judges them: what our hand-written ones are compared with. */
import fhirpath, { type Model } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';
import { invariantOf, isResourceType, nodeOf } from '../../src/r4/table.ts';
import type { Generated } from './generate.ts';

type Evaluate = (value: object, environment: object) => unknown[];
const compiled = new Map<string, Evaluate>();

/** Whether fhirpath.js says that the invariant fails on `value`, which stands at `node` (a type or a backbone path). */
export function failsByFhirpath(key: string, node: string, value: object, resource: object, root: object): boolean {
  const result = evaluatorOf(key, node)(value, { resource, rootResource: root, ucum: 'http://unitsofmeasure.org' });
  return result.length === 1 && result[0] === false;
}

function evaluatorOf(key: string, node: string): Evaluate {
  const id = `${key} ${node}`;
  let evaluate = compiled.get(id);
  if (evaluate === undefined) {
    const expression = evaluable(invariantOf(key)!.expression);
    const options = { traceFn: () => {} };
    const path = isResourceType(node) ? expression : { base: node, expression };
    const run = fhirpath.compile(path as string, r4 as unknown as Model, options);
    evaluate = (value, environment) => run(value, environment as Record<string, unknown>) as unknown[];
    compiled.set(id, evaluate);
  }
  return evaluate;
}

/** fhirpath.js throws on `.as()` of a list; `%resource` of dom-3 is the resource it is evaluated on. */
function evaluable(expression: string): string {
  if (!expression.includes('.as(') && !expression.includes('as(canonical)')) return expression;
  return expression
    .replaceAll('.as(', '.ofType(')
    .replaceAll('%resource', '%context')
    .replaceAll('where(as(canonical)', 'where(ofType(canonical)');
}

export interface Stated {
  readonly key: string;
  readonly node: string;
  readonly value: Generated;
  readonly place: string;
  readonly resource: object;
  readonly root: object;
}

/** Every place in a resource where an invariant is stated, in our form of FHIRPath places. */
export function statedIn(resource: Generated, place = String(resource['resourceType']), container?: object): Stated[] {
  const type = String(resource['resourceType']);
  return statedAt(resource, type, place, { resource, root: container ?? resource });
}

function statedAt(value: Generated, name: string, place: string, scope: { resource: object; root: object }): Stated[] {
  const node = nodeOf(name)!;
  const own = node.invariants.map((key) => ({ key, node: name, value, place, ...scope }));
  const inner = [...node.elements.values()].flatMap((element) => {
    const held = value[element.name];
    if (held === undefined || element.kind === 'primitive') return [];
    const step = `${place}.${element.choice ?? element.name}`;
    const items = Array.isArray(held) ? held.map((h, i) => [h, `${step}[${i}]`]) : [[held, step]];
    return (items as [Generated, string][]).flatMap(([item, at]) => {
      if (element.type === 'Resource') return statedIn(item, at, element.name === 'contained' ? scope.root : undefined);
      const here = element.invariants.map((key) => ({ key, node: element.type, value: item, place: at, ...scope }));
      return [...here, ...statedAt(item, element.type, at, scope)];
    });
  });
  return [...own, ...inner];
}
