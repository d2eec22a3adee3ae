/** Deletes what has expired, in rounds. */
import type { Logger } from 'pino';
import type { Queryable } from '../../postgres.ts';
import { pruneSmart } from './upkeep.sql.ts';

export interface SmartUpkeep {
  stop(): Promise<void>;
}

const minute = 60_000;
const rowsAtOnce = 5000;

export function startSmartUpkeep(db: Queryable, log: Logger): SmartUpkeep {
  let round: Promise<void> = Promise.resolve();
  const begin = () => {
    round = round.then(async () => {
      try {
        await pruneSmart(db, rowsAtOnce);
      } catch (err) {
        log.warn({ err }, 'what has expired at the authorization server could not be deleted');
      }
    });
  };
  const timer = setInterval(begin, minute);
  return {
    async stop() {
      clearInterval(timer);
      await round;
    },
  };
}
