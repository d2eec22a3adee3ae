/** What is said of elements that FHIR XML has no place for. */
import type { SaxesTagNS } from 'saxes';
import type { Issue } from '../issue.ts';
import { isResourceType } from '../table.ts';
import { fhirNamespace } from './plan.ts';

export type Tag = SaxesTagNS;

/** The reading ends at so many. */
export const mostIssues = 100;

/** An issue has been noted after which nothing more can be said. */
export class Stop extends Error {}

/** Why an element is no resource that could be taken, and how to mend it. */
export function foreign({ uri, local }: Tag): [what: string, mend: string, code: Issue['code']] {
  if (uri !== fhirNamespace)
    return ['is not in the namespace of FHIR', `declare xmlns="${fhirNamespace}".`, 'structure'];
  return isResourceType(local)
    ? ['is of a type that this server does not take', 'send another.', 'not-supported']
    : ['is of a type that R4 does not have', 'correct the name.', 'structure'];
}

/** The name is repeated only when it looks like a name: it is the sender's. */
export function shown(what: string, name: string): string {
  return /^[A-Za-z_][\w-]{0,63}$/.test(name) ? `${what} "${name}"` : what;
}
