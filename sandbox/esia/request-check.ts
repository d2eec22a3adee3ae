/** What ЕСИА looks at in a request, in this order, at both endpoints and of both profiles. */
import { type Certificate, isValidAt, publicKeyIn } from '../../src/gost/certificate.ts';
import { verifyCms } from '../../src/gost/cms.ts';
import { verify } from '../../src/gost/signature.ts';
import { Refusal } from './refusal.ts';
import { type Client, knownScopes, withHash } from './registry.ts';

export type Profile = 'v1' | 'v2';
export type Endpoint = 'ac' | 'te';

export interface Checked {
  readonly client: Client;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly state: string;
}

export interface CheckGround {
  /** By mnemonic. */
  readonly clients: ReadonlyMap<string, Client>;
  /** ЕСИА's own time. */
  now(): number;
  /** How far the time of a request may be from it. */
  readonly windowSeconds: number;
}

const mandatory: Readonly<Record<Endpoint, readonly string[]>> = {
  ac: ['client_id', 'client_secret', 'redirect_uri', 'response_type', 'state', 'timestamp'],
  te: ['client_id', 'client_secret', 'redirect_uri', 'grant_type', 'code', 'state', 'timestamp', 'token_type'],
};

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** @throws Refusal */
export function checkRequest(
  ground: CheckGround,
  query: URLSearchParams,
  profile: Profile,
  endpoint: Endpoint,
): Checked {
  checkParameters(query, profile, endpoint);
  const { client, certificates } = clientIn(ground, query, profile);
  const time = instantOf(query.get('timestamp')!);
  if (Math.abs(time - ground.now()) > ground.windowSeconds * 1000) throw new Refusal('007015');
  const redirectUri = query.get('redirect_uri')!;
  if (!mayReturn(client, redirectUri)) throw new Refusal('007023');
  const scopes = scopesOf(query.get('scope') ?? '', client);
  const isSigned = profile === 'v2' ? isSignedRaw : isSignedByCms;
  if (!certificates.some((certificate) => isSigned(query, endpoint, certificate))) throw new Refusal('007053');
  return { client, redirectUri, scopes, state: query.get('state')! };
}

/** Whether an error may be told by sending the person there. */
export function mayReturn(client: Client | undefined, redirectUri: string | null): boolean {
  if (client === undefined || redirectUri === null || !URL.canParse(redirectUri)) return false;
  return client.origins.includes(new URL(redirectUri).origin);
}

function checkParameters(query: URLSearchParams, profile: Profile, endpoint: Endpoint): void {
  const names = profile === 'v2' ? [...mandatory[endpoint], 'client_certificate_hash'] : mandatory[endpoint];
  const missing = names.find((name) => (query.get(name) ?? '') === '');
  if (missing !== undefined) throw new Refusal('007014', `[${missing}].`);
  if ((query.get('scope') ?? '') === '') throw new Refusal('007013');
  const isTwice = [...new Set(query.keys())].some((name) => query.getAll(name).length > 1);
  const isWrong =
    endpoint === 'ac'
      ? query.get('response_type') !== 'code' || !['online', 'offline', null].includes(query.get('access_type'))
      : query.get('token_type') !== 'Bearer';
  if (isTwice || isWrong || query.has('approval_prompt') || !uuid.test(query.get('state')!))
    throw new Refusal('007003');
  if (endpoint === 'te' && query.get('grant_type') !== 'authorization_code') throw new Refusal('007009');
}

function clientIn(ground: CheckGround, query: URLSearchParams, profile: Profile) {
  const client = ground.clients.get(query.get('client_id')!);
  if (client === undefined) throw new Refusal('007002');
  const named = profile === 'v2' ? withHash(client, query.get('client_certificate_hash')!) : undefined;
  const certificates = profile === 'v2' ? (named === undefined ? [] : [named]) : client.certificates;
  const valid = certificates.filter((certificate) => isValidAt(certificate, ground.now()));
  if (valid.length === 0) throw new Refusal('007053');
  return { client, certificates: valid };
}

/** `2025.12.29 17:47:23 +0000`. NaN compares as neither early nor late, so an unreadable time is refused here. */
function instantOf(timestamp: string): number {
  const [, year, month, day, time, offset] =
    /^(\d{4})\.(\d\d)\.(\d\d) (\d\d:\d\d:\d\d) ([+-]\d{4})$/.exec(timestamp) ?? [];
  const instant = Date.parse(`${year}-${month}-${day}T${time}${offset?.slice(0, 3)}:${offset?.slice(3)}`);
  if (Number.isNaN(instant)) throw new Refusal('007015');
  return instant;
}

function scopesOf(written: string, client: Client): string[] {
  const scopes = written.split(' ');
  if (!scopes.every((scope) => knownScopes.includes(scope) && client.scopes.includes(scope)))
    throw new Refusal('007006');
  return scopes;
}

/** Raw values with nothing between them; base64 of both alphabets, padded or not, as the real one takes it. */
function isSignedRaw(query: URLSearchParams, endpoint: Endpoint, certificate: Certificate): boolean {
  const names = ['client_id', 'scope', 'scope_org', 'timestamp', 'state', 'redirect_uri'];
  const message = [...names, ...(endpoint === 'te' ? ['code'] : [])].map((name) => query.get(name) ?? '').join('');
  return verify(Buffer.from(message), secretOf(query), publicKeyIn(certificate));
}

function isSignedByCms(query: URLSearchParams, _endpoint: Endpoint, certificate: Certificate): boolean {
  const message = ['scope', 'timestamp', 'client_id', 'state'].map((name) => query.get(name) ?? '').join('');
  return verifyCms(secretOf(query), Buffer.from(message), certificate);
}

const secretOf = (query: URLSearchParams) => Buffer.from(query.get('client_secret')!, 'base64url');
