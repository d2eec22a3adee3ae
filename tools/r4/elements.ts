/** StructureDefinitions → nodes of the table: one per resource type, datatype and backbone element. */
import type { ElementDefinition } from '@medplum/fhirtypes';
import type { RawElement, RawInvariant, RawNode } from '../../src/r4/raw.ts';
import { type Definitions, elementsOfStructure } from './definitions.ts';

export interface Elements {
  nodes: Record<string, RawNode>;
  invariants: Record<string, RawInvariant>;
}

const simpleQuantity = 'http://hl7.org/fhir/StructureDefinition/SimpleQuantity';
const sqty1: RawInvariant = {
  human: 'The comparator is not used on a SimpleQuantity',
  expression: 'comparator.empty()',
};

/** Nodes of the given types and of every datatype they reach. */
export function buildElements(definitions: Definitions, types: readonly string[]): Elements {
  const built: Elements = { nodes: {}, invariants: { 'sqty-1': sqty1 } };
  const queue = ['Resource', 'DomainResource', 'Element', 'BackboneElement', ...types];
  for (const name of queue) {
    const reached = addType(definitions, name, built);
    queue.push(...reached.filter((r) => !queue.includes(r)));
  }
  return built;
}

function addType(definitions: Definitions, name: string, built: Elements): string[] {
  const structure = definitions.structures.get(name);
  if (structure === undefined) throw new Error(`R4 has no type ${name}`);
  const elements = elementsOfStructure(structure);
  for (const [index, element] of elements.entries()) {
    if (index === 0 || isBackbone(element)) built.nodes[element.path] = nodeOf(element, built);
    if (index > 0) addElement(element, built);
  }
  return elements.flatMap((e) => e.type?.map((t) => t.code) ?? []).filter((c) => /^[A-Z]/.test(c));
}

function addElement(element: ElementDefinition, built: Elements): void {
  const dot = element.path.lastIndexOf('.');
  const parent = built.nodes[element.path.slice(0, dot)];
  if (parent === undefined) throw new Error(`${element.path} stands before its parent`);
  if (element.max !== '0') parent.elements[element.path.slice(dot + 1)] = rawElement(element, built);
}

/** A backbone element, or Element with children of its own (Timing.repeat, Dosage.doseAndRate, ElementDefinition.type). */
function isBackbone(element: ElementDefinition): boolean {
  return element.type?.some((t) => t.code === 'BackboneElement' || t.code === 'Element') ?? false;
}

function nodeOf(element: ElementDefinition, built: Elements): RawNode {
  const keys = keysOf(element, built);
  return { ...(keys.length > 0 && { invariants: keys }), elements: {} };
}

function rawElement(element: ElementDefinition, built: Elements): RawElement {
  const targets = targetsOf(element);
  const binding = element.binding;
  const url = binding?.valueSet?.split('|')[0];
  const keys = isBackbone(element) ? [] : keysOf(element, built);
  if (element.type?.some((t) => t.profile?.includes(simpleQuantity))) keys.push('sqty-1');
  return {
    types: typesOf(element),
    ...(element.max !== '1' && { list: true as const }),
    ...((element.min ?? 0) > 0 && { min: element.min as number }),
    ...(binding?.strength === 'required' && url !== undefined && { required: url }),
    ...(binding?.strength === 'extensible' && url !== undefined && { extensible: url }),
    ...(binding?.strength === 'preferred' && url !== undefined && { preferred: url }),
    ...(targets.length > 0 && { targets }),
    ...(keys.length > 0 && { invariants: keys }),
  };
}

function typesOf(element: ElementDefinition): string[] {
  if (element.contentReference !== undefined) return [element.contentReference.slice(1)];
  if (isBackbone(element)) return [element.path];
  return [...new Set(element.type?.map((t) => t.code) ?? [])];
}

/** Names of the types a Reference may point to; empty when any may be. */
function targetsOf(element: ElementDefinition): string[] {
  const profiles = element.type?.filter((t) => t.code === 'Reference').flatMap((t) => t.targetProfile ?? []) ?? [];
  const names = profiles.map((p) => p.slice(p.lastIndexOf('/') + 1));
  return names.includes('Resource') ? [] : names;
}

/** Keys of an element's invariants, which are added to the table's on first sight. */
function keysOf(element: ElementDefinition, built: Elements): string[] {
  const stated = (element.constraint ?? []).filter((c) => !isUbiquitous(c.key, element.path));
  return stated.map((c) => {
    const invariant: RawInvariant = {
      human: c.human,
      expression: c.expression ?? '',
      ...(c.severity === 'warning' && { severity: 'warning' as const }),
    };
    const known = built.invariants[c.key];
    // R4 uses inv-1 twice, for Parameters and for Task.
    const key = known === undefined || known.expression === invariant.expression ? c.key : `${c.key}@${element.path}`;
    built.invariants[key] ??= invariant;
    return key;
  });
}

/** ele-1 stands on every element and is the validator's walk itself; ext-1 is said once, of Extension. */
function isUbiquitous(key: string, path: string): boolean {
  return key === 'ele-1' || (key === 'ext-1' && path !== 'Extension');
}
