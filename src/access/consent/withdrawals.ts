/**
 * Looks for consents that were withdrawn, however they came to be written. The law gives no time, we give a minute (docs/audit.md);
 * notifications ask with each one that is sent.
 */
import type { Logger } from 'pino';
import type { Clock } from '../../instant.ts';
import { type Database, transaction } from '../../postgres.ts';
import type { Audit } from '../audit/audit.ts';
import { hubItself, revocationsOf } from './revocation.ts';
import { endWithdrawn, type Withdrawn } from './withdrawal.sql.ts';

export interface Withdrawals {
  stop(): Promise<void>;
}

const pauseMilliseconds = 10_000;

interface Ground {
  readonly pool: Database;
  readonly audit: Pick<Audit, 'record'>;
  readonly clock: Clock;
}

/** Ends what stood on consents that were withdrawn, and writes down which apps that were, or does neither. */
export function lookForWithdrawn({ pool, audit, clock }: Ground, since: string): Promise<Withdrawn> {
  return transaction(pool, async (db) => {
    const found = await endWithdrawn(db, since);
    await audit.record(revocationsOf(found.ended, { at: clock(), agent: hubItself }));
    return found;
  });
}

export function startWithdrawals(ground: Ground, log: Logger): Withdrawals {
  let timer: NodeJS.Timeout | undefined;
  let since = '0';
  let looking: Promise<void> = Promise.resolve();
  let isStopped = false;

  async function look(): Promise<void> {
    try {
      const { next, ended } = await lookForWithdrawn(ground, since);
      since = next;
      if (ended.length > 0) log.info({ grants: ended.length }, 'grants have ended with a withdrawn consent');
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
