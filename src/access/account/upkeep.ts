/** What comes to its end by the clock: children who are of age, counts, links and codes of old. */
import { pruneCodes } from './access-code.sql.ts';
import type { AccountContext } from './account.ts';
import { pruneAttempts } from './attempt.sql.ts';
import { endCards } from './file.ts';
import { pruneLinks } from './link.sql.ts';
import { type MailSettings, startMailer } from './mailer.ts';
import { destroyUnconsented } from './unconsented.ts';

export interface AccountUpkeep {
  stop(): Promise<void>;
}

const minute = 60_000;
const rowsAtOnce = 5000;

/** @param mail as it is configured: without, letters wait and end */
export function startAccountUpkeep(context: AccountContext, mail: MailSettings | undefined): AccountUpkeep {
  const mailer = mail === undefined ? undefined : startMailer(context, mail);
  let round: Promise<void> = Promise.resolve();
  const begin = () => {
    round = round
      .then(() => keepUp(context))
      .catch((err: unknown) => {
        context.log.warn({ err }, 'the upkeep of accounts did not succeed');
      });
  };
  const timer = setInterval(begin, minute);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all([round, mailer?.stop()]);
    },
  };
}

/** One round. */
export async function keepUp(context: AccountContext): Promise<void> {
  const { pool, clock } = context;
  await endCards(context);
  await destroyUnconsented(context);
  const now = new Date(clock());
  for (const prune of [pruneAttempts, pruneLinks, pruneCodes]) await inBatches((limit) => prune(pool, now, limit));
}

async function inBatches(remove: (limit: number) => Promise<number>): Promise<void> {
  while ((await remove(rowsAtOnce)) === rowsAtOnce);
}
