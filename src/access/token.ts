/**
 * Bearer tokens: JWT signed with a key that only this installation has (RFC 9068 profile). Step 3 puts an authorization
 * server in front; what stays is the principal that every read takes.
 */
import { hash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { Fault } from '../fault.ts';
import type { Clock } from '../instant.ts';
import { type Principal, roles } from './principal.ts';

const issuer = 'medmost';
const audience = 'medmost/fhir';

const claims = z
  .object({
    sub: z.string().min(1).max(200),
    role: z.enum(roles),
    clinics: z.array(z.string().max(32)).min(1).max(1000),
    patient: z.uuid().optional(),
    exp: z.number(),
  })
  .refine((c) => (c.role === 'patient') === (c.patient !== undefined));

/** The signing key kept in `file` (mode 0600), made when absent; `MEDMOST_TOKEN_KEY` (base64, ≥ 32 bytes) goes first. */
export function loadTokenKey(file: string): Uint8Array {
  const given = process.env['MEDMOST_TOKEN_KEY'];
  const text = given ?? readKey(file);
  const key = Buffer.from(text, 'base64');
  if (key.length < 32)
    throw new Error(`The token key (${given === undefined ? file : 'MEDMOST_TOKEN_KEY'}) is too short.`);
  return key;
}

function readKey(file: string): string {
  if (!existsSync(file)) makeKey(file);
  return readFileSync(file, 'utf8');
}

/** Two processes that start at once must end with one key, and one that is killed must not leave half a key. */
function makeKey(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, randomBytes(48).toString('base64'), { mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
}

/** @param seconds life of the token */
export function mintToken(key: Uint8Array, principal: Principal, seconds: number, clock: Clock): Promise<string> {
  const now = Math.floor(clock() / 1000);
  const { subject, ...rest } = principal;
  return new SignJWT(rest)
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .setSubject(subject)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .sign(key);
}

export type Authenticate = (authorization: string | undefined) => Promise<Principal> | Principal;

/** Signatures already checked; a token is looked up by its digest, so that memory holds no usable token. */
const cacheLimit = 10_000;

/** Checks `Authorization: Bearer …`. A token seen before costs a look-up, not a signature check. */
export function createAuthenticator(key: Uint8Array, clock: Clock): Authenticate {
  const seen = new Map<string, { principal: Principal; expires: number }>();
  return (authorization) => {
    const token = bearerOf(authorization);
    const digest = hash('sha256', token, 'base64');
    const known = seen.get(digest);
    if (known !== undefined && known.expires > clock()) return known.principal;
    return verify(key, token, clock).then((checked) => {
      if (seen.size >= cacheLimit) seen.clear();
      seen.set(digest, checked);
      return checked.principal;
    });
  };
}

function bearerOf(authorization: string | undefined): string {
  const token = authorization?.match(/^Bearer +([\w.~+/=-]+)$/i)?.[1];
  if (token === undefined)
    throw new Fault('unauthenticated', 'Send an access token in the header "Authorization: Bearer <token>".', {
      expression: 'http.authorization',
    });
  return token;
}

async function verify(key: Uint8Array, token: string, clock: Clock) {
  try {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      typ: 'at+jwt',
      issuer,
      audience,
      requiredClaims: ['exp', 'iat', 'sub'],
      currentDate: new Date(clock()),
    });
    const { sub, role, clinics, patient, exp } = claims.parse(payload);
    const principal: Principal = { subject: sub, role, clinics, ...(patient === undefined ? {} : { patient }) };
    return { principal, expires: exp * 1000 };
  } catch (cause) {
    const expired = cause instanceof errors.JWTExpired;
    const text = expired ? 'The access token has expired: get a new one.' : 'The access token is not valid here.';
    throw new Fault('unauthenticated', text, { expression: 'http.authorization', cause });
  }
}
