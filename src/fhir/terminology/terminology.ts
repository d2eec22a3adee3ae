/** The dictionaries of the hub, found by URL or id. They are code and configuration: a restart changes them, nothing else. */
import type { Resource } from '../../store/resource.ts';
import type { Viewer } from '../../store/visibility.ts';
import type { Canonical } from './canonical.ts';
import { type Code, codesOfSet, type Find } from './expansion.ts';

export type TerminologyType = 'CodeSystem' | 'ValueSet' | 'ConceptMap';

export interface Terminology {
  readonly all: readonly Canonical[];
  /** @param canonical a URL, with `|version` or without */
  find(viewer: Viewer, type: TerminologyType, canonical: string): Resource | undefined;
  read(viewer: Viewer, type: TerminologyType, id: string): Resource | undefined;
  /** URLs of the code systems that the viewer may use. */
  systems(viewer: Viewer): readonly string[];
  /** All ConceptMaps that the viewer may use. */
  maps(viewer: Viewer): readonly Resource[];
  /** For a search by `:in` and `:not-in`: undefined when the value set is not known here. @throws Fault too-costly */
  codesOfValueSet(viewer: Viewer, canonical: string): readonly Pick<Code, 'system' | 'code'>[] | undefined;
}

export function createTerminology(all: readonly Canonical[]): Terminology {
  const byUrl = new Map(all.map((one) => [`${one.resource.resourceType} ${one.resource['url']}`, one]));
  const byId = new Map(all.map((one) => [`${one.resource.resourceType} ${one.resource.id}`, one]));
  const shown = (viewer: Viewer, one: Canonical | undefined) =>
    one !== undefined && (one.clinic === 0 || viewer.clinics.includes(one.clinic)) ? one.resource : undefined;
  const visible = (viewer: Viewer, type: TerminologyType) =>
    all
      .filter((one) => one.resource.resourceType === type)
      .map((one) => shown(viewer, one))
      .filter((one) => one !== undefined);
  const find = (viewer: Viewer, type: TerminologyType, canonical: string) => {
    const [url, version] = canonical.split('|', 2) as [string, string?];
    const found = shown(viewer, byUrl.get(`${type} ${url}`));
    return version === undefined || found?.['version'] === version ? found : undefined;
  };
  return {
    all,
    find,
    read: (viewer, type, id) => shown(viewer, byId.get(`${type} ${id}`)),
    systems: (viewer) => visible(viewer, 'CodeSystem').map((one) => String(one['url'])),
    maps: (viewer) => visible(viewer, 'ConceptMap'),
    codesOfValueSet(viewer, canonical) {
      const found = find(viewer, 'ValueSet', canonical);
      const finder: Find = (type, url) => find(viewer, type, url);
      return found === undefined ? undefined : codesOfSet(found, finder);
    },
  };
}
