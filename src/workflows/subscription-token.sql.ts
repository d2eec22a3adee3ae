/** Statements on `subscription_token`: by what websockets are bound. */
import type { Queryable } from '../postgres.ts';
import type { Subscriber } from './subscription.ts';

export interface BindingToken {
  readonly subscriptions: readonly string[];
  /** Who asked for it. */
  readonly bearer: Subscriber;
  readonly expires: Date;
}

export async function insertToken(db: Queryable, digest: Buffer, token: BindingToken, now: Date): Promise<void> {
  await db.query('delete from subscription_token where expires < $1', [now]);
  await db.query('insert into subscription_token (digest, subscriptions, bearer, expires) values ($1, $2, $3, $4)', [
    digest,
    token.subscriptions,
    JSON.stringify(token.bearer),
    token.expires,
  ]);
}

export async function readToken(db: Queryable, digest: Buffer, now: Date): Promise<BindingToken | undefined> {
  const text = 'select subscriptions, bearer, expires from subscription_token where digest = $1 and expires > $2';
  const { rows } = await db.query<BindingToken>(text, [digest, now]);
  return rows[0];
}
