/** Writes down what time it is in transactions, so that walks of changes know how far back late commits can reach. */
import type { Logger } from 'pino';
import type { Clock } from '../instant.ts';
import type { Database } from '../postgres.ts';
import { adoptCluster } from '../store/generation.sql.ts';
import { writeTick } from '../store/history.sql.ts';

export interface Ticker {
  stop(): Promise<void>;
}

/** A follower of changes hears again what happened within this time before its last walk, so it is short. */
const secondsBetween = 2;
/** Walks bear five seconds between the clocks of a hub and of Postgres. */
const mostApart = 2000;

/** @param clock of this hub, by which it stamps what it writes */
export async function startTicker(pool: Database, clock: Clock, log: Logger): Promise<Ticker> {
  let ticking: Promise<void> = Promise.resolve();
  let isTold = false;

  async function tick(): Promise<void> {
    try {
      const before = clock();
      const { now, adopted } = await writeTick(pool, secondsBetween);
      const apart = Math.max(before - now.getTime(), now.getTime() - clock(), 0);
      if (apart > mostApart && !isTold)
        log.error(
          { milliseconds: apart },
          'the clock of this hub and that of Postgres differ: followers may miss changes',
        );
      isTold = apart > mostApart;
      // Another cluster has taken over under a running hub.
      if (!adopted) await adoptCluster(pool, log);
    } catch (err) {
      log.warn({ err }, 'the time could not be written down');
    }
  }

  const begin = () => {
    ticking = tick();
  };
  begin();
  await ticking;
  const timer = setInterval(begin, secondsBetween * 1000);
  return {
    async stop() {
      clearInterval(timer);
      await ticking;
    },
  };
}
