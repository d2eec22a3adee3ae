/** A resource as it is kept: text that is ready to send, a digest of its content, and the values it is found by. */
import { hash } from 'node:crypto';
import { fhirInstant } from '../instant.ts';
import { parseKept } from '../r4/json-reader.ts';
import { patientOf } from './compartment.ts';
import type { ParameterIds } from './parameters.ts';
import type { Resource } from './resource.ts';
import { searchRows } from './search-rows.ts';
import { accountKey, cardKey } from './visibility.ts';

export interface DocumentWrite {
  readonly type: string;
  readonly id: string;
  /** Number of the clinic in the table `clinic`. */
  readonly clinic: number;
  /** The Patient in whose compartment it is. */
  readonly patient: string | null;
  /** A second key to it: of the account under which it was made. */
  readonly under: string | null;
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
  /** The compartment of what is in none by its content. */
  readonly patient?: string;
  /** Under which it was made; absent: as before, or no account. */
  readonly account?: string;
  /** Of the visit that it belongs to. */
  readonly under?: string;
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
  const patient = origin.patient ?? patientOf(resource, origin.misKey !== undefined);
  return {
    type: resource.resourceType,
    id: resource.id!,
    clinic: origin.clinic,
    patient,
    under: underOf(resource, patient, origin),
    misKey: origin.misKey ?? null,
    mis: origin.mis ?? null,
    hash: origin.misKey === undefined ? null : contentHash(resource),
    values: searchRows(resource.resourceType, resource, origin.zone, parameters),
    resource,
  };
}

function underOf({ resourceType }: Resource, patient: string | null, { account, under }: Origin): string | null {
  if (patient === null) return null;
  if (resourceType === 'Patient') return cardKey(patient);
  return account === undefined ? (under ?? null) : accountKey(account, patient);
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

/** The content of a stored body: without the version and time that its row has. */
export function contentOf(body: string): Resource {
  const { meta, ...rest } = parseKept(body) as Resource;
  const { versionId, lastUpdated, ...kept } = meta ?? {};
  return (Object.keys(kept).length === 0 ? rest : { ...rest, meta: kept }) as Resource;
}
