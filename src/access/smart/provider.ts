/**
 * oidc-provider as a SMART App Launch 2.2 server (https://hl7.org/fhir/smart-app-launch/STU2.2/): its settings. What it does by itself
 * is not here; why each of these is as it is stands in docs/smart.md and in protocols/smart.md, "Ten settings that matter".
 */
import type { JWK } from 'jose';
import type Provider from 'oidc-provider';
import { type Configuration, errors, type KoaContextWithOIDC } from 'oidc-provider';
import { createAdapter, digestOf } from './adapter.sql.ts';
import { fixedScopes, ownMetadata, ownOf, secretDigest } from './client.ts';
import { claimsOf, fhirUserOf, grantOf } from './grant-context.ts';
import { readAccountName, readGrantContext } from './grants.sql.ts';
import { guardedFetch } from './jwks-fetch.ts';
import { failureOf, leaveSource, leftSource } from './library-pages.ts';
import { observe } from './observe.ts';
import { grantNothing, isOwn, ownClientOf } from './own-client.ts';
import { interactionPolicy } from './policy.ts';
import { resourceServerOf } from './resource-server.ts';
import { AddressProvider, tellResponseModes } from './response-modes.ts';
import { onRevocation } from './revoking.ts';
import { onSigningOut } from './signing-out.ts';
import { type Addresses, addressesOf, type Smart } from './smart.ts';
import { onTokenAnswer } from './token-answer.ts';

const hour = 3600;
const day = 24 * hour;

/** Seconds. A grant's life is the upper limit of everything that is given by it. */
export const lives = {
  accessToken: 300,
  code: 60,
  interaction: hour / 2,
  /** Of a browser, and of what is given without offline_access. */
  session: 12 * hour,
  /** Unused. */
  refreshToken: 30 * day,
  offlineGrant: 180 * day,
} as const;

/** Names of the cookies: with https such as only this host may set. */
export const cookieNames = (https: boolean) => ({
  session: `${https ? '__Host-' : ''}medmost-session`,
  interaction: `${https ? '__Secure-' : ''}medmost-interaction`,
  resume: `${https ? '__Secure-' : ''}medmost-resume`,
});

export function createProvider(smart: Smart, rsa: JWK): Provider {
  const at = addressesOf(smart);
  const provider = new AddressProvider(at.issuer, {
    ...lifeSettings,
    ...clientSettings(smart),
    ...peopleSettings(smart, at),
    clients: [ownClientOf(at)],
    adapter: (model) => createAdapter(smart.pool, model),
    jwks: { keys: [...smart.keys.signing.map((key) => ({ ...key, use: 'sig' })), rsa] as never[] },
    routes: { authorization: '/authorize', end_session: '/end', introspection: '/introspect', revocation: '/revoke' },
    responseTypes: ['code'],
    pkce: { required: () => true },
    scopes: [...fixedScopes],
    claims: { openid: ['sub'], fhirUser: ['fhirUser'] },
    extraParams: { aud: checkAudience(at.fhir), launch: null },
    extraTokenClaims: (ctx, token) => claimsOf(smart.pool, ctx, token),
    features: featuresOf(smart, at),
    renderError: (ctx, out, error) => failureOf(at, ctx, out, error),
  });
  // What discovery tells, and whether cookies are secure, goes by the headers of a proxy; `mount.ts` sets them to what is configured.
  provider.proxy = true;
  provider.Client.prototype.compareClientSecret = async function compare(actual: string) {
    return secretDigest(actual) === this.clientSecret;
  };
  provider.use(askAgainWhenOffline);
  provider.use(tellResponseModes);
  provider.use(onTokenAnswer(smart, at));
  provider.use(onSigningOut(smart));
  provider.use(onRevocation(smart));
  observe(provider, smart);
  return provider;
}

const lifeSettings: Configuration = {
  ttl: {
    AccessToken: lives.accessToken,
    ClientCredentials: lives.accessToken,
    AuthorizationCode: lives.code,
    IdToken: lives.accessToken,
    Interaction: lives.interaction,
    Session: lives.session,
    Grant: lives.session,
    RefreshToken: (_ctx, token) => (token.scopes.has('offline_access') ? lives.refreshToken : lives.session),
  },
  rotateRefreshToken: () => true,
  revokeGrantPolicy: () => true,
  // The library would bind one grant of a client to a session; with two tabs the second would end the first. Signing out ends all.
  expiresWithSession: () => false,
  issueRefreshToken: (_ctx, client, code) =>
    client.grantTypeAllowed('refresh_token') && (code.scopes.has('offline_access') || code.scopes.has('online_access')),
};

