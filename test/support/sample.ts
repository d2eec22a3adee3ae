/** Resources made from the R4 table with every element filled, for tests that try what the hub says of itself. */

import type { Element } from '../../src/r4/definition.ts';
import { codesOf, nodeOf, systemsOf } from '../../src/r4/table.ts';
import type { Resource } from '../../src/store/resource.ts';

/**
 * The reference that an element holds.
 * @param targets resource types that it may lead to; empty when any may be
 * @param variant samples of one type, and items of one list, have different ones
 */
export type Refer = (targets: readonly string[], variant: number) => string;

/** A valid resource without id. Samples of different variants differ in every value, as far as R4 has several. */
export function sampleOf(type: string, variant: number, refer: Refer): Resource {
  const filled = fill({ refer, trail: [] }, type, type, variant);
  const meta = {
    source: `urn:sample:${variant}`,
    profile: [`http://sample.invalid/StructureDefinition/${type}-${variant}`],
    security: [{ system: 'urn:sample:security', code: `security-${variant}` }],
    tag: [{ system: 'urn:sample:tag', code: `tag-${variant}` }],
  };
  const corrected = (corrections[type] ?? ((r) => r))({ resourceType: type, meta, ...filled });
  return JSON.parse(JSON.stringify(corrected)) as Resource;
}

interface Making {
  readonly refer: Refer;
  /** Nodes that are being filled, to end recursion. */
  readonly trail: readonly string[];
}

const left = new Set(['id', 'contained', 'extension', 'modifierExtension']);
/** At the root only. */
const leftOfResources = new Set(['meta', 'text', 'implicitRules', 'language']);

function fill(making: Making, node: string, place: string, variant: number): Record<string, unknown> {
  const { elements, choices, kind } = nodeOf(node)!;
  const deeper = { ...making, trail: [...making.trail, node] };
  const made: Record<string, unknown> = {};
  for (const element of elements.values()) {
    if (left.has(element.name) || (kind === 'resource' && leftOfResources.has(element.name))) continue;
    if (isOtherChoice(element, choices, variant)) continue;
    const value = valuesOf(deeper, element, `${place}.${element.name}`, variant);
    if (value !== undefined) made[element.name] = value;
  }
  return made;
}

function isOtherChoice({ name, choice }: Element, choices: ReadonlyMap<string, readonly Element[]>, variant: number) {
  if (choice === undefined) return false;
  const list = choices.get(choice)!;
  return list[variant % list.length]!.name !== name;
}

function valuesOf(making: Making, element: Element, place: string, variant: number): unknown {
  if (!element.list) return valueFor(making, element, place, variant);
  const count = element.kind === 'backbone' || element.type === 'Reference' ? 3 : 2;
  const all = Array.from({ length: count }, (_, i) => valueFor(making, element, place, variant * count + i));
  return all[0] === undefined ? undefined : all;
}

function valueFor(making: Making, element: Element, place: string, variant: number): unknown {
  const { type, kind, required } = element;
  if (kind === 'primitive') return primitive(type, required, place, variant);
  if (type === 'CodeableConcept' && required !== undefined) return { coding: [codingOf(required, variant)] };
  const special = specials[type];
  if (special !== undefined) return special(place, variant);
  if (type === 'Reference') return { reference: making.refer(element.targets, variant) };
  // Deeper than this nothing is searched; the end of recursion.
  if (kind === 'resource' || making.trail.includes(type) || making.trail.length > 4) return undefined;
  return fill(making, type, place, variant);
}

function codingOf(valueSet: string, variant: number): object {
  const all = [...(systemsOf(valueSet) ?? [])];
  const [code, system] = all[variant % all.length] ?? [`code-${variant}`, 'urn:sample:code'];
  return { system, code };
}

const day = (variant: number) => String((variant % 27) + 1).padStart(2, '0');
const month = (variant: number) => String((Math.floor(variant / 27) % 12) + 1).padStart(2, '0');
const dateTime = (variant: number, hour = 9) =>
  `2026-${month(variant)}-${day(variant)}T${String(hour).padStart(2, '0')}:30:00+03:00`;

function primitive(type: string, required: string | undefined, place: string, variant: number): unknown {
  const codes = required === undefined ? undefined : [...(codesOf(required) ?? [])];
  if (codes !== undefined && codes.length > 0) return codes[variant % codes.length];
  const name = place.replace(/\W/g, '-').toLowerCase();
  return primitives[type]?.(name, variant);
}

