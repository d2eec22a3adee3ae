/** The FHIR API as the authorization server knows it: for each request, the scopes that it may give. */
import { errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import { ownOf } from './client.ts';
import { allowedScopes } from './scopes.ts';
import type { Addresses, Smart } from './smart.ts';

/** @throws InvalidTarget for another resource than our FHIR base; InvalidScope when none of what is asked for may be given */
export function resourceServerOf(
  { scopes: rules, keys }: Pick<Smart, 'scopes' | 'keys'>,
  { fhir }: Addresses,
  ctx: KoaContextWithOIDC,
  resource: string,
  client: unknown,
): ResourceServer {
  if (resource.replace(/\/$/, '') !== fhir) throw new errors.InvalidTarget();
  const { params, entities } = ctx.oidc;
  // At the token endpoint there is no scope, or a narrower one, which the library holds against the token that it stands on.
  const granted = entities.RefreshToken?.scope ?? entities.AuthorizationCode?.scope;
  const asked = (params?.['scope'] as string | undefined) ?? granted;
  // What a cabinet has told was checked when the code was given.
  const launch = granted !== undefined || params?.['launch'] !== undefined;
  const allowed = allowedScopes(asked, ownOf(client), rules, launch);
  if (allowed.length === 0)
    throw new errors.InvalidScope('none of the scopes that were asked for may be given', asked ?? '');
  return {
    scope: allowed.join(' '),
    audience: fhir,
    accessTokenFormat: 'jwt',
    accessTokenTTL: 300,
    jwt: { sign: { alg: 'ES256', kid: keys.signing[0]!.kid! } },
  };
}
