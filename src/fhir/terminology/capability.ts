/** What the hub knows of codes. https://hl7.org/fhir/R4/terminologycapabilities.html */
import type { Viewer } from '../../store/visibility.ts';
import { introduction, type Program } from '../capability.ts';
import type { Operations } from '../operations.ts';
import type { Terminology } from './terminology.ts';

/** @param viewer whose code systems are told; one without a token sees those that everybody does */
export function terminologyCapabilities(
  { terminology, operations }: { readonly terminology: Terminology; readonly operations: Operations },
  program: Program,
  viewer: Viewer,
  base: string,
): object {
  const expand = operations.all.find((o) => o.code === 'expand');
  const parameters = expand?.parameters.filter((p) => p.use === 'in') ?? [];
  const systems = terminology.systems(viewer).map((uri) => ({ uri, subsumption: false }));
  return {
    ...introduction('TerminologyCapabilities', program, base),
    name: 'MedmostTerminology',
    title: 'Codes that medmost knows',
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
