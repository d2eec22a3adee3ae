/**
 * SMART App Launch 2.2 scopes. https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
 * `patient/Appointment.cruds?status=booked`; those of version 1 (`patient/*.read`) mean the same as `rs`, `cud`, `cruds`.
 */

export type Permission = 'c' | 'r' | 'u' | 'd' | 's';
export type ScopeLevel = 'patient' | 'user' | 'system';

export interface ResourceScope {
  readonly level: ScopeLevel;
  /** A type, or `*`. */
  readonly type: string;
  /** In the order `cruds`. */
  readonly permissions: string;
  /** Constraint: a search without `?`; what does not match it is not there. */
  readonly query?: string;
}

const pattern = /^(patient|user|system)\/(\*|[A-Z][A-Za-z]{0,60})\.(read|write|\*|c?r?u?d?s?)(?:\?([^\s"\\]+))?$/;
const version1: Readonly<Record<string, string>> = { read: 'rs', write: 'cud', '*': 'cruds' };

/** @returns undefined for what is no scope of resources: `openid`, `launch/patient`, misspelled ones */
export function parseResourceScope(text: string): ResourceScope | undefined {
  const [, level, type, access = '', query] = pattern.exec(text) ?? [];
  if (level === undefined || type === undefined || access === '') return undefined;
  const old = version1[access];
  if (query !== undefined && (old !== undefined || type === '*')) return undefined;
  return { level: level as ScopeLevel, type, permissions: old ?? access, ...(query !== undefined && { query }) };
}

/** Scopes of resources in a space-separated list; others are left out. */
export function resourceScopes(scope: string): ResourceScope[] {
  return scope.split(' ').flatMap((one) => parseResourceScope(one) ?? []);
}
