/** Access tokens: JWT by RFC 9068, signed ES256. The hub's own are made at the command line; those of people and programs by the authorization server. */
import { hash } from 'node:crypto';
import { errors, importJWK, type JWK, type JWTHeaderParameters, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { Fault } from '../fault.ts';
import type { Clock } from '../instant.ts';
import type { AccessKeys } from './keys.ts';
import { type Principal, roles } from './principal.ts';

const ownIssuer = 'medmost';
const ownAudience = 'medmost/fhir';

/** Of a token made at the command line: it says itself what its bearer may. */
const ownClaims = z
  .object({
    sub: z.string().min(1).max(200),
    role: z.enum(roles),
    clinics: z.array(z.string().max(32)).min(1).max(1000),
    patient: z.uuid().optional(),
    scope: z.string().max(4000).optional(),
    exp: z.number(),
  })
  .refine((c) => (c.role === 'patient') === (c.patient !== undefined));

/** Of a token of the authorization server: what its bearer may stands in the database, and may end at any time. */
const grantedClaims = z.object({
  sub: z.string().min(1).max(200),
  client_id: z.string().min(1).max(200),
  scope: z.string().max(4000),
  gid: z.string().max(100).optional(),
  exp: z.number(),
});

/** What a token of the authorization server says. */
export interface Granted {
  readonly client: string;
  readonly scope: string;
  /** Of the table `smart_grant`; absent: the client acts for itself. */
  readonly grant: string | undefined;
}

/** Who the bearer of a token is by now; undefined when what was granted has ended. */
export type Standing = (granted: Granted) => Promise<Principal | undefined>;

/** @param seconds life of the token */
export async function mintToken(
  keys: AccessKeys,
  principal: Principal,
  seconds: number,
  clock: Clock,
): Promise<string> {
  const now = Math.floor(clock() / 1000);
  const { subject, ...rest } = principal;
  const [key] = keys.signing;
  return new SignJWT({ ...rest })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key!.kid! })
    .setSubject(subject)
    .setIssuer(ownIssuer)
    .setAudience(ownAudience)
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .sign(await importJWK(key!));
}

export type Authenticate = (authorization: string | undefined) => Promise<Principal> | Principal;

export interface AuthenticatorOptions {
  readonly keys: AccessKeys;
  readonly clock: Clock;
  /** Of the authorization server, with the FHIR base as audience; without it only the hub's own tokens are taken. */
  readonly server?: { readonly issuer: string; readonly audience: string; readonly standing: Standing };
}

/** A token is looked up by its digest, so that memory holds no usable token. */
interface Seen {
  readonly expires: number;
  readonly granted: Granted | undefined;
  principal: Principal;
  /** When the principal was read. */
  read: number;
  reading: Promise<Principal> | undefined;
}

const cacheLimit = 10_000;
/** Milliseconds that what is ended may go on (RELIABILITY §5.3.11). */
const freshness = 1000;

/**
 * Checks `Authorization: Bearer …`. A token seen before costs a look-up, not a signature check; what stands in the database is read
 * again once a second. @throws Fault unauthenticated
 */
export function createAuthenticator(options: AuthenticatorOptions): Authenticate {
  const { clock } = options;
  const verify = createVerifier(options);
  const seen = new Map<string, Seen>();
  const refresh = (digest: string, known: Seen): Promise<Principal> => {
    known.reading ??= current(options, known.granted!)
      .then((principal) => {
        known.principal = principal;
        known.read = clock();
        return principal;
      })
      .catch((error: unknown) => {
        if (error instanceof Fault) seen.delete(digest);
        throw error;
      })
      .finally(() => {
        known.reading = undefined;
      });
    return known.reading;
  };
  return (authorization) => {
    const token = bearerOf(authorization);
    const digest = hash('sha256', token, 'base64');
    const known = seen.get(digest);
    if (known !== undefined && known.expires > clock()) {
      if (known.granted === undefined || Math.abs(clock() - known.read) < freshness) return known.principal;
      return refresh(digest, known);
    }
    return verify(token).then((checked) => {
      if (seen.size >= cacheLimit) seen.clear();
      seen.set(digest, checked);
      return checked.principal;
    });
  };
}

async function current({ server }: AuthenticatorOptions, granted: Granted): Promise<Principal> {
  const principal = await server!.standing(granted);
  if (principal === undefined) throw refused('This access has ended: sign in again.');
  return principal;
}

const refused = (text: string, cause?: unknown) =>
  new Fault('unauthenticated', text, { expression: 'http.authorization', ...(cause !== undefined && { cause }) });

function bearerOf(authorization: string | undefined): string {
  const token = authorization?.match(/^Bearer +([\w.~+/=-]+)$/i)?.[1];
  if (token === undefined) throw refused('Send an access token in the header "Authorization: Bearer <token>".');
  return token;
}

function createVerifier(options: AuthenticatorOptions): (token: string) => Promise<Seen> {
  const { keys, clock, server } = options;
  const publicKeys = new Map(keys.signing.map(({ d, ...key }) => [key.kid, importJWK(key as JWK, 'ES256')]));
  const keyOf = async ({ kid }: JWTHeaderParameters) => {
    const key = kid === undefined ? undefined : publicKeys.get(kid);
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return key;
  };
  const issuers = [ownIssuer, ...(server === undefined ? [] : [server.issuer])];
  return async (token) => {
    try {
      const common = { algorithms: ['ES256'], typ: 'at+jwt', requiredClaims: ['exp', 'iat', 'sub'] };
      const currentDate = new Date(clock());
      const { payload } = await jwtVerify(token, keyOf, { ...common, issuer: issuers, currentDate });
      const own = payload.iss === ownIssuer;
      if (payload.aud !== (own ? ownAudience : server?.audience)) throw new errors.JWTInvalid('audience');
      if (payload.iat! * 1000 > clock() + 60_000) throw new errors.JWTInvalid('from the future');
      return own ? ownSeen(payload, clock) : await grantedSeen(options, payload);
    } catch (cause) {
      if (cause instanceof Fault && cause.kind === 'unauthenticated') throw cause;
      if (!(cause instanceof errors.JOSEError || cause instanceof z.ZodError)) throw cause;
      const expired = cause instanceof errors.JWTExpired;
      throw refused(
        expired ? 'The access token has expired: get a new one.' : 'The access token is not valid here.',
        cause,
      );
    }
  };
}

function ownSeen(payload: unknown, clock: Clock): Seen {
  const { sub, role, clinics, patient, scope, exp } = ownClaims.parse(payload);
  const principal: Principal = {
    subject: sub,
    role,
    clinics,
    ...(patient !== undefined && { patient }),
    ...(scope !== undefined && { scope }),
  };
  return { expires: exp * 1000, granted: undefined, principal, read: clock(), reading: undefined };
}

async function grantedSeen(options: AuthenticatorOptions, payload: unknown): Promise<Seen> {
  const { client_id: client, scope, gid, exp } = grantedClaims.parse(payload);
  const granted = { client, scope, grant: gid };
  const read = options.clock();
  const principal = await current(options, granted);
  return { expires: exp * 1000, granted, principal, read, reading: undefined };
}
