/** A moderator's decision on an account (FEATURES D1): until he has confirmed it, it sees the directory alone. */
import { type Queryable, transaction } from '../../postgres.ts';
import { type AccountRow, endSessions, lockAccount, setState } from './account.sql.ts';
import type { AccountContext } from './account.ts';
import { putSelfCard } from './card.sql.ts';
import { linkProven } from './card-file.ts';
import { writeFile } from './file.ts';
import { blockedLetter, confirmedLetter, refusedLetter } from './letters.ts';
import { type Letter, putLetter } from './mail.ts';

export const decisions = ['confirm', 'refuse', 'block'] as const;
export type Decision = (typeof decisions)[number];

export interface Moderation {
  readonly account: string;
  readonly decision: Decision;
  /** Of a refusal; the person reads it. */
  readonly reason: string | undefined;
  /** He has seen the documents: the owner is given the Patients that are he by СНИЛС, birth date and family name. */
  readonly attach: boolean;
}

const day = 86_400_000;

/** @returns false when there is no such account */
export async function moderate(context: AccountContext, decided: Moderation): Promise<boolean> {
  const { pool, clock } = context;
  const now = new Date(clock());
  return transaction(pool, async (db) => {
    const account = await lockAccount(db, decided.account);
    if (account === undefined || account.state === 'erased') return false;
    await decide(context, db, account, decided, now);
    await writeFile(context, db, account.id);
    const { email } = account;
    if (email !== null)
      await putLetter(context, db, letterOf(context, email, decided), new Date(now.getTime() + 7 * day));
    return true;
  });
}

async function decide(
  context: AccountContext,
  db: Queryable,
  account: AccountRow,
  { decision, reason, attach }: Moderation,
  now: Date,
): Promise<void> {
  if (decision === 'confirm') {
    await setState(db, account.id, 'confirmed', null, now);
    if (attach) await linkProven(context, db, await putSelfCard(db, account.id, account), account, 'moderator');
  } else if (decision === 'refuse') await setState(db, account.id, 'limited', reason ?? null, now);
  else {
    await setState(db, account.id, 'blocked', null, now);
    await endSessions(db, account.id, now);
  }
}

function letterOf({ url }: AccountContext, to: string, { decision, reason = '' }: Moderation): Letter {
  if (decision === 'confirm') return confirmedLetter(to, url);
  return decision === 'refuse' ? refusedLetter(to, url, reason) : blockedLetter(to, url);
}
