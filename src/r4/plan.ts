/** The R4 table compiled for the validator: everything that can be decided before a resource is seen. */
import { type Advice, adviceOf, type BindingCheck, bindingCheckOf } from './binding.ts';
import type { Element, Node } from './definition.ts';
import type { InvariantTest } from './invariants/invariant.ts';
import { rareInvariant } from './invariants/rare.ts';
import { invariantTests } from './invariants.ts';
import { type PrimitiveCheck, primitiveChecks } from './primitives.ts';
import { type ProseRule, proseRules } from './prose.ts';
import { byNode, invariantOf } from './table.ts';

export interface Plan {
  readonly name: string;
  readonly isResource: boolean;
  readonly checks: ReadonlyMap<string, ElementCheck>;
  /** Each needs one of its names. */
  readonly required: readonly { readonly step: string; readonly names: readonly string[]; readonly type: string }[];
  readonly invariants: readonly InvariantCheck[];
  /** What R4 states in words, for a value that is right otherwise. */
  readonly rule?: ProseRule;
}

export interface ElementCheck {
  readonly element: Element;
  /** The element in FHIRPath, which has no type in the name of a choice. */
  readonly step: string;
  readonly list: boolean;
  readonly primitive?: PrimitiveCheck;
  readonly isAnchor: boolean;
  /** It changes what the resource says: whoever does not understand it must refuse the resource. */
  readonly isModifier: boolean;
  readonly binding?: BindingCheck;
  readonly advice?: Advice;
  readonly invariants: readonly InvariantCheck[];
}

export interface InvariantCheck {
  readonly test: InvariantTest;
  /** By fhirpath.js, which costs: only as far as the walk's effort goes. */
  readonly isRare: boolean;
  readonly text: string;
  readonly severity: 'error' | 'warning';
}

/** The plan of a type or backbone element. */
export const planOf = byNode(buildPlan);

function buildPlan(node: Node): Plan {
  const elements = [...node.elements.values()];
  const rule = proseRules[node.name];
  return {
    name: node.name,
    isResource: node.kind === 'resource',
    checks: new Map(elements.map((e) => [e.name, buildCheck(e, node)])),
    required: requiredOf(elements),
    invariants: invariantChecks(node.invariants, node.name),
    ...(rule !== undefined && { rule }),
  };
}

function requiredOf(elements: readonly Element[]): Plan['required'] {
  const groups = Map.groupBy(
    elements.filter((e) => e.min > 0),
    (e) => e.choice ?? e.name,
  );
  return [...groups].map(([step, of]) => ({
    step,
    names: of.map((e) => e.name),
    type: of.map((e) => e.type).join(' or '),
  }));
}

function buildCheck(element: Element, node: Node): ElementCheck {
  const binding = bindingCheckOf(element);
  const advice = adviceOf(element);
  const primitive = element.kind === 'primitive' ? primitiveChecks[element.type] : undefined;
  return {
    element,
    step: element.choice ?? element.name,
    list: element.list,
    ...(primitive !== undefined && { primitive }),
    isAnchor: isAnchor(element, node),
    isModifier: element.name === 'modifierExtension' || (node.kind === 'resource' && element.name === 'implicitRules'),
    ...(binding !== undefined && { binding }),
    ...(advice !== undefined && { advice }),
    invariants: invariantChecks(element.invariants, element.kind === 'primitive' ? element.path : element.type),
  };
}

/** Where `#id` means a contained resource; the url of an extension never does. */
function isAnchor({ type, name }: Element, node: Node): boolean {
  if (node.name === 'Extension') return name !== 'url' && isUri(type);
  return (node.name === 'Reference' && name === 'reference') || isUri(type);
}

function isUri(type: string): boolean {
  return type === 'canonical' || type === 'uri' || type === 'url';
}

/** @param node the type or backbone path of the value that they are stated of */
function invariantChecks(keys: readonly string[], node: string): InvariantCheck[] {
  return keys.flatMap((key) => {
    const byHand = invariantTests.get(key);
    const test = byHand ?? rareInvariant(key, node);
    const invariant = invariantOf(key);
    if (test === undefined || invariant === undefined) return [];
    const human = invariant.human.replace(/[\s.]+$/, '');
    const text = `: ${human} (R4 ${key.split('@')[0]}).`;
    return [{ test, isRare: byHand === undefined, text, severity: invariant.severity }];
  });
}
