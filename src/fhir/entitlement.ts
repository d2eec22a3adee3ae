/** Whether a call is within the rights of who asks. What it then finds is filtered in SQL (store/visibility.ts). */
import type { Principal } from '../access/principal.ts';
import { rightsOf } from '../access/rights.ts';
import type { Permission } from '../access/scope.ts';
import { Fault } from '../fault.ts';
import type { Call, Interaction } from './call.ts';
import type { OperationDeclaration } from './operation.ts';
import type { Asked } from './resource.ts';

/** https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources */
const needed: Partial<Record<Interaction, Permission>> = {
  read: 'r',
  vread: 'r',
  'history-instance': 'r',
  'history-type': 's',
  'search-type': 's',
  create: 'c',
  update: 'u',
  patch: 'u',
  delete: 'd',
};

const verbs: Record<Permission, string> = { c: 'create', r: 'read', u: 'change', d: 'delete', s: 'search' };

/** @throws Fault forbidden for what neither the role nor the scopes of the token allow, whatever it is asked about */
export function checkEntitled({ principal }: Asked, { interaction, type }: Pick<Call, 'interaction' | 'type'>): void {
  const permission = needed[interaction];
  if (permission !== undefined) checkMay(principal, type!, permission);
}

/** @throws Fault forbidden */
export function checkOperation({ principal }: Asked, { needs }: OperationDeclaration, { type }: Call): void {
  for (const [of, permission] of needs) checkMay(principal, of === 'its own' ? type! : of, permission);
}

/** @throws Fault forbidden */
export function checkMay(principal: Principal, type: string, permission: Permission): void {
  if (rightsOf(principal).may(type, permission)) return;
  if (principal.limited)
    throw new Fault('forbidden', 'This account is on check: a moderator has not confirmed it yet.', {
      code: 'account-limited',
    });
  throw notInScope(levelOf(principal), type, permission);
}

/** For what changes an account, and not one of the patients whom it acts for. @throws Fault forbidden */
export function checkMayForAccount(principal: Principal, type: string, permission: Permission): void {
  checkMay(principal, type, permission);
  if (!rightsOf(principal).mayForAccount(type, permission)) throw notInScope('user', type, permission);
}

function notInScope(level: string, type: string, permission: Permission): Fault {
  const scope = `${level}/${type}.${permission}`;
  return new Fault('forbidden', `This token may not ${verbs[permission]} ${type}: that is the scope ${scope}.`, {
    code: 'not-in-scope',
    headers: { 'www-authenticate': `Bearer realm="medmost", error="insufficient_scope", scope="${scope}"` },
  });
}

function levelOf({ role }: Principal): string {
  if (role === 'app' || role === 'registry') return 'system';
  return role === 'patient' ? 'patient' : 'user';
}
