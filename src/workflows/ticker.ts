/** Writes down what time it is in transactions, so that walks of changes know how far back late commits can reach. */
import type { Logger } from 'pino';
import type { Database } from '../postgres.ts';
import { writeTick } from '../store/history.sql.ts';

export interface Ticker {
  stop(): Promise<void>;
}

/** A follower of changes hears again what happened within this time before its last walk, so it is short. */
const secondsBetween = 2;

export async function startTicker(pool: Database, log: Logger): Promise<Ticker> {
  let ticking: Promise<void> = Promise.resolve();
  const tick = () => {
    ticking = writeTick(pool, secondsBetween).catch((err: unknown) =>
      log.warn({ err }, 'the time could not be written down'),
    );
  };
  tick();
  await ticking;
  const timer = setInterval(tick, secondsBetween * 1000);
  return {
    async stop() {
      clearInterval(timer);
      await ticking;
    },
  };
}
