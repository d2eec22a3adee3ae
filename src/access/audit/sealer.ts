/** Seals events soon after they are written. Any number of hubs may do it: one of them does at a time. */
import type { Logger } from 'pino';
import { type Database, transaction } from '../../postgres.ts';
import { expireQueries, expireSeal, mostInSeal, readNewestSeal, sealEvents } from './seal.sql.ts';

export interface Sealer {
  /** Seals what can be sealed by now. */
  seal(): Promise<void>;
  stop(): Promise<void>;
}

const pauseMilliseconds = 1000;
/** Texts that are deleted by one statement. */
const atOnce = 10_000;
/** Milliseconds after which what is too old is deleted, and the newest seal is told to the log again: a log kept elsewhere shows that the end was cut off. */
const tellEach = 3_600_000;

export function startSealer(pool: Database, log: Logger): Sealer {
  let timer: NodeJS.Timeout | undefined;
  let sealing: Promise<void> = Promise.resolve();
  let isStopped = false;
  let isWell = true;
  let told = 0;

  async function sealAll(): Promise<void> {
    while ((await transaction(pool, sealEvents)) === mostInSeal);
  }

  async function hourly(): Promise<void> {
    if (Date.now() - told < tellEach) return;
    told = Date.now();
    while ((await expireSeal(pool)) > 0);
    while ((await expireQueries(pool, atOnce)) === atOnce);
    const seal = await readNewestSeal(pool);
    if (seal !== undefined) log.info({ seal: seal.n, hash: seal.hash }, 'newest seal of the audit');
  }

  async function round(): Promise<void> {
    try {
      await sealAll();
      await hourly();
      if (!isWell) log.info('the audit is sealed again');
      isWell = true;
    } catch (err) {
      if (isWell) log.error({ err }, 'the audit could not be sealed; trying on');
      isWell = false;
    }
    if (!isStopped) timer = setTimeout(begin, pauseMilliseconds);
  }

  function begin(): void {
    sealing = round();
  }

  begin();
  return {
    seal: sealAll,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await sealing;
    },
  };
}
