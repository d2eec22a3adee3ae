/** Random R4 resources from the table, the same for the same seed: right in structure, invariants left to chance. */

import type { Element } from '../../src/r4/definition.ts';
import { codesOf, elementsOf, nodeOf, systemsOf } from '../../src/r4/table.ts';
import { pick, type Random } from '../support/random.ts';

export type Generated = Record<string, unknown>;

/** Names of elements that are filled far more often than chance would. */
const favoured = new Set(['contained', 'text', 'participant', 'start', 'end', 'period', 'telecom', 'name', 'status']);

export function generateResource(random: Random, type: string, depth = 0): Generated {
  return { resourceType: type, ...generateObject(random, type, depth) };
}

function generateObject(random: Random, type: string, depth: number): Generated {
  const made: Generated = {};
  const elements = [...(elementsOf(type)?.values() ?? [])];
  const choices = new Map([...nodeOf(type)!.choices].map(([name, list]) => [name, pick(random, list).name]));
  for (const element of elements) {
    if (element.choice !== undefined && choices.get(element.choice) !== element.name) continue;
    if (element.min === 0 && random() > likelihood(element, depth)) continue;
    const value = generateElement(random, element, depth);
    if (value !== undefined) made[element.name] = value;
  }
  return made;
}

function likelihood(element: Element, depth: number): number {
  if (element.name === 'extension' || element.name === 'modifierExtension') return 0.03;
  if (depth > 4) return element.kind === 'primitive' ? 0.3 : 0;
  return (favoured.has(element.name) ? 0.7 : 0.35) / (element.kind === 'primitive' ? 1 : 1 + depth * 0.5);
}

function generateElement(random: Random, element: Element, depth: number): unknown {
  if (!element.list) return generateValue(random, element, depth);
  const list = Array.from({ length: 1 + Math.floor(random() * 2.3) }, () => generateValue(random, element, depth));
  const present = list.filter((v) => v !== undefined);
  return present.length === 0 ? undefined : present;
}

function generateValue(random: Random, element: Element, depth: number): unknown {
  if (element.type === 'Resource') return generateInner(random, element, depth);
  if (element.type === 'Reference') return generateReference(random, element);
  if (element.kind === 'primitive') return generatePrimitive(random, element);
  if (element.type === 'CodeableConcept' && element.required !== undefined)
    return { coding: [boundCoding(random, element.required)] };
  if (element.type === 'Coding' && element.required !== undefined) return boundCoding(random, element.required);
  const made = generateObject(random, element.type, depth + 1);
  if (Object.keys(made).some((k) => k !== 'id')) return made;
  const [first] = [...elementsOf(element.type)!.values()].filter((e) => e.kind === 'primitive' && e.name !== 'id');
  if (first === undefined) return { extension: [{ url: 'urn:a', valueString: 'x' }] };
  return { [first.name]: generateElement(random, first, depth) };
}

function boundCoding(random: Random, valueSet: string): Generated {
  const [code, system] = pick(random, [...systemsOf(valueSet)!]);
  return { system, code };
}

const inner = ['Patient', 'Organization', 'Practitioner', 'Slot', 'Appointment', 'Composition', 'MessageHeader'];

function generateInner(random: Random, { name }: Element, depth: number): unknown {
  if (name === 'contained' && depth > 1) return undefined;
  const resource = generateResource(random, pick(random, inner), depth + 2);
  delete resource['contained'];
  return { ...resource, id: pick(random, ['c1', 'c2', 'c3']) };
}

export function generateReference(random: Random, { targets }: Element): Generated {
  const type = pick(random, targets.length > 0 ? targets : ['Patient', 'Practitioner', 'Location']);
  const id = pick(random, ['1', 'a-b', '9f']);
  const forms = [
    { reference: `${type}/${id}` },
    { reference: `${type}/${id}/_history/2`, display: 'кто-то' },
    { reference: `https://example.org/fhir/${type}/${id}` },
    { reference: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' },
    { reference: pick(random, ['#c1', '#c2', '#']) },
    { type, identifier: { system: 'urn:oid:1.2.3', value: '77' } },
    { display: 'без ссылки' },
  ];
  return pick(random, forms);
}

const samples: Record<string, readonly unknown[]> = {
  boolean: [true, false],
  integer: [-3, 0, 7],
  unsignedInt: [0, 15],
  positiveInt: [1, 30],
  decimal: [0, 1.5, -2, 36.6],
  string: ['Ёлкин', 'текст', "O'Brien-Smith", 'a'],
  markdown: ['*текст*'],
  code: ['some-code', 'other'],
  id: ['id-1', 'c1'],
  uri: ['urn:oid:1.2.643.100.3', 'http://example.org/a', '#c1'],
  url: ['http://example.org/b', '#c2'],
  canonical: ['http://example.org/c|1', '#c1', '#'],
  oid: ['urn:oid:1.2.3'],
  uuid: ['urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0'],
  base64Binary: ['aGVsbG8='],
  date: ['2026', '2026-12', '2026-12-01', '1980-02-29'],
  dateTime: ['2026', '2026-12-01', '2026-12-01T09:00:00+03:00', '2026-11-01T00:00:00Z'],
  instant: ['2026-12-01T06:00:00Z', '2026-12-01T09:15:00.500+03:00'],
  time: ['09:00:00', '23:59:60'],
  xhtml: ['<div xmlns="http://www.w3.org/1999/xhtml">текст</div>'],
};

function generatePrimitive(random: Random, element: Element): unknown {
  if (element.required?.endsWith('/mimetypes')) return 'application/pdf';
  if (element.required?.endsWith('/currencies')) return 'RUB';
  const codes = element.required === undefined ? undefined : codesOf(element.required);
  return pick(random, codes === undefined ? samples[element.type]! : [...codes]);
}
