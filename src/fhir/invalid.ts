/** What a validator found in what a client sent → the Fault that tells all of it. */
import { Fault, type FaultIssue } from '../fault.ts';
import type { Issue } from '../r4/issue.ts';
import { isObject } from '../r4/json.ts';
import { type ValidateOptions, validate } from '../r4/validate.ts';
import { linesOf } from '../r4/xml/line.ts';

/** Of one answer. */
export const mostIssues = 100;

/** Modifier extensions are understood by nobody here yet: whoever sends one must hear that it would be passed over. */
export const understood: ReadonlySet<string> = new Set();

/** @throws Fault bad-structure with everything that is wrong with a resource that is to be acted upon */
export function checkValid(resource: unknown, options: Pick<ValidateOptions, 'frameOnly'> = {}): void {
  const issues = validate(resource, { ...options, understood });
  if (issues.length > 0) throw invalid('bad-structure', withLines(resource, issues));
}

/** Of a resource that came as XML. */
export function withLines(resource: unknown, issues: readonly Issue[]): FaultIssue[] {
  if (!isObject(resource) || issues.length === 0) return [...issues];
  const lines = linesOf(
    resource,
    issues.map((i) => i.expression),
  );
  return issues.map((issue, i) => ({ ...issue, ...(lines[i] !== undefined && { line: lines[i] }) }));
}

/** @param issues one at least */
export function invalid(kind: 'bad-structure' | 'invalid-content', issues: readonly FaultIssue[]): Fault {
  const [first, ...others] = issues.slice(0, mostIssues);
  const { code, text, severity: _, ...place } = first!;
  return new Fault(kind, text, { ...place, issueCode: code, issues: others });
}
