/**
 * What a role may do at most, and what is left of it by the scopes of a token. Deny by default: a type that is not named here is
 * nobody's. https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html
 */
import type { Principal, Role } from './principal.ts';
import { type Permission, type ResourceScope, resourceScopes } from './scope.ts';

/** What clinics offer, and what explains it; seen by whoever sees the clinic. */
const directory = [
  'Organization',
  'Location',
  'HealthcareService',
  'Practitioner',
  'PractitionerRole',
  'Schedule',
  'Slot',
  'CodeSystem',
  'ValueSet',
  'ConceptMap',
  'OperationDefinition',
  'SearchParameter',
] as const;

type Permissions = Readonly<Record<string, string>>;

const published: Permissions = Object.fromEntries(directory.map((type) => [type, 'rs']));
const own = { ...published, Subscription: 'cruds' };
/** By Schedule/$set-template, where the hub keeps the schedule; a doctor his own. */
const timetable = { Schedule: 'rus' };
const records = {
  Patient: 'cruds',
  Appointment: 'crus',
  Encounter: 'cruds',
  Communication: 'cruds',
  ServiceRequest: 'cruds',
};
/** What the clinic has written, in its own system. */
const papers = { DocumentReference: 'rs', DiagnosticReport: 'rs', Observation: 'rs' };

/** Type → permissions in the order `cruds`. */
const ofRoles: Readonly<Record<Role, Permissions>> = {
  patient: {
    ...own,
    Patient: 'rs',
    Appointment: 'crus',
    Encounter: 'rs',
    Communication: 'rs',
    ServiceRequest: 'rs',
    ...papers,
    Person: 'rus',
    RelatedPerson: 'rds',
    Consent: 'crus',
    // For Patient/$who-saw: there is no search of them.
    AuditEvent: 'r',
  },
  doctor: { ...own, ...timetable, ...records, ...papers, Patient: 'crus', Consent: 'rs' },
  registrar: { ...own, ...timetable, Patient: 'crus', Appointment: 'crus', ServiceRequest: 'crus', Consent: 'crus' },
  moderator: { ...published, Person: 'rus', RelatedPerson: 'rs' },
  app: { ...own, ...records, ...papers, Consent: 'crus' },
  registry: own,
  operator: {
    ...{ ...own, ...timetable, ...records, ...papers },
    ...{ Person: 'rs', RelatedPerson: 'rs', Consent: 'crus', AuditEvent: 'r' },
  },
};

/** An account that no moderator has confirmed yet. */
const limited: Permissions = { ...published, Person: 'rus', RelatedPerson: 'rds', Consent: 'crus' };

export interface Rights {
  /** Without constraint. */
  readonly may: (type: string, permission: Permission) => boolean;
  /** The same by a scope that is not for one patient alone: of what is an account's, and not a patient's. */
  readonly mayForAccount: (type: string, permission: Permission) => boolean;
  /** Types of which all that is visible may be read. */
  readonly types: readonly string[];
  /** Searches, one of which a resource must match; undefined where there is no right, or one without constraint. */
  readonly constraints: (type: string, permission: Permission) => readonly string[] | undefined;
}

/** Levels that mean something to a role: `patient/` is for those who act for patients, `system/` for programs. */
function levelsOf(role: Role): readonly string[] {
  if (role === 'patient') return ['patient', 'user'];
  if (role === 'app' || role === 'registry') return ['system'];
  return ['patient', 'user'];
}

const known = new WeakMap<Principal, Rights>();

export function rightsOf(principal: Principal): Rights {
  let rights = known.get(principal);
  if (rights === undefined) {
    rights = findRights(principal);
    known.set(principal, rights);
  }
  return rights;
}

function findRights({ role, scope, limited: isLimited }: Principal): Rights {
  const most = isLimited ? limited : ofRoles[role];
  const given = scope === undefined ? undefined : resourceScopes(scope).filter((s) => levelsOf(role).includes(s.level));
  const has = (type: string, permission: Permission) => (most[type] ?? '').includes(permission);
  const covering = (type: string, permission: Permission) =>
    given?.filter((s) => (s.type === type || s.type === '*') && s.permissions.includes(permission));
  const mayBy = (type: string, permission: Permission, counts: (s: ResourceScope) => boolean) =>
    has(type, permission) && (covering(type, permission)?.some((s) => s.query === undefined && counts(s)) ?? true);
  const may = (type: string, permission: Permission) => mayBy(type, permission, () => true);
  const mayForAccount = (type: string, permission: Permission) =>
    mayBy(type, permission, ({ level }) => level !== 'patient');
  const types = Object.keys(most).filter((type) => may(type, 'r') || may(type, 's'));
  const constraints = (type: string, permission: Permission) =>
    has(type, permission) ? constraintsOf(covering(type, permission)) : undefined;
  return { may, mayForAccount, types, constraints };
}

/** Scopes add up: one without constraint opens all of the type. */
function constraintsOf(covering: readonly ResourceScope[] | undefined): readonly string[] | undefined {
  if (covering === undefined || covering.length === 0) return undefined;
  const queries = covering.map((s) => s.query);
  return queries.includes(undefined) ? undefined : (queries as string[]);
}
