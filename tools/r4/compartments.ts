/** CompartmentDefinitions → compartment type → resource type → the parameters by which a resource is in it. */
import type { RawTable } from '../../src/r4/raw.ts';
import type { Definitions } from './definitions.ts';

export function buildCompartments(definitions: Definitions, types: readonly string[]): RawTable['compartments'] {
  const built = definitions.compartments.map(({ code, resource = [] }) => {
    const members = resource.filter((r) => types.includes(r.code) && (r.param ?? []).length > 0);
    const sorted = members.sort((a, b) => (a.code < b.code ? -1 : 1));
    return [code, Object.fromEntries(sorted.map((r) => [r.code, r.param as string[]]))] as const;
  });
  return Object.fromEntries(built.sort(([a], [b]) => (a < b ? -1 : 1)));
}
