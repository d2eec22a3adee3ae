/**
 * Looks for consents that were withdrawn, however they came to be written. The law gives no time, we give a minute (docs/audit.md);
 * notifications ask with each one that is sent.
 */
import type { Logger } from 'pino';
import type { Database } from '../../postgres.ts';
import { endWithdrawn } from './withdrawal.sql.ts';

export interface Withdrawals {
  stop(): Promise<void>;
}

const pauseMilliseconds = 10_000;

export function startWithdrawals(pool: Database, log: Logger): Withdrawals {
  let timer: NodeJS.Timeout | undefined;
  let since = '0';
  let looking: Promise<void> = Promise.resolve();
  let isStopped = false;

  async function look(): Promise<void> {
    try {
      const { next, ended } = await endWithdrawn(pool, since);
      since = next;
      if (ended > 0) log.info({ grants: ended }, 'grants have ended with a withdrawn consent');
    } catch (err) {
      log.error({ err }, 'withdrawn consents could not be looked for; trying on');
    }
    if (!isStopped) timer = setTimeout(begin, pauseMilliseconds);
  }

  function begin(): void {
    looking = look();
  }

  begin();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
