/** The R4 table as XML needs it: which members are attributes, and the order of the others. https://hl7.org/fhir/R4/xml.html */

import type { Element, Node } from '../definition.ts';
import { byNode } from '../table.ts';

export interface XmlPlan {
  readonly name: string;
  readonly isResource: boolean;
  readonly parts: ReadonlyMap<string, Part>;
}

export interface Part {
  readonly element: Element;
  /** Elements stand in the order of this; the types of one choice share it. */
  readonly order: number;
  /** The element in FHIRPath, which has no type in the name of a choice. */
  readonly step: string;
}

export const fhirNamespace = 'http://hl7.org/fhir';
export const xhtmlNamespace = 'http://www.w3.org/1999/xhtml';
export const schemaInstance = 'http://www.w3.org/2001/XMLSchema-instance';
export const xmlns = 'http://www.w3.org/2000/xmlns/';

/** The plan of a type or backbone element. */
export const planOf = byNode(buildPlan);

function buildPlan(node: Node): XmlPlan {
  const paths = [...new Set([...node.elements.values()].map((e) => e.path))];
  const parts = [...node.elements.values()].map((element): [string, Part] => [
    element.name,
    { element, order: paths.indexOf(element.path), step: element.choice ?? element.name },
  ]);
  return { name: node.name, isResource: node.kind === 'resource', parts: new Map(parts) };
}

/** `id` of everything but a resource, and the `url` of an Extension. */
export function isAttribute(plan: XmlPlan, name: string): boolean {
  return (name === 'id' && !plan.isResource) || (name === 'url' && plan.name === 'Extension');
}
