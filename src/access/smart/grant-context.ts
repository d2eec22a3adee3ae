/** What the token that is being made was granted for: read once, for the token, the id_token and the answer. */
import { errors } from 'oidc-provider';
import type { Queryable } from '../../postgres.ts';
import { digestOf } from './adapter.sql.ts';
import { type GrantContext, readGrantContext } from './grants.sql.ts';
import type { Addresses } from './smart.ts';

const grants = new WeakMap<object, GrantContext>();

/** @param ctx of the request */
export const grantOf = (ctx: object): GrantContext | undefined => grants.get(ctx);

/** Claims of an access token. @throws InvalidGrant when what it was granted for has ended */
export async function claimsOf(db: Queryable, ctx: object, token: { kind: string; grantId?: string }) {
  if (token.kind !== 'AccessToken' || token.grantId === undefined) return undefined;
  const gid = digestOf(token.grantId);
  const grant = await readGrantContext(db, gid);
  if (grant === undefined) throw new errors.InvalidGrant('what was granted has ended');
  grants.set(ctx, grant);
  return { gid };
}

/** https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#scopes-for-requesting-identity-data */
export function fhirUserOf({ fhir }: Addresses, grant: GrantContext | undefined): string | undefined {
  if (grant === undefined) return undefined;
  if (grant.role === 'patient') return `${fhir}/Person/${grant.account}`;
  return grant.practitioner === null ? undefined : `${fhir}/Practitioner/${grant.practitioner}`;
}
