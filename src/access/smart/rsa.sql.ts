/**
 * The RSA key of id_tokens: OpenID Connect wants RS256 of every server. Other than the keys of `keys.ts` it can't be made of the
 * secret, so it is kept in the database, sealed with it; all hubs of an installation have the same one.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { type Database, transaction } from '../../postgres.ts';
import type { AccessKeys } from '../keys.ts';

/** Keys that were sealed with a secret that is gone are left where they are, and a new one is made. */
export function loadRsaKey(pool: Database, keys: AccessKeys): Promise<JWK> {
  const secrets = keys.derive('id_token RS256');
  return transaction(pool, async (db) => {
    await db.query(`select pg_advisory_xact_lock(hashtext('medmost smart_key'))`);
    const { rows } = await db.query<{ kid: string; sealed: Buffer }>(
      'select kid, sealed from smart_key order by created desc',
    );
    for (const { kid, sealed } of rows) {
      const [jwk] = secrets.flatMap((secret) => unseal(secret, sealed) ?? []);
      if (jwk === undefined) continue;
      // Before the secret that it may be sealed with is taken out of use.
      await db.query('update smart_key set sealed = $2 where kid = $1', [kid, seal(secrets[0]!, jwk)]);
      return jwk;
    }
    const jwk = await makeKey();
    await db.query('insert into smart_key (kid, sealed) values ($1, $2)', [jwk.kid, seal(secrets[0]!, jwk)]);
    return jwk;
  });
}

async function makeKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg: 'RS256', use: 'sig', kid: await calculateJwkThumbprint(jwk) };
}

/** Nonce of 12 bytes, tag of 16, text. */
function seal(secret: Buffer, jwk: JWK): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', secret, nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(jwk)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

function unseal(secret: Buffer, sealed: Buffer): JWK | undefined {
  const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, 12));
  decipher.setAuthTag(sealed.subarray(12, 28));
  try {
    return JSON.parse(Buffer.concat([decipher.update(sealed.subarray(28)), decipher.final()]).toString()) as JWK;
  } catch {
    return undefined;
  }
}
