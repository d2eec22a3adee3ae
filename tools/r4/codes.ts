/** Value sets of required bindings → the codes in them, by code system. */
import type { CodeSystemConcept, ValueSetComposeInclude } from '@medplum/fhirtypes';
import type { RawCodes, RawNode } from '../../src/r4/raw.ts';
import type { Definitions } from './definitions.ts';

/** Sets of more codes, which nobody chooses from by hand, are not worth their place when they only advise. */
const mostAdvised = 100;

/**
 * Codes of every required binding in `nodes`, and of the small ones that are extensible or preferred; a set that R4's own files
 * cannot enumerate (BCP-13, ISO 4217) is left out.
 */
export function buildCodes(definitions: Definitions, nodes: Record<string, RawNode>): Record<string, RawCodes> {
  const elements = Object.values(nodes).flatMap((n) => Object.values(n.elements));
  const built: Record<string, RawCodes> = {};
  for (const url of distinct(elements.flatMap((e) => e.required ?? []))) {
    const codes = expandValueSet(definitions, url);
    if (codes !== undefined) built[url] = codes;
  }
  for (const url of distinct(elements.flatMap((e) => e.extensible ?? e.preferred ?? []))) {
    const codes = built[url] ?? expandIfUnderstood(definitions, url);
    const count = Object.values(codes ?? {}).flat().length;
    if (codes !== undefined && count > 0 && count <= mostAdvised) built[url] = codes;
  }
  return Object.fromEntries(Object.entries(built).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function distinct(urls: readonly string[]): string[] {
  return [...new Set(urls)].sort();
}

function expandIfUnderstood(definitions: Definitions, url: string): RawCodes | undefined {
  try {
    return expandValueSet(definitions, url);
  } catch {
    return undefined;
  }
}

function expandValueSet(definitions: Definitions, url: string): RawCodes | undefined {
  const compose = definitions.valueSets.get(url)?.compose;
  if (compose === undefined) return undefined;
  const built: RawCodes = {};
  for (const include of compose.include) {
    const codes = expandInclude(definitions, include);
    if (codes === undefined) return undefined;
    for (const [system, list] of Object.entries(codes))
      built[system] = [...new Set([...(built[system] ?? []), ...list])];
  }
  for (const exclude of compose.exclude ?? []) removeCodes(built, expandInclude(definitions, exclude), url);
  return built;
}

function removeCodes(built: RawCodes, codes: RawCodes | undefined, url: string): void {
  if (codes === undefined) throw new Error(`${url} excludes what cannot be enumerated`);
  for (const [system, list] of Object.entries(codes))
    built[system] = (built[system] ?? []).filter((code) => !list.includes(code));
}

function expandInclude(definitions: Definitions, include: ValueSetComposeInclude): RawCodes | undefined {
  if (include.system === undefined) {
    const sets = (include.valueSet ?? []).map((url) => expandValueSet(definitions, url.split('|')[0]!));
    if (sets.length !== 1) throw new Error(`an include of ${sets.length} value sets is not understood`);
    return sets[0];
  }
  if (include.concept !== undefined) return { [include.system]: include.concept.map((c) => c.code!) };
  const concepts = definitions.codeSystems.get(include.system)?.concept;
  if (concepts === undefined) return undefined;
  return { [include.system]: filterConcepts(concepts, include) };
}

function filterConcepts(concepts: readonly CodeSystemConcept[], include: ValueSetComposeInclude): string[] {
  const filters = include.filter ?? [];
  if (filters.length === 0) return codesBelow(concepts);
  const [filter] = filters;
  if (filters.length > 1 || filter?.op !== 'is-a' || filter.property !== 'concept')
    throw new Error(`filter of ${include.system} is not understood: ${JSON.stringify(filters)}`);
  const root = findConcept(concepts, filter.value!);
  if (root === undefined) throw new Error(`${include.system} has no concept ${filter.value}`);
  return codesBelow([root]);
}

function findConcept(concepts: readonly CodeSystemConcept[], code: string): CodeSystemConcept | undefined {
  for (const concept of concepts) {
    const found = concept.code === code ? concept : findConcept(concept.concept ?? [], code);
    if (found !== undefined) return found;
  }
  return undefined;
}

function codesBelow(concepts: readonly CodeSystemConcept[]): string[] {
  return concepts.flatMap((c) => [...(isAbstract(c) ? [] : [c.code!]), ...codesBelow(c.concept ?? [])]);
}

/** A code that only groups others, as `question` in item-type, may not be used. */
function isAbstract(concept: CodeSystemConcept): boolean {
  return concept.property?.some((p) => p.code === 'notSelectable' && p.valueBoolean === true) ?? false;
}
