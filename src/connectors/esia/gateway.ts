/** Sign-in with Госуслуги through a gateway: the authorization code flow of OAuth 2.0 with an ordinary client secret. */
import { createHash, createHmac } from 'node:crypto';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import type { Identity, IdentityProvider } from '../../identity.ts';
import type { Clock } from '../../instant.ts';
import { esiaFailure, failure } from './failure.ts';
import { gatewayIdentity } from './gateway-person.ts';
import type { GatewaySettings } from './gateway-settings.ts';
import { type Fetch, type Http, jsonOf, openHttp } from './http.ts';

export { type GatewaySettings, gatewaySecrets, gatewaySettings } from './gateway-settings.ts';

interface Connection {
  readonly settings: GatewaySettings;
  readonly http: Http;
  readonly clock: Clock;
}

export function createGateway(settings: GatewaySettings, ground: { clock: Clock; fetch?: Fetch }): IdentityProvider {
  const connection = { settings, http: openHttp(settings, ground.fetch), clock: ground.clock };
  return {
    name: settings.name,
    title: settings.title,
    authorizationUrl: async ({ state, redirectUri }) => authorizationUrl(settings, state, redirectUri),
    identify: (callback) => identify(connection, callback),
    logoutUrl(returnTo) {
      if (settings.logoutPath === undefined) return undefined;
      const query = new URLSearchParams({ client_id: settings.clientId, [settings.logoutParameter]: returnTo });
      return `${settings.url}${settings.logoutPath}?${query}`;
    },
  };
}

function authorizationUrl(settings: GatewaySettings, state: string, redirectUri: string): string {
  const challenge = createHash('sha256').update(verifierOf(settings, state)).digest('base64url');
  const query = new URLSearchParams({
    ...settings.parameters,
    client_id: settings.clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: settings.scopes.join(' '),
    state,
    ...(settings.pkce ? { code_challenge: challenge, code_challenge_method: 'S256' } : {}),
  });
  return `${settings.url}${settings.authorizePath}?${query}`;
}

/** Made of the state, which is of this sign-in alone, and of what only the hub knows: nothing has to be kept between. */
function verifierOf({ clientSecret }: GatewaySettings, state: string): string {
  return createHmac('sha256', clientSecret).update(`pkce ${state}`).digest('base64url');
}

type Callback = Parameters<IdentityProvider['identify']>[0];

async function identify(connection: Connection, callback: Callback): Promise<Identity> {
  const { settings } = connection;
  const { code, error, errorDescription } = callback;
  if (error !== undefined || errorDescription !== undefined) throw esiaFailure(error, errorDescription);
  if (code === undefined || code === '')
    throw failure('esia-unknown', new Error('the callback has neither code nor error'));
  const tokens = await exchange(connection, callback, code);
  const accessToken = tokens['access_token'];
  if (typeof accessToken !== 'string') throw failure('esia-answer', new Error('there is no access token'));
  const subject = await subjectOf(connection, tokens['id_token']);
  const answer = await readUserinfo(connection, accessToken);
  if (subject !== undefined && String(answer['sub']) !== subject)
    throw failure('esia-token', new Error('the person is another than that of the id token'));
  const identity = gatewayIdentity(answer, settings);
  if (settings.confirmedOnly && !identity.confirmed) throw esiaFailure('access_denied', 'ESIA-007055');
  return identity;
}

async function exchange({ settings, http }: Connection, callback: Callback, code: string) {
  const { clientId, clientSecret, clientAuthentication } = settings;
  const client = { client_id: clientId, client_secret: clientSecret };
  const grant = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: callback.redirectUri,
    ...(settings.pkce ? { code_verifier: verifierOf(settings, callback.state) } : {}),
    ...(clientAuthentication === 'basic' ? {} : client),
  };
  const isQuery = clientAuthentication === 'query';
  const answer = await http.send({
    method: 'POST',
    url: `${settings.url}${settings.tokenPath}${isQuery ? `?${new URLSearchParams(grant)}` : ''}`,
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      ...(clientAuthentication === 'basic' ? { authorization: basicOf(clientId, clientSecret) } : {}),
    },
    body: isQuery ? '' : new URLSearchParams(grant).toString(),
  });
  const tokens = jsonOf(answer);
  if (answer.status !== 200) throw esiaFailure(textOf(tokens['error']), textOf(tokens['error_description']));
  return tokens;
}

/** Form-encoded before base64 (RFC 6749 §2.3.1). */
function basicOf(id: string, secret: string): string {
  const encode = (text: string) => new URLSearchParams({ '': text }).toString().slice(1);
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`;
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** @returns undefined where no id token is wished for */
async function subjectOf({ settings, http, clock }: Connection, idToken: unknown): Promise<string | undefined> {
  if (settings.idToken === undefined) return undefined;
  const { issuer, jwks, algorithms } = settings.idToken;
  if (typeof idToken !== 'string') throw failure('esia-token', new Error('there is no id token'));
  const answer = await http.send({ method: 'GET', url: jwks, headers: { accept: 'application/json' } });
  const keys = jsonOf(answer);
  if (answer.status !== 200) throw failure('esia-unavailable', new Error(`keys of the gateway: HTTP ${answer.status}`));
  try {
    const { payload } = await jwtVerify(idToken, createLocalJWKSet(keys as unknown as JSONWebKeySet), {
      issuer,
      audience: settings.clientId,
      algorithms,
      clockTolerance: settings.toleranceSeconds,
      currentDate: new Date(clock()),
      requiredClaims: ['exp', 'iat', 'sub'],
    });
    return String(payload.sub);
  } catch (error) {
    // jose names the claim or the key, never a value.
    throw failure('esia-token', new Error(`the id token: ${(error as Error).message}`));
  }
}

async function readUserinfo({ settings, http }: Connection, accessToken: string) {
  const answer = await http.send({
    method: settings.userinfoMethod,
    url: settings.url + settings.userinfoPath,
    headers: { authorization: `Bearer ${accessToken}`, accept: 'application/json' },
  });
  const told = jsonOf(answer);
  if (answer.status === 403) throw failure('esia-scope', new Error('the person may not be read'));
  if (answer.status !== 200) throw failure('esia-answer', new Error(`the person: HTTP ${answer.status}`));
  return told;
}
