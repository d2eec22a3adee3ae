/**
 * Letters to people. One is written in the transaction that makes it true, so none is lost and none is sent of what was undone; a
 * mailer (mailer.ts) sends it. Their texts are in Russian and hold no word on health.
 */
import { createCipheriv, createDecipheriv, randomBytes, randomUUID } from 'node:crypto';
import type { Queryable } from '../../postgres.ts';
import type { AccountContext } from './account.ts';
import { insertMail } from './mail.sql.ts';

export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** @param ends after which it says nothing of use any more */
export async function putLetter(
  { mailKey, clock }: Pick<AccountContext, 'mailKey' | 'clock'>,
  db: Queryable,
  letter: Letter,
  ends: Date,
): Promise<void> {
  const id = randomUUID();
  await insertMail(db, { id, sealed: seal(mailKey, id, letter), next: new Date(clock()), ends });
}

/** AES-256-GCM; the id is bound to it, so that rows cannot change places. */
function seal(key: Uint8Array, id: string, letter: Letter): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(id));
  return Buffer.concat([nonce, cipher.update(JSON.stringify(letter)), cipher.final(), cipher.getAuthTag()]);
}

/** @throws Error when it was sealed with another key */
export function unseal(key: Uint8Array, id: string, sealed: Buffer): Letter {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12)).setAAD(Buffer.from(id));
  decipher.setAuthTag(sealed.subarray(-16));
  return JSON.parse(Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString()) as Letter;
}
