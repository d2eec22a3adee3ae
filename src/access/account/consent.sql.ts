/** Statements on `account_consent`: which text a person has consented to, when and where. */
import type { Queryable } from '../../postgres.ts';

export interface ConsentWrite {
  readonly account: string;
  readonly version: string;
  /** SHA-256 of the text, in hex. */
  readonly hash: string;
  readonly at: Date;
  readonly channel: 'web' | 'esia';
}

export async function insertConsent(db: Queryable, c: ConsentWrite): Promise<void> {
  await db.query(
    'insert into account_consent (account, version, hash, at, channel) values ($1, $2, $3, $4, $5) on conflict do nothing',
    [c.account, c.version, c.hash, c.at, c.channel],
  );
}

/** Whether the account stands on a consent to this version that was not withdrawn. */
export async function hasConsent(db: Queryable, account: string, version: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from account_consent where account = $1 and version = $2 and withdrawn_at is null limit 1',
    [account, version],
  );
  return rowCount === 1;
}

/** Whether there is a consent, to whichever version, that can be withdrawn. */
export async function hasAnyConsent(db: Queryable, account: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'select from account_consent where account = $1 and withdrawn_at is null limit 1',
    [account],
  );
  return rowCount === 1;
}

/** All of an account's, to whichever version. @returns whether there was one */
export async function withdrawConsents(db: Queryable, account: string, now: Date): Promise<boolean> {
  const text = 'update account_consent set withdrawn_at = $2 where account = $1 and withdrawn_at is null';
  return ((await db.query(text, [account, now])).rowCount ?? 0) > 0;
}
