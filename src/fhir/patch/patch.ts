/** PATCH: a stored resource and what a client sends → the resource as it shall be. https://hl7.org/fhir/R4/http.html#patch */
import { Fault } from '../../fault.ts';
import type { Resource } from '../../store/resource.ts';
import { applyFhirPathPatch } from './fhirpath-patch.ts';
import { applyJsonPatch } from './json-patch.ts';
import { isPlain } from './work.ts';

/** Media types by which a patch is sent; FHIRPath Patch also as XML, read as any resource. */
export const patchTypes = ['application/json-patch+json', 'application/fhir+json', 'application/fhir+xml'] as const;

/**
 * @param resource the current version; it is not changed
 * @param contentType of the request; what follows its `;` does not matter
 * @param body parsed: the list of a JSON Patch, or the Parameters of a FHIRPath Patch
 * @returns the resource after all operations, not yet validated: whoever stores it validates it as an update's
 * @throws Fault 400 bad-request for a patch that is none, 413 too-large, 415 for another format, 422 invalid-content for one that
 * does not fit the resource, `expression` naming the operation
 */
export function applyPatch(resource: Resource, contentType: string | undefined, body: unknown): Resource {
  const patched = patcherOf(contentType)(resource, body);
  const { resourceType, id } = (isPlain(patched) ? patched : {}) as { resourceType?: unknown; id?: unknown };
  if (resourceType !== resource.resourceType || id !== resource.id)
    throw new Fault('invalid-content', 'A patch cannot change or remove resourceType and id.', {
      expression: `${resource.resourceType}.id`,
    });
  return patched as Resource;
}

function patcherOf(contentType: string | undefined): (resource: Resource, body: unknown) => unknown {
  switch (contentType?.replace(/;.*/s, '').trim().toLowerCase()) {
    case 'application/json-patch+json':
      return (resource, body) => withoutEmpty(applyJsonPatch(resource, body));
    case 'application/fhir+json':
    case 'application/fhir+xml':
      return applyFhirPathPatch;
    default:
      throw new Fault('unsupported-media-type', `Send a patch as one of: ${patchTypes.join(', ')}.`, {
        expression: 'http.content-type',
      });
  }
}

/** A list whose last item was removed is no longer there: FHIR has no empty lists and objects. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(withoutEmpty).filter((item) => item !== undefined);
    return items.length === 0 ? undefined : items;
  }
  if (!isPlain(value)) return value;
  const members = Object.entries(value).map(([key, member]) => [key, withoutEmpty(member)] as const);
  const left = members.filter(([, member]) => member !== undefined);
  return left.length === 0 ? undefined : Object.fromEntries(left);
}
