/**
 * The secret of an installation and the keys made of it. Tokens are signed ES256 (RFC 7518), so that whoever checks them cannot
 * make them; all hubs that share the secret share the keys.
 */
import { hash, hkdfSync, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { p256 } from '@noble/curves/nist.js';
import type { JWK } from 'jose';

export interface AccessKeys {
  /** Private keys for ES256 with `kid`: the first signs, the others are of earlier secrets and only verify. */
  readonly signing: readonly JWK[];
  /** For cookies of sign-in pages, the newest first. */
  readonly cookies: readonly string[];
  /** Thirty-two bytes made of the secret for one purpose, of each secret, the newest first. */
  derive(purpose: string): readonly Buffer[];
}

/**
 * Of the secrets kept in `file` (mode 0600, made when absent); `MEDMOST_TOKEN_KEY` goes first. Each is base64 of at least 32 bytes.
 * Several are separated by spaces or lines, the newest first: a new one in front signs, what the earlier ones signed stays good.
 */
export function loadKeys(file: string): AccessKeys {
  const given = process.env['MEDMOST_TOKEN_KEY'];
  const secrets = (given ?? readSecrets(file)).split(/\s+/).filter(Boolean);
  return keysOf(
    secrets.map((text) => Buffer.from(text, 'base64')),
    given === undefined ? file : 'MEDMOST_TOKEN_KEY',
  );
}

/** @param source where the secrets are from, for the error */
export function keysOf(secrets: readonly Uint8Array[], source = 'The secret'): AccessKeys {
  if (secrets.length === 0 || secrets.some((s) => s.length < 32))
    throw new Error(`The token key (${source}) is too short.`);
  const derive = (purpose: string, length = 32) =>
    secrets.map((s) => Buffer.from(hkdfSync('sha512', s, 'medmost', purpose, length)));
  return {
    signing: derive('access token ES256', 48).map(signingKey),
    cookies: derive('cookie').map((key) => key.toString('base64url')),
    derive: (purpose) => derive(purpose),
  };
}

/** @param seed from which a key of P-256 is made by FIPS 186-5, A.2.1 */
function signingKey(seed: Buffer): JWK {
  const secret = p256.utils.randomSecretKey(seed);
  const point = Buffer.from(p256.getPublicKey(secret, false));
  const [x, y] = [point.subarray(1, 33), point.subarray(33)].map((part) => part.toString('base64url'));
  // RFC 7638: a thumbprint is of these members in this order.
  const kid = hash('sha256', JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }), 'base64url');
  return { kty: 'EC', crv: 'P-256', x: x!, y: y!, d: Buffer.from(secret).toString('base64url'), alg: 'ES256', kid };
}

function readSecrets(file: string): string {
  if (!existsSync(file)) makeSecret(file);
  return readFileSync(file, 'utf8');
}

/** Two processes that start at once must end with one secret, and one that is killed must not leave half of it. */
function makeSecret(file: string): void {
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
