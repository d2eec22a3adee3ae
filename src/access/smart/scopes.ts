/** Which of the scopes that a client asks for it may be given. What it may not be given is left out without a word (RFC 6749, 3.3). */
import { parseResourceScope, type ResourceScope, type ScopeLevel } from '../scope.ts';
import { fixedScopes, type OwnMetadata } from './client.ts';

/** What the FHIR side knows of types and of their searches. */
export interface ScopeRules {
  readonly types: ReadonlySet<string>;
  /** Whether `query` (`status=booked`) is a search that the type has. */
  isConstraint(type: string, query: string): boolean;
}

const fixed = new Set<string>(fixedScopes);

/** More of them than any app needs are a way to make pages and tokens large. */
const mostScopes = 100;

/**
 * @param launch the app was opened by a cabinet, which tells the patient
 * @returns in the order that they were asked for
 */
export function allowedScopes(
  asked: string | undefined,
  client: Pick<OwnMetadata, 'smart_scopes' | 'smart_audience'>,
  rules: ScopeRules,
  launch: boolean,
): string[] {
  const registered = client.smart_scopes.flatMap((one) => parseResourceScope(one) ?? []);
  const levels = levelsOf(client.smart_audience, launch);
  const isAllowed = (text: string) => {
    if (fixed.has(text))
      return client.smart_scopes.includes(text) && isFixedAllowed(text, client.smart_audience, launch);
    const scope = parseResourceScope(text);
    return (
      scope !== undefined &&
      levels.includes(scope.level) &&
      isKnown(scope, rules) &&
      registered.some((most) => covers(most, scope))
    );
  };
  return [...new Set((asked ?? '').split(' '))].slice(0, mostScopes).filter(isAllowed);
}

/** Who works at a clinic looks at the patient whom the cabinet has told; he has no card file to choose from. */
function levelsOf(audience: OwnMetadata['smart_audience'], launch: boolean): ScopeLevel[] {
  if (audience === 'system') return ['system'];
  return audience === 'patient' || launch ? ['patient', 'user'] : ['user'];
}

function isFixedAllowed(text: string, audience: OwnMetadata['smart_audience'], launch: boolean): boolean {
  if (audience === 'system') return false;
  if (text === 'launch') return launch;
  return text !== 'launch/patient' || audience === 'patient' || launch;
}

const isKnown = ({ type, query }: ResourceScope, { types, isConstraint }: ScopeRules) =>
  (type === '*' || types.has(type)) && (query === undefined || isConstraint(type, query));

/** One with a constraint covers only the same constraint; one without covers all. */
function covers(most: ResourceScope, scope: ResourceScope): boolean {
  return (
    most.level === scope.level &&
    (most.type === '*' || most.type === scope.type) &&
    [...scope.permissions].every((permission) => most.permissions.includes(permission)) &&
    (most.query === undefined || most.query === scope.query)
  );
}
