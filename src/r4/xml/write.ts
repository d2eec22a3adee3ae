/** A resource in JSON's shape → FHIR XML: elements in the order of R4, nothing left out. https://hl7.org/fhir/R4/xml.html */
import { isObject, type Json } from '../json.ts';
import { expressionOf } from '../reading.ts';
import { escapeAttribute } from './escape.ts';
import { narrativeXml } from './narrative.ts';
import { fhirNamespace, isAttribute, type Part, planOf, type XmlPlan } from './plan.ts';

/** The resource holds something that R4 has no XML for. `expression` is the FHIRPath of it. */
export class UnwritableError extends Error {
  readonly expression: string;

  constructor(expression: string) {
    super(`${expression} cannot be written in XML`);
    this.name = 'UnwritableError';
    this.expression = expression;
  }
}

interface Writing {
  text: string;
  readonly pretty: boolean;
  /** Line end and blanks before the next element; empty when not pretty. */
  indent: string;
  readonly place: (string | number)[];
}

/**
 * @param resource valid R4; decimals may be a `Decimal`
 * @param pretty each element on a line of its own
 * @throws UnwritableError for a type or an element that R4 does not have
 */
export function writeXml(resource: Json, pretty = false): string {
  const writing: Writing = {
    text: '<?xml version="1.0" encoding="UTF-8"?>',
    pretty,
    indent: pretty ? '\n' : '',
    place: [],
  };
  writeResource(writing, resource, ` xmlns="${fhirNamespace}"`);
  return pretty ? `${writing.text}\n` : writing.text;
}

function writeResource(writing: Writing, resource: Json, namespace: string): void {
  const type = resource['resourceType'];
  const plan = typeof type === 'string' ? planOf(type) : undefined;
  if (writing.place.length === 0) writing.place.push(plan?.isResource === true ? plan.name : 'Resource');
  if (plan?.isResource !== true) throw unwritable(writing);
  writeObject(writing, plan.name, namespace, resource, plan);
}

function unwritable({ place }: Writing, step?: string): UnwritableError {
  const [root, ...steps] = step === undefined ? place : [...place, step];
  return new UnwritableError(expressionOf(String(root), steps));
}

function writeObject(writing: Writing, tag: string, attributes: string, value: Json, plan: XmlPlan): void {
  const { indent } = writing;
  writing.text += `${indent}<${tag}${attributes}`;
  if (!plan.isResource) writing.text += attributesOf(writing, value, plan);
  const parts = partsOf(writing, value, plan);
  writing.text += parts.length === 0 ? '/>' : '>';
  if (parts.length === 0) return;
  if (writing.pretty) writing.indent = `${indent}  `;
  for (const part of parts) writePart(writing, value, part);
  writing.indent = indent;
  writing.text += `${indent}</${tag}>`;
}

function attributesOf(writing: Writing, value: Json, plan: XmlPlan): string {
  let text = '';
  for (const name of ['id', 'url']) {
    const held = value[name];
    if (held === undefined || !isAttribute(plan, name)) continue;
    if (typeof held !== 'string') throw unwritable(writing, name);
    text += ` ${name}="${escapeAttribute(held)}"`;
  }
  return text;
}

/** The members that become elements, in the order of R4, which is that of most resources already. */
function partsOf(writing: Writing, value: Json, plan: XmlPlan): Part[] {
  const parts: Part[] = [];
  let last = -1;
  let sorted = true;
  for (const key in value) {
    if (value[key] === undefined || (key === 'resourceType' && plan.isResource) || isAttribute(plan, key)) continue;
    const part = plan.parts.get(key) ?? companionPart(writing, key, value, plan);
    if (part === undefined) continue;
    if (part.order < last) sorted = false;
    last = part.order;
    parts.push(part);
  }
  return sorted ? parts : parts.sort((a, b) => a.order - b.order);
}

/** Of `_name` when there is no `name`, which would be written with it. */
function companionPart(writing: Writing, key: string, value: Json, plan: XmlPlan): Part | undefined {
  const part = key.startsWith('_') ? plan.parts.get(key.slice(1)) : undefined;
  if (part?.element.kind !== 'primitive') throw unwritable(writing, key);
  return value[part.element.name] === undefined ? part : undefined;
}

function writePart(writing: Writing, owner: Json, { element, step }: Part): void {
  const { name, list, kind } = element;
  const value = owner[name];
  const companion = kind === 'primitive' ? owner[`_${name}`] : undefined;
  writing.place.push(step);
  if (list) writeList(writing, element, value ?? [], companion ?? []);
  else writeValue(writing, element, value, companion);
  writing.place.pop();
}

function writeList(writing: Writing, element: Part['element'], values: unknown, companions: unknown): void {
  if (!Array.isArray(values) || !Array.isArray(companions)) throw unwritable(writing);
  for (let i = 0; i < values.length || i < companions.length; i++) {
    writing.place.push(i);
    writeValue(writing, element, values[i], companions[i]);
    writing.place.pop();
  }
}

function writeValue(writing: Writing, element: Part['element'], value: unknown, companion: unknown): void {
  if (element.kind === 'primitive') writePrimitive(writing, element, value ?? undefined, companion ?? undefined);
  else if (!isObject(value)) throw unwritable(writing);
  else if (element.type === 'Resource') writeInner(writing, element.name, value);
  else writeObject(writing, element.name, '', value, planOf(element.type)!);
}

function writeInner(writing: Writing, tag: string, resource: Json): void {
  const { indent } = writing;
  writing.text += `${indent}<${tag}>`;
  if (writing.pretty) writing.indent = `${indent}  `;
  writeResource(writing, resource, '');
  writing.indent = indent;
  writing.text += `${indent}</${tag}>`;
}

function writePrimitive(writing: Writing, { name, type }: Part['element'], value: unknown, companion: unknown): void {
  if (type === 'xhtml' && typeof value === 'string') {
    writing.text += `${writing.indent}${narrativeXml(value)}`;
    return;
  }
  const attribute = value === undefined ? '' : ` value="${escapeAttribute(textOf(writing, value))}"`;
  if (isObject(companion)) writeObject(writing, name, attribute, companion, planOf('Element')!);
  else if (companion === undefined) writing.text += `${writing.indent}<${name}${attribute}/>`;
  else throw unwritable(writing);
}

function textOf(writing: Writing, value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || value instanceof Number) return String(value);
  throw unwritable(writing);
}
