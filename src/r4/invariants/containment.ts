/** Invariants of DomainResource about contained resources and narrative. https://hl7.org/fhir/R4/domainresource.html */
import { has, isObject, itemsOf } from '../json.ts';
import type { InvariantTest, Scope } from './invariant.ts';

export const containmentInvariants: Record<string, InvariantTest> = {
  'dom-2': (r) => itemsOf(r, 'contained').every((c) => !has(c, 'contained')),
  'dom-3': (_, scope) => scope.contained.every((c) => isReferred(c, scope)),
  'dom-4': (r) =>
    itemsOf(r, 'contained').every(
      (c) => !isObject(c.meta) || !(has(c.meta, 'versionId') || has(c.meta, 'lastUpdated')),
    ),
  'dom-5': (r) => itemsOf(r, 'contained').every((c) => !isObject(c.meta) || !has(c.meta, 'security')),
  'dom-6': (r) => isObject(r.text) && has(r.text, 'div'),
};

/** FHIRPath's `'#' + id` is empty without an id, and dom-3 then holds. */
function isReferred(contained: Scope, container: Scope): boolean {
  const { id } = contained.resource;
  return typeof id !== 'string' || container.anchors.has(`#${id}`) || contained.pointsToContainer;
}
