/** What SMART adds to the answer of the token endpoint, and what is kept so that a signed token can be asked about and ended. */
import { decodeJwt } from 'jose';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { createAdapter, markAnswered } from './adapter.sql.ts';
import { grantOf } from './grant-context.ts';
import type { Addresses, Smart } from './smart.ts';

type Next = () => Promise<void>;

export function onTokenAnswer({ pool }: Smart, { fhir }: Addresses) {
  return async (ctx: KoaContextWithOIDC, next: Next): Promise<void> => {
    await next();
    if (ctx.oidc?.route !== 'token') return;
    ctx.set('pragma', 'no-cache');
    if (ctx.status !== 200) return;
    const body = ctx.body as Record<string, unknown>;
    const context = contextOf(ctx);
    await keepRecord(ctx, String(body['access_token']), context);
    const { AuthorizationCode: code } = ctx.oidc.entities;
    if (code !== undefined) await markAnswered(pool, code.jti);
    ctx.body = { ...body, ...context };
  };

  /** The library neither introspects nor revokes a signed token: it does so with a record under the token's id. */
  async function keepRecord(ctx: KoaContextWithOIDC, token: string, extra: Record<string, unknown>): Promise<void> {
    const { AccessToken: granted } = ctx.oidc.entities;
    const { jti, iat, exp, client_id: clientId, scope, sub } = decodeJwt(token);
    const kind = granted === undefined ? 'ClientCredentials' : 'AccessToken';
    const person = granted && { accountId: sub!, grantId: granted.grantId! };
    const payload = { kind, iat: iat!, exp: exp!, clientId: clientId as string, scope: scope as string, aud: fhir };
    await createAdapter(pool, kind).upsert(jti!, { ...payload, ...person, extra }, exp! - iat!);
  }
}

/** https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#launch-context-arrives-with-your-access_token */
function contextOf(ctx: KoaContextWithOIDC): Record<string, unknown> {
  const grant = grantOf(ctx);
  if (grant === undefined) return {};
  return {
    ...(grant.patient !== null && { patient: grant.patient }),
    ...(grant.encounter !== null && { encounter: grant.encounter }),
    // Whose data they are is shown around the app neither by the pages of sign-in nor by a phone.
    need_patient_banner: true,
  };
}
