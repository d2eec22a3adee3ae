/**
 * A document hangs together: what its Composition refers to is in the Bundle, once, and everything in the Bundle is linked with
 * the Composition. https://hl7.org/fhir/R4/documents.html#content, https://hl7.org/fhir/R4/bundle.html#references
 */
import type { Report } from './issue.ts';
import { isObject, itemsOf, type Json } from './json.ts';

interface Found {
  /** FHIRPath below the entry. */
  readonly place: string;
  readonly reference: string;
}

/** For a Bundle that is right otherwise. */
export function checkDocument(bundle: Json, report: Report): void {
  const entries = itemsOf(bundle, 'entry');
  if (bundle.type !== 'document' || entries.length === 0) return;
  const resolve = resolverOf(entries);
  const found = entries.map((e) => referencesIn(e.resource, 'resource'));
  const links = found.map((list, from) => list.map(({ reference }) => resolve(from, reference)));
  for (const [i, { place, reference }] of found[0]!.entries()) {
    const count = links[0]![i]!.length;
    if (count === 1 || !isOwed(place, reference)) continue;
    const fault = count === 0 ? 'is not in this document; add the entry' : 'fits several entries; name the version';
    report.add('value', `${fault}.`, `entry[0].${place}`);
  }
  const reached = reachedFrom(
    0,
    links.map((list) => list.flat()),
  );
  for (const [i, entry] of entries.entries())
    if (entry.fullUrl !== undefined && !reached.has(i))
      report.add('structure', 'is linked with nothing that the Composition refers to; leave it out.', `entry[${i}]`);
}

/** Another document that this one relates to, and what extensions speak of, may be elsewhere. */
function isOwed(place: string, reference: string): boolean {
  return !reference.startsWith('#') && !/\.(relatesTo|extension|modifierExtension|contained|text)\b/.test(place);
}

/** Indices of the entries that a reference from another means, two at most: that it is not one is enough to know. */
function resolverOf(entries: readonly Json[]): (from: number, reference: string) => number[] {
  const byUrl = Map.groupBy(entries.keys(), (i) => entries[i]!.fullUrl);
  const byVersion = Map.groupBy(entries.keys(), (i) => `${entries[i]!.fullUrl}/_history/${versionOf(entries[i]!)}`);
  const bases = entries.map((e) => /^(https?:\/\/.*)\/[A-Z][A-Za-z]+\/[^/]+$/.exec(`${e.fullUrl}`)?.[1]);
  return (from, reference) => {
    const full = /^[A-Za-z][A-Za-z0-9+.-]*:/.test(reference) ? reference : `${bases[from]}/${reference}`;
    return (byUrl.get(full) ?? byVersion.get(full) ?? []).slice(0, 2);
  };
}

function versionOf({ resource }: Json): string {
  const meta = isObject(resource) && isObject(resource.meta) ? resource.meta : {};
  return typeof meta.versionId === 'string' ? meta.versionId : '';
}

/** References, and the URLs of attachments. */
function referencesIn(value: unknown, place: string): Found[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => referencesIn(item, `${place}[${i}]`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const isLink = (key === 'reference' || key === 'url') && typeof member === 'string';
    return isLink ? [{ place, reference: member }] : referencesIn(member, `${place}.${key}`);
  });
}

/** Links count both ways. */
function reachedFrom(start: number, links: readonly (readonly number[])[]): ReadonlySet<number> {
  const back = links.map((): number[] => []);
  for (const [from, list] of links.entries()) for (const to of list) back[to]!.push(from);
  const reached = new Set([start]);
  for (const at of reached) for (const next of [...links[at]!, ...back[at]!]) reached.add(next);
  return reached;
}
