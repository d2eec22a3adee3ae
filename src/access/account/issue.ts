/** Issuing an access code: a registry gives it to a person whose documents it has seen. */
import { randomUUID } from 'node:crypto';
import type { Queryable } from '../../postgres.ts';
import { insertCode } from './access-code.sql.ts';
import type { AccountContext } from './account.ts';
import { digestOf, makeCode, readCode } from './code.ts';

export interface IssuedCode {
  /** Digits in fours, to be typed with the СНИЛС. */
  readonly code: string;
  /** What the QR code holds: the token is behind the #, which no browser sends to a server and no server writes down. */
  readonly link: string;
  readonly ends: Date;
}

/**
 * Makes a code; the one that the Patient had is of no use any more. It is told here and never again: only digests are kept.
 * @param db inside a transaction in which the Patient's row is locked
 * @param issuedBy subject of who asks
 */
export async function issueCode(
  { clock, settings, codeKey, url }: AccountContext,
  db: Queryable,
  patient: { readonly id: string; readonly clinic: number },
  issuedBy: string,
): Promise<IssuedCode> {
  const { typed, scanned } = makeCode();
  const created = new Date(clock());
  const ends = new Date(clock() + settings.codeDays * 86_400_000);
  await insertCode(db, {
    ...{ id: randomUUID(), patient: patient.id, clinic: patient.clinic, issuedBy, created, ends },
    typed: digestOf(codeKey, readCode(typed)!),
    scanned: digestOf(codeKey, scanned),
  });
  return { code: typed, link: `${url}/account/attach#${scanned}`, ends };
}
