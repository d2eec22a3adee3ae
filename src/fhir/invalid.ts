/** What a validator found in what a client sent → the Fault that tells all of it. */
import { Fault } from '../fault.ts';
import type { Issue } from '../r4/issue.ts';
import { type ValidateOptions, validate } from '../r4/validate.ts';

/** Of one answer. */
export const mostIssues = 100;

/** Modifier extensions are understood by nobody here yet: whoever sends one must hear that it would be passed over. */
export const understood: ReadonlySet<string> = new Set();

/** @throws Fault bad-structure with everything that is wrong with a resource that is to be acted upon */
export function checkValid(resource: unknown, options: Pick<ValidateOptions, 'frameOnly'> = {}): void {
  const issues = validate(resource, { ...options, understood });
  if (issues.length > 0) throw invalid('bad-structure', issues);
}

/** @param issues one at least */
export function invalid(kind: 'bad-structure' | 'invalid-content', issues: readonly Issue[]): Fault {
  const [first, ...others] = issues.slice(0, mostIssues);
  const { code, text, expression } = first!;
  return new Fault(kind, text, { issueCode: code, expression, issues: others });
}
