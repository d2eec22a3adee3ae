/** `isSummary` of the elements at the root of each resource type; a backbone element is in the summary whole or not at all. */
import { type Definitions, elementsOfStructure } from './definitions.ts';

export function buildSummaries(definitions: Definitions, types: readonly string[]): Record<string, string[]> {
  return Object.fromEntries(types.map((type) => [type, summaryOf(definitions, type)]));
}

function summaryOf(definitions: Definitions, type: string): string[] {
  const elements = elementsOfStructure(definitions.structures.get(type)!);
  const marked = elements.filter((e) => e.isSummary === true && e.path.split('.').length === 2);
  return marked.map((e) => e.path.slice(type.length + 1));
}
