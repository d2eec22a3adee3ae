/** `_elements` and `_summary`: parts of resources. https://hl7.org/fhir/R4/search.html#_summary, #_elements */

import type { Element } from '../../r4/definition.ts';
import { readJson } from '../../r4/json-reader.ts';
import { elementsOf, summaryOf } from '../../r4/table.ts';
import { blame, show } from './blame.ts';

export const summaries = ['true', 'text', 'data', 'count', 'false'] as const;
export type Summary = (typeof summaries)[number];

export interface Subset {
  readonly summary?: 'true' | 'text' | 'data';
  /** Names at the root of the matches. */
  readonly elements?: readonly string[];
}

const subsetted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' };
const always: ReadonlySet<string> = new Set(['resourceType', 'id', 'meta']);

/** @throws Fault for a name that is no element of the type */
export function parseElements(type: string, value: string): string[] {
  const names = value.split(',').filter((name) => name !== '');
  const known = new Set([...elementsOf(type)!.values()].flatMap((e) => [e.name, nameOf(e)]));
  const wrong = names.find((name) => !known.has(name));
  if (names.length === 0 || wrong !== undefined)
    throw blame(
      '_elements',
      `takes names of elements of ${type}, such as ${[...known].slice(-3).join(', ')}; not ${show(wrong ?? '')}`,
    );
  return names;
}

/** As FHIRPath calls it: `deceased` of `deceasedBoolean`. */
const nameOf = (element: Element) => element.choice ?? element.name;

/** The text of a resource with only those of its elements that are wanted and those that it may not lack. */
export function subsetOf(body: string, { summary, elements }: Subset): string {
  const resource = readJson(body).value as Record<string, unknown>;
  const type = String(resource['resourceType']);
  const wanted = wantedOf(type, summary, elements);
  const all = elementsOf(type)!;
  const kept = Object.entries(resource).filter(([name]) => {
    if (always.has(name)) return true;
    const element = all.get(name.replace(/^_/, ''));
    return element === undefined || element.min > 0 || wanted(element);
  });
  const { meta, ...rest } = Object.fromEntries(kept) as { meta?: { tag?: readonly object[] } };
  const { resourceType, id, ...others } = rest as Record<string, unknown>;
  return JSON.stringify({ resourceType, id, meta: { ...meta, tag: [...(meta?.tag ?? []), subsetted] }, ...others });
}

function wantedOf(
  type: string,
  summary: Subset['summary'],
  elements: Subset['elements'],
): (element: Element) => boolean {
  if (elements !== undefined) {
    const names = new Set(elements);
    return (element) => names.has(element.name) || names.has(nameOf(element));
  }
  if (summary === 'text') return (element) => element.name === 'text';
  if (summary === 'data') return (element) => element.name !== 'text';
  const names = summaryOf(type);
  return (element) => names.has(element.choice === undefined ? element.name : `${element.choice}[x]`);
}
