/** Statements on `account_link`: what a letter asks to be confirmed. */
import { hash, randomBytes } from 'node:crypto';
import type { Queryable } from '../../postgres.ts';

export type LinkPurpose = 'registration' | 'recovery' | 'email';

export interface LinkWrite {
  readonly token: string;
  readonly purpose: LinkPurpose;
  readonly account: string | null;
  readonly email: string;
  readonly content: object | null;
  readonly created: Date;
  readonly ends: Date;
}

/** 256 random bits: nothing else is needed to open what the link is for. */
export const makeToken = (): string => randomBytes(32).toString('base64url');

const digestOf = (token: string) => hash('sha256', token, 'buffer');

export async function insertLink(db: Queryable, l: LinkWrite): Promise<void> {
  await db.query({
    name: 'insert_link',
    text: `insert into account_link (token, purpose, account, email, content, created, ends) values ($1, $2, $3, $4, $5, $6, $7)`,
    values: [digestOf(l.token), l.purpose, l.account, l.email, l.content, l.created, l.ends],
  });
}

export interface LinkRow {
  readonly account: string | null;
  readonly email: string;
  readonly content: unknown;
  readonly created: Date;
}

/** What a link is for; it can still be used. @returns undefined for one that is unknown, used or too old */
export async function readLink(
  db: Queryable,
  purpose: LinkPurpose,
  token: string,
  now: Date,
): Promise<LinkRow | undefined> {
  const { rows } = await db.query<LinkRow>({
    name: 'read_link',
    text: 'select account, email, content, created from account_link where token = $1 and purpose = $2 and ends > $3',
    values: [digestOf(token), purpose, now],
  });
  return rows[0];
}

/** Uses a link up: of many at once, one. */
export async function takeLink(
  db: Queryable,
  purpose: LinkPurpose,
  token: string,
  now: Date,
): Promise<LinkRow | undefined> {
  const { rows } = await db.query<LinkRow>({
    name: 'take_link',
    text: `delete from account_link where token = $1 and purpose = $2 and ends > $3
      returning account, email, content, created`,
    values: [digestOf(token), purpose, now],
  });
  return rows[0];
}

/** All that was sent for an account is of no use any more. */
export async function deleteLinks(db: Queryable, account: string): Promise<void> {
  await db.query('delete from account_link where account = $1', [account]);
}

export async function pruneLinks(db: Queryable, now: Date, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    'delete from account_link where ctid = any(array(select ctid from account_link where ends <= $1 limit $2))',
    [now, limit],
  );
  return rowCount ?? 0;
}
