/** Checks a `toFhir` tree against R4's elements: names, lists, kinds of value, what must be there. https://hl7.org/fhir/R4/ */

import type { Element } from '../../r4/definition.ts';
import { elementsOf, nodeOf, resourceTypes } from '../../r4/table.ts';
import { checkLeaf, checkLiteral } from './binding.ts';
import type { CodeTables } from './codes.ts';
import { suggestion } from './nearest.ts';
import type { Report } from './problem.ts';
import type { Shape, Template } from './template.ts';

export interface StructureCheck {
  readonly tables: CodeTables;
  readonly report: Report;
}

/** @param type resource type or node of the table that the shape fills */
export function checkShape(shape: Shape, type: string, check: StructureCheck, parent?: Element): void {
  const node = nodeOf(type);
  if (node === undefined) return;
  for (const { name, template } of shape.fields) {
    const element = elementFor(type, name);
    const reserved = reservedAt(name, parent);
    if (reserved === 'read') continue;
    else if (reserved !== undefined && node.kind === 'resource') check.report(template.place, reserved);
    else if (element === undefined) check.report(template.place, unknownElement(type, name));
    else checkElement(template, element, check, parent);
  }
  checkRequired(shape, type, check);
}

/** What only the top of a document may not say; a contained resource says it (`read` elsewhere) or may. */
function reservedAt(name: string, parent: Element | undefined): string | undefined {
  if (parent !== undefined) return name === 'resourceType' && parent.type === 'Resource' ? 'read' : undefined;
  if (name === 'id') return 'comes from "key" and cannot be written here';
  return name === 'resourceType' ? 'comes from "resource" and cannot be written here' : undefined;
}

/** The element that a property fills; `_name` of a primitive holds its extensions. */
export function elementFor(type: string, name: string): Element | undefined {
  const elements = elementsOf(type);
  const element = elements?.get(name);
  if (element !== undefined || !name.startsWith('_')) return element;
  const primitive = elements?.get(name.slice(1));
  if (primitive?.kind !== 'primitive' || primitive.list) return undefined;
  return { ...primitive, name, type: 'Element', kind: 'datatype', min: 0, targets: [] };
}

function unknownElement(type: string, name: string): string {
  const elements = elementsOf(type)!;
  const choice = nodeOf(type)?.choices.get(name);
  if (choice !== undefined) return `is a choice: write ${choice.map((e) => e.name).join(', ')}`;
  if (name.startsWith('_')) return 'only the extensions of a single primitive element can be written with "_"';
  return `${type} has no element "${name}"${suggestion(name, elements.keys()) || `; it has ${[...elements.keys()].join(', ')}`}`;
}

function checkElement(template: Template, element: Element, check: StructureCheck, parent?: Element): void {
  if (template.kind !== 'list') checkValue(template, element, check, parent);
  else if (!element.list) check.report(template.place, 'holds one value, not a list: remove the "- " or the brackets');
  else for (const item of template.items) checkItem(item, element, check, parent);
}

function checkItem(item: Template, element: Element, check: StructureCheck, parent?: Element): void {
  if (item.kind !== 'list') checkValue(item, element, check, parent);
  else check.report(item.place, 'is a list in a list, which FHIR does not have: remove one level');
}

type Single = Exclude<Template, { kind: 'list' }>;

function checkValue(template: Single, element: Element, check: StructureCheck, parent?: Element): void {
  if (template.kind === 'leaf') checkLeaf(template, element, check, parent);
  else if (template.kind === 'literal') checkLiteral(template, element, check);
  else if (element.kind === 'primitive')
    check.report(template.place, `is a ${element.type}: write a value or an expression, not an object`);
  else {
    const type = element.type === 'Resource' ? containedType(template, check) : element.type;
    if (type !== undefined) checkShape(template, type, check, element);
  }
}

/** A resource inside another names its own type. */
function containedType(shape: Shape, { report }: StructureCheck): string | undefined {
  const type = shape.fields.find((field) => field.name === 'resourceType')?.template;
  if (type?.kind === 'literal' && resourceTypes.has(String(type.value))) return String(type.value);
  report(shape.place, 'holds a resource: write its "resourceType"');
  return undefined;
}

function checkRequired(shape: Shape, type: string, { report }: StructureCheck): void {
  const names = new Set(shape.fields.map((field) => field.name));
  const needed = [...elementsOf(type)!.values()].filter((element) => element.min > 0);
  for (const element of needed) {
    const choice = element.choice && nodeOf(type)!.choices.get(element.choice);
    if (choice ? choice.some((e) => names.has(e.name)) : names.has(element.name)) continue;
    if (choice && choice[0] !== element) continue;
    const name = choice ? choice.map((e) => e.name).join(' or ') : element.name;
    report(
      { ...shape.place, path: `${shape.place.path}.${element.choice ?? element.name}` },
      `is required by R4 and never set: add "${name}:"`,
    );
  }
}