function clientSettings({ outbound, clock }: Smart): Configuration {
  return {
    clientAuthMethods: ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['RS384', 'ES384'] },
    extraClientMetadata: { properties: [...ownMetadata] },
    assertJwtClientAuthClaimsAndHeader: (_ctx, claims, header, client) => {
      const refuse = (detail: string) => {
        throw new errors.InvalidClientAuth(detail);
      };
      if (Number(claims['exp']) > clock() / 1000 + 300 + 15) refuse('exp is more than five minutes ahead');
      if (typeof header['kid'] !== 'string' || header['kid'] === '') refuse('kid is missing in the header');
      if (header['jku'] !== undefined && header['jku'] !== client['jwksUri'])
        refuse('jku is not the registered address');
    },
    clientBasedCORS: (_ctx, origin, client) => originsOf(client).includes(origin),
    fetch: guardedFetch(outbound, clock),
  };
}

function originsOf(client: unknown): string[] {
  const { redirectUris = [], clientAuthMethod } = client as { redirectUris?: string[]; clientAuthMethod: string };
  const own = clientAuthMethod === 'none' ? redirectUris.map((uri) => new URL(uri).origin) : [];
  return [...own, ...ownOf(client).smart_origins].filter((origin) => origin !== 'null');
}

function peopleSettings(smart: Smart, at: Addresses): Configuration {
  const { pool, keys } = smart;
  const cookie = { signed: true, httpOnly: true, sameSite: 'lax' } as const;
  return {
    cookies: { keys: [...keys.cookies], names: cookieNames(at.https), long: cookie, short: cookie },
    interactions: {
      policy: interactionPolicy(smart),
      url: (_ctx, interaction) => `${at.root}/interaction/${interaction.uid}`,
    },
    /** A new grant for each authorization: an earlier one would change the patient under tokens that are out. */
    loadExistingGrant: async (ctx) => {
      if (isOwn(ctx)) return grantNothing(ctx, at);
      const { oidc } = ctx;
      const grantId = oidc.result?.consent?.grantId;
      return grantId === undefined ? undefined : oidc.provider.Grant.find(grantId);
    },
    findAccount: async (ctx, sub) => {
      if ((await readAccountName(pool, sub)) === undefined) return undefined;
      return { accountId: sub, claims: async () => ({ sub, fhirUser: fhirUserOf(at, grantOf(ctx)) }) };
    },
  };
}

function featuresOf(smart: Smart, at: Addresses): NonNullable<Configuration['features']> {
  const own = (client: { clientId: string }, token: { clientId?: string | undefined }) =>
    client.clientId === token.clientId;
  return {
    devInteractions: { enabled: false },
    userinfo: { enabled: false },
    dPoP: { enabled: false },
    pushedAuthorizationRequests: { enabled: false },
    clientCredentials: { enabled: true },
    // What a token stands on may end before it: a card, a place of work.
    introspection: {
      enabled: true,
      allowedPolicy: async (_ctx, client, token) => own(client, token) && (await stands(smart, token)),
    },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => own(client, token) },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => leaveSource(at, ctx, form),
      postLogoutSuccessSource: (ctx) => leftSource(smart, at, ctx),
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => at.fhir,
      useGrantedResource: () => true,
      getResourceServerInfo: (ctx, resource, client) => resourceServerOf(smart, at, ctx, resource, client),
    },
  };
}

/** Of a program, which stands on itself: whether it is switched on was looked at before. */
async function stands({ pool }: Smart, token: object): Promise<boolean> {
  const { grantId } = token as { grantId?: string };
  return grantId === undefined || (await readGrantContext(pool, digestOf(grantId))) !== undefined;
}

/** Otherwise a token would be given away to a server that only says that it is ours. */
const checkAudience = (fhir: string) => (_ctx: KoaContextWithOIDC, value: unknown) => {
  if (typeof value !== 'string' || value === '') throw new errors.InvalidRequest('aud is required: the FHIR base URL');
  if (value.replace(/\/$/, '') !== fhir) throw new errors.InvalidTarget(`aud must be ${fhir}`);
};

/** The library takes `offline_access` off unless the app has asked for consent, which is asked for anyway. */
async function askAgainWhenOffline(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  const { method, path, query } = ctx;
  if (method === 'GET' && path === '/authorize' && typeof query['scope'] === 'string') {
    const prompts = String(query['prompt'] ?? '')
      .split(' ')
      .filter(Boolean);
    const wanted = query['scope'].split(' ').includes('offline_access');
    if (wanted && !Array.isArray(query['prompt']) && !prompts.includes('none') && !prompts.includes('consent'))
      ctx.query = { ...query, prompt: [...prompts, 'consent'].join(' ') };
  }
  await next();
}
