/** What the hub itself says in an Encounter that clients keep: how it stands elsewhere. They may send it back or leave it out: it stays. */
import type { Resource } from '../store/resource.ts';

/** How it stands in the record of patients of the region. */
export const caseUrl = 'https://medmost.ru/fhir/StructureDefinition/encounter-regional-record';
/** At which stage it is in the region's process of consultations. */
export const stageUrl = 'https://medmost.ru/fhir/StructureDefinition/encounter-consultation-stage';
/** Numbers of processes, as identifiers. */
export const processSystem = 'https://medmost.ru/fhir/sid/regiz-consultation';

export interface Concept {
  readonly coding?: readonly { readonly system: string; readonly code: string }[];
  readonly text: string;
}

interface Item {
  readonly url?: unknown;
  readonly system?: unknown;
}

const isOwnExtension = ({ url }: Item): boolean => url === caseUrl || url === stageUrl;
const isOwnIdentifier = ({ system }: Item): boolean => system === processSystem;

const listOf = (resource: Resource | undefined, name: string) => (resource?.[name] ?? []) as readonly Item[];

export const withConcept = (resource: Resource, url: string, valueCodeableConcept: Concept): Resource => ({
  ...resource,
  extension: [...listOf(resource, 'extension').filter((one) => one.url !== url), { url, valueCodeableConcept }],
});

export const withProcess = (resource: Resource, value: string): Resource => ({
  ...resource,
  identifier: [...listOf(resource, 'identifier').filter((i) => !isOwnIdentifier(i)), { system: processSystem, value }],
});

/** @param before as it is kept; undefined: it is new */
export function keepOwn(resource: Resource, before: Resource | undefined): Resource {
  const { extension, identifier, ...rest } = resource;
  const extensions = [
    ...listOf(resource, 'extension').filter((one) => !isOwnExtension(one)),
    ...listOf(before, 'extension').filter(isOwnExtension),
  ];
  const identifiers = [
    ...listOf(resource, 'identifier').filter((one) => !isOwnIdentifier(one)),
    ...listOf(before, 'identifier').filter(isOwnIdentifier),
  ];
  return {
    ...rest,
    ...(identifiers.length > 0 && { identifier: identifiers }),
    ...(extensions.length > 0 && { extension: extensions }),
  } as Resource;
}
