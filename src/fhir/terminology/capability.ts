/** What the hub knows of codes. https://hl7.org/fhir/R4/terminologycapabilities.html */
import { fhirInstant } from '../../instant.ts';
import type { Viewer } from '../../store/visibility.ts';
import { canonicalBase } from '../base.ts';
import type { Program } from '../capability.ts';
import type { Operations } from '../operations.ts';
import type { Terminology } from './terminology.ts';

/** @param viewer whose code systems are told; one without a token sees those that everybody does */
export function terminologyCapabilities(
  { terminology, operations }: { readonly terminology: Terminology; readonly operations: Operations },
  { version, since }: Program,
  viewer: Viewer,
  base: string,
): object {
  const expand = operations.all.find((o) => o.code === 'expand');
  const parameters = expand?.parameters.filter((p) => p.use === 'in') ?? [];
  const systems = terminology.systems(viewer).map((uri) => ({ uri, subsumption: false }));
  return {
    resourceType: 'TerminologyCapabilities',
    id: 'medmost',
    url: `${canonicalBase}/TerminologyCapabilities/medmost`,
    version,
    name: 'MedmostTerminology',
    title: 'Codes that medmost knows',
    status: 'active',
    experimental: false,
    date: fhirInstant(since),
    publisher: 'medmost',
    kind: 'instance',
    software: { name: 'medmost', version },
    implementation: { description: 'medmost', url: base },
    lockedDate: false,
    ...(systems.length > 0 && { codeSystem: systems }),
    expansion: {
      hierarchical: false,
      paging: true,
      incomplete: false,
      parameter: parameters.map(({ name, documentation }) => ({ name, documentation })),
      textFilter: 'A part of the code or of the display, whatever the case.',
    },
    codeSearch: 'explicit',
    validateCode: { translations: false },
    translation: { needsMap: true },
  };
}
