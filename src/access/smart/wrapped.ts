/** Requests put right before the library sees them. Who a client is, and what it may, the library alone decides. */
import type { IncomingHttpHeaders } from 'node:http';
import { createLocalJWKSet, type JWK, jwtVerify } from 'jose';
import type Provider from 'oidc-provider';
import type { AccessKeys } from '../keys.ts';
import type { Desk } from './stage.ts';

/**
 * fhirclient 2.6.3 refreshes for a public client without saying who it is: that is known of the refresh token. A client that has a
 * secret or a key must prove itself as ever.
 */
export async function authenticated(
  provider: Provider,
  headers: IncomingHttpHeaders,
  form: URLSearchParams,
): Promise<URLSearchParams> {
  const says = headers.authorization !== undefined || form.has('client_id') || form.has('client_assertion');
  if (form.get('grant_type') !== 'refresh_token' || says) return form;
  const token = await provider.RefreshToken.find(form.get('refresh_token') ?? '', { ignoreExpiration: true });
  const client = token && (await provider.Client.find(token.clientId!));
  if (client?.clientAuthMethod === 'none') form.set('client_id', client.clientId);
  return form;
}

/**
 * The library asks for the id of a signed token, under which there is a record; one that we have not signed is none. The id itself is no
 * token: it stands in what may be read by others.
 */
export async function unwrapped({ smart, at, provider }: Desk, form: URLSearchParams): Promise<URLSearchParams> {
  const [token, ...more] = form.getAll('token');
  if (token === undefined || token === '' || more.length > 0) return form;
  if (!token.includes('.') && (await provider.RefreshToken.find(token)) !== undefined) return form;
  const id = token.includes('.') ? await idOf(smart.keys, at.issuer, token) : undefined;
  // Without dots it is no signed token, and there is none of that id: not active, nothing to revoke.
  form.set('token', id ?? 'unknown');
  return form;
}

async function idOf({ signing }: AccessKeys, issuer: string, token: string): Promise<string | undefined> {
  const keys = createLocalJWKSet({ keys: signing.map(({ d: _private, ...key }) => key as JWK) });
  try {
    const { payload } = await jwtVerify(token, keys, { issuer, typ: 'at+jwt', algorithms: ['ES256'] });
    return payload.jti;
  } catch {
    return undefined;
  }
}
