/** The hub's own page of apps, which signs people in as an app does; there is nothing to choose and nothing to allow. */
import type { ClientMetadata, KoaContextWithOIDC } from 'oidc-provider';
import type { OwnMetadata } from './client.ts';
import type { Addresses } from './smart.ts';

export const ownClient = 'medmost-apps';

export function ownClientOf({ issuer }: Addresses): ClientMetadata {
  const own: OwnMetadata = {
    smart_scopes: ['openid'],
    smart_audience: 'patient',
    smart_clinics: null,
    smart_origins: [],
    policy_link: null,
  };
  return {
    client_id: ownClient,
    client_name: 'medmost',
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    redirect_uris: [`${issuer}/apps`],
    ...own,
  };
}

export const isOwn = ({ oidc }: KoaContextWithOIDC): boolean => oidc.client?.clientId === ownClient;

/** Of nothing: it opens neither data nor tokens. */
export async function grantNothing({ oidc }: KoaContextWithOIDC, { fhir }: Addresses) {
  const grant = new oidc.provider.Grant({ accountId: oidc.account!.accountId, clientId: ownClient });
  grant.addOIDCScope('openid');
  grant.addResourceScope(fhir, 'openid');
  await grant.save();
  return grant;
}
