/** A resource as it is kept: text that is ready to send, a digest of its content, and the values it is found by. */
import { hash } from 'node:crypto';
import { Fault } from '../fault.ts';
import { fhirInstant } from '../instant.ts';
import type { SearchValue } from '../r4/values.ts';
import type { ParameterIds } from './parameters.ts';
import { isId, type Resource } from './resource.ts';

export interface DocumentWrite {
  readonly type: string;
  readonly id: string;
  /** Number of the clinic in the table `clinic`. */
  readonly clinic: number;
  /** The Patient in whose compartment it is. */
  readonly patient: string | null;
  readonly version: number;
  readonly updated: number;
  readonly misKey: string | null;
  readonly mis: object | null;
  /** `contentHash` of what came from a MIS, null of what did not. */
  readonly hash: Buffer | null;
  readonly body: string;
  /** Array of `search_value` rows as Postgres reads it. */
  readonly values: string;
}

export interface Origin {
  readonly clinic: number;
  /** IANA zone in which dates without a zone are days. */
  readonly zone: string;
  readonly misKey?: string;
  readonly mis?: object;
}

/** SHA-1 of the content without version and time. */
export function contentHash(resource: Resource): Buffer {
  return hash('sha1', JSON.stringify(resource), 'buffer');
}

/** All of a document that does not depend on its version. */
export interface Draft extends Omit<DocumentWrite, 'version' | 'updated' | 'body'> {
  readonly resource: Resource;
}

/** Finds the values that the resource is found by. @throws Fault bad-value when it could not be written down */
export function draftDocument(resource: Resource, origin: Origin, parameters: ParameterIds): Draft {
  return {
    type: resource.resourceType,
    id: resource.id!,
    clinic: origin.clinic,
    patient: patientOf(resource),
    misKey: origin.misKey ?? null,
    mis: origin.mis ?? null,
    hash: origin.misKey === undefined ? null : contentHash(resource),
    values: searchRows(resource.resourceType, resource, origin.zone, parameters),
    resource,
  };
}

/** @param version the version to write, 1 creates */
export function stampDocument({ resource, ...draft }: Draft, version: number, updated: number): DocumentWrite {
  const { resourceType, id, meta, ...rest } = resource;
  const stamped = { ...meta, versionId: String(version), lastUpdated: fhirInstant(updated) };
  return { ...draft, version, updated, body: JSON.stringify({ resourceType, id, meta: stamped, ...rest }) };
}

/** A document that is written at once. @throws Fault bad-value when it could not be written down */
export function prepareDocument(
  resource: Resource,
  version: number,
  updated: number,
  origin: Origin,
  parameters: ParameterIds,
): DocumentWrite {
  return stampDocument(draftDocument(resource, origin, parameters), version, updated);
}

interface Participant {
  actor?: { reference?: string };
}

/** The patient compartment as far as it is needed now: a Patient is in its own, an Appointment in its patient's. */
function patientOf(resource: Resource): string | null {
  if (resource.resourceType === 'Patient') return resource.id!;
  if (resource.resourceType !== 'Appointment') return null;
  for (const { actor } of (resource['participant'] as Participant[] | undefined) ?? [])
    if (actor?.reference?.startsWith('Patient/')) return actor.reference.slice('Patient/'.length);
  return null;
}

/** Rows of `search_value[]`: (kind, parameter, a, b). */
export function searchRows(type: string, resource: Resource, zone: string, parameters: ParameterIds): string {
  const rows = new Set<string>();
  for (const value of parameters.extractorOf(type)(resource, { zone })) {
    const row = rowOf(value);
    if (row !== undefined) rows.add(quote(composite(row[0], parameters.of(type, value.code).id, row[1], row[2])));
  }
  return `{${[...rows].join(',')}}`;
}

function rowOf(value: SearchValue): readonly [kind: string, a: string, b: string] | undefined {
  switch (value.kind) {
    case 'token':
      return value.system === undefined && value.value === undefined
        ? undefined
        : ['t', indexable(value.system ?? ''), indexable(value.value ?? '')];
    case 'uri':
      return ['t', '', indexable(value.uri)];
    case 'reference':
      return value.id === undefined || !isId(value.id) ? undefined : ['r', value.type ?? '', value.id];
    case 'date':
      return ['d', timestamp(value.low), timestamp(value.high)];
    case 'string':
      return ['s', indexable(value.folded), indexable(value.text)];
    default:
      return undefined;
  }
}

/** A row of a Postgres index has at most 2,704 bytes, and two values share it with a few numbers. */
const longestValue = 1200;

/** Known here and not from Postgres, so that nothing is begun that could not be written down. @throws Fault bad-value */
function indexable(text: string): string {
  if (Buffer.byteLength(text) > longestValue)
    throw new Fault('bad-value', `A value by which resources are searched has more than ${longestValue} bytes.`);
  if (text.includes('\0')) throw new Fault('bad-value', 'A text holds the character U+0000.');
  return text;
}

const yearOne = Date.parse('0001-01-01T00:00:00Z');
const yearTenThousand = Date.parse('+010000-01-01T00:00:00Z');

/**
 * An open end is infinity, and so is what lies outside of FHIR's years 1 to 9999: the day 9999-12-31, by which many mean an
 * open end, ends in a year that ISO 8601 and Postgres write differently.
 */
function timestamp(instant: number): string {
  if (instant >= yearTenThousand) return 'infinity';
  return instant < yearOne ? '-infinity' : new Date(instant).toISOString();
}

const composite = (kind: string, parameter: number, a: string, b: string) =>
  `(${kind},${parameter},${quoteField(a)},${quoteField(b)})`;

/** Most are addresses and codes that need no quotes; each quote would be escaped twice more on its way. */
const quoteField = (text: string) => (/^[\w.:/+-]+$/.test(text) ? text : quote(text));

/** Quotes for a composite and, the same way, for an array element. */
const quote = (text: string) => `"${text.replace(/["\\]/g, (c) => `\\${c}`)}"`;
