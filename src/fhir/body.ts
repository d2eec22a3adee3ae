/** A resource that a client sends: validated as R4 says, with Russian identifiers checked, before anything is done. */
import { Fault } from '../fault.ts';
import { checkIdentifiers, normaliseIdentifier } from '../r4/identifier.ts';
import { validate } from '../r4/validate.ts';
import type { Resource } from '../store/resource.ts';

/** @throws Fault with every issue at once */
export function parseResource(type: string, body: unknown): Resource {
  if (body === null || typeof body !== 'object' || Array.isArray(body))
    throw new Fault('bad-structure', `Send one ${type} as a JSON object.`);
  const { resourceType } = body as { resourceType?: unknown };
  if (resourceType !== type)
    throw new Fault('bad-structure', `The resource sent to /${type} must have "resourceType": "${type}".`, {
      expression: 'resourceType',
    });
  const issues = validate(body).filter((i) => i.severity === 'error');
  if (issues.length > 0) throw invalid(type, 'bad-structure', issues);
  const wrong = checkIdentifiers(body as Resource);
  if (wrong.length > 0) throw invalid(type, 'invalid-content', wrong);
  return withOurIdentifiers(body as Resource);
}

/** СНИЛС and ЕНП under the one system and in the one spelling by which they are found. */
function withOurIdentifiers(resource: Resource): Resource {
  const { identifier } = resource;
  return Array.isArray(identifier) ? { ...resource, identifier: identifier.map(normaliseIdentifier) } : resource;
}

function invalid(
  type: string,
  kind: 'bad-structure' | 'invalid-content',
  issues: readonly { code: string; text: string; expression: string }[],
): Fault {
  const [first, ...others] = issues;
  return new Fault(kind, first!.text, { expression: first!.expression || type, issues: others.slice(0, 50) });
}