/** Of `code` without codes R4 has units of money, media types and languages of its own. */
const primitives: Readonly<Record<string, (name: string, variant: number) => unknown>> = {
  base64Binary: () => 'bWVkbW9zdA==',
  boolean: (_, v) => v % 2 === 0,
  canonical: (name, v) => `http://sample.invalid/${name}/${v}`,
  code: (name, v) =>
    /contenttype|format|payload|mimetype/.test(name) ? 'text/plain' : /currency/.test(name) ? 'RUB' : `code-${v}`,
  date: (_, v) => `19${60 + (v % 40)}-${month(v)}-${day(v)}`,
  dateTime: (_, v) => dateTime(v),
  decimal: (_, v) => v + 0.5,
  id: (_, v) => `id-${v}`,
  instant: (_, v) => dateTime(v),
  integer: (_, v) => v,
  markdown: (name, v) => `Текст ${v} в ${name}`,
  oid: (_, v) => `urn:oid:1.2.3.${v}`,
  positiveInt: (_, v) => v + 1,
  string: (name, v) => `Ёлка-${v} ${name}`,
  time: (_, v) => `${String(8 + (v % 10)).padStart(2, '0')}:15:00`,
  unsignedInt: (_, v) => v,
  uri: (name, v) => `urn:sample:${name}:${v}`,
  url: (name, v) => `https://sample.invalid/${name}/${v}`,
  uuid: (_, v) => `urn:uuid:00000000-0000-4000-8000-${String(v).padStart(12, '0')}`,
};

const ucum = 'http://unitsofmeasure.org';
const quantity = (_: string, v: number) => ({ value: v + 0.5, unit: 'мин', system: ucum, code: 'min' });

/** Datatypes with rules of their own. */
const specials: Readonly<Record<string, (place: string, variant: number) => unknown>> = {
  Period: (_, v) => ({ start: dateTime(v, 9), end: dateTime(v, 17) }),
  Quantity: quantity,
  SimpleQuantity: quantity,
  Duration: quantity,
  Age: (_, v) => ({ value: v + 20, unit: 'г', system: ucum, code: 'a' }),
  Range: (place, v) => ({ low: quantity(place, v), high: quantity(place, v + 10) }),
  Ratio: (place, v) => ({ numerator: quantity(place, v), denominator: quantity(place, v + 1) }),
  Timing: (_, v) => ({ event: [dateTime(v, 11)] }),
  Dosage: (_, v) => ({ text: `По ${v + 1} таблетке` }),
  Money: (_, v) => ({ value: v + 100, currency: 'RUB' }),
  Attachment: (place, v) => ({
    contentType: 'text/plain',
    title: `Файл ${v}`,
    url: `https://sample.invalid/${place}/${v}`,
  }),
  Annotation: (_, v) => ({ text: `Заметка ${v}`, time: dateTime(v) }),
  Identifier: (place, v) => ({
    system: `urn:sample:${place.replace(/\W/g, '-').toLowerCase()}`,
    value: `${place.split('.')[0]}-${v}`,
    use: 'official',
    type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: v % 2 === 0 ? 'MR' : 'SS' }] },
  }),
  Coding: (place, v) => ({ system: `urn:sample:${last(place)}`, code: `code-${v}`, display: `Понятие ${v}` }),
  CodeableConcept: (place, v) => ({
    coding: [{ system: `urn:sample:${last(place)}`, code: `code-${v}`, display: `Понятие ${v}` }],
    text: `Понятие ${v} в ${last(place)}`,
  }),
};

const last = (place: string) => place.slice(place.lastIndexOf('.') + 1).toLowerCase();

type Correct = (resource: Resource) => Resource;

/** What R4's own invariants of a type want. */
const corrections: Readonly<Record<string, Correct>> = {
  Appointment: ({ cancelationReason, ...rest }) => ({
    ...rest,
    resourceType: 'Appointment',
    start: (rest['requestedPeriod'] as { start: string }[])[0]!.start,
    end: (rest['requestedPeriod'] as { end: string }[])[0]!.end,
    ...(/cancelled|noshow/.test(String(rest['status'])) && { cancelationReason }),
  }),
  // One with a value has neither components nor a reason why there is none; of the kinds that are not searched it is left out.
  Observation: ({ dataAbsentReason, component, valueBoolean, valueInteger, valueRange, ...rest }) => ({
    ...rest,
    resourceType: 'Observation',
    ...(!Object.keys(rest).some((name) => name.startsWith('value')) && { dataAbsentReason, component }),
  }),
  Organization: (organization) => ({
    ...organization,
    telecom: (organization['telecom'] as object[]).map((t) => ({ ...t, use: 'work' })),
    address: (organization['address'] as object[]).map((a) => ({ ...a, use: 'work' })),
  }),
  OperationDefinition: (definition) => ({
    ...definition,
    parameter: (definition['parameter'] as object[]).map((p) => ({
      ...p,
      type: 'string',
      part: undefined,
      targetProfile: undefined,
    })),
  }),
  SearchParameter: ({ chain, ...rest }) => ({
    ...rest,
    resourceType: 'SearchParameter',
    ...(rest['type'] === 'reference' && { chain }),
  }),
  ValueSet: (set) => {
    const { include, exclude, ...compose } = set['compose'] as { include: object[]; exclude: object[] };
    const byFilter = (list: object[]) => list.map((part) => ({ ...part, concept: undefined, valueSet: undefined }));
    return { ...set, compose: { ...compose, include: byFilter(include), exclude: byFilter(exclude) } };
  },
  // What a hub takes: it looks at where it shall send, and understands the search.
  Subscription: ({ meta, reason, contact }) => ({
    resourceType: 'Subscription',
    ...(meta !== undefined && { meta }),
    status: 'requested',
    reason,
    contact,
    criteria: `Patient?_tag=${(meta!['tag'] as { code: string }[])[0]!.code}`,
    channel: { type: 'websocket' },
  }),
};
