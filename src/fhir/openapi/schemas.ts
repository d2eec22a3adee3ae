/** JSON Schemas of what is served, from the R4 table. https://spec.openapis.org/oas/v3.1.0#schema-object */

import type { Element } from '../../r4/definition.ts';
import { codesOf, nodeOf } from '../../r4/table.ts';

export type Schema = Readonly<Record<string, unknown>>;
export type Schemas = Readonly<Record<string, Schema>>;

export const schemaOf = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/**
 * The types and all that they are made of. Extensions, and what R4 says beyond structure (invariants, bindings of concepts), are left
 * to the specification and to `$validate`.
 */
export function schemasOf(types: Iterable<string>): Schemas {
  const schemas: Record<string, Schema> = { ...fixed };
  const open = [...types];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (schemas[name] !== undefined) continue;
    const { schema, parts } = describe(name);
    schemas[name] = schema;
    open.push(...parts);
  }
  return Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const anything = {
  type: 'object',
  description: 'As the specification says: https://hl7.org/fhir/R4/extensibility.html',
};

const fixed: Schemas = {
  Resource: {
    type: 'object',
    description: 'A resource of any type',
    properties: { resourceType: { type: 'string' }, id: { type: 'string' } },
    required: ['resourceType'],
  },
  Extension: { ...anything, properties: { url: { type: 'string', format: 'uri' } }, required: ['url'] },
};

/** Elements that every resource has and that say nothing about this one. */
const left = new Set(['implicitRules', 'modifierExtension']);

function describe(name: string): { schema: Schema; parts: string[] } {
  const node = nodeOf(name)!;
  const elements = [...node.elements.values()].filter((e) => !left.has(e.name));
  const isResource = node.kind === 'resource';
  const properties = Object.fromEntries(elements.map((e) => [e.name, propertyOf(e)]));
  const required = elements.filter((e) => e.min > 0 && e.choice === undefined).map((e) => e.name);
  const all = isResource ? ['resourceType', ...required] : required;
  const schema = {
    type: 'object',
    ...(isResource && { description: `https://hl7.org/fhir/R4/${name.toLowerCase()}.html` }),
    properties: { ...(isResource && { resourceType: { const: name } }), ...properties },
    ...(all.length > 0 && { required: all }),
  };
  return { schema, parts: elements.filter((e) => e.kind !== 'primitive').map(partOf) };
}

const partOf = ({ kind, type }: Element) => (kind === 'resource' ? 'Resource' : type);

function propertyOf(element: Element): Schema {
  const one = element.kind === 'primitive' ? primitiveOf(element) : schemaOf(partOf(element));
  return element.list ? { type: 'array', items: one, minItems: 1 } : one;
}

/** More codes than these are no help to a reader. */
const mostCodes = 40;

function primitiveOf({ type, required }: Element): Schema {
  const codes = required === undefined ? undefined : codesOf(required);
  if (codes !== undefined && codes.size > 0 && codes.size <= mostCodes) return { type: 'string', enum: [...codes] };
  return primitives[type] ?? { type: 'string' };
}

/** What is a string and no more is not here. https://hl7.org/fhir/R4/datatypes.html#primitive */
export const primitives: Schemas = {
  boolean: { type: 'boolean' },
  integer: { type: 'integer', format: 'int32' },
  positiveInt: { type: 'integer', minimum: 1 },
  unsignedInt: { type: 'integer', minimum: 0 },
  decimal: { type: 'number' },
  uri: { type: 'string', format: 'uri-reference' },
  url: { type: 'string', format: 'uri' },
  canonical: { type: 'string', format: 'uri' },
  instant: { type: 'string', format: 'date-time' },
  dateTime: { type: 'string', pattern: '^\\d{4}(-\\d\\d(-\\d\\d(T.+)?)?)?$' },
  date: { type: 'string', pattern: '^\\d{4}(-\\d\\d(-\\d\\d)?)?$' },
  time: { type: 'string', pattern: '^\\d\\d:\\d\\d:\\d\\d' },
  id: { type: 'string', pattern: '^[A-Za-z0-9.-]{1,64}$' },
  base64Binary: { type: 'string', contentEncoding: 'base64' },
};
