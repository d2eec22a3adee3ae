/** The door as a whole: it tells MedFlex the schedule in rounds, and answers its webhooks. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ConfigError } from '../../config.ts';
import type { Clock } from '../../instant.ts';
import { AggregatorFailure, createAggregator } from './aggregator.ts';
import { createBooking } from './booking.ts';
import { createClaims } from './claims.ts';
import { createDesk } from './desk.ts';
import { createFeed, type Round } from './feed.ts';
import { createHub } from './hub.ts';
import { createHubAccess } from './hub-access.ts';
import type { MedflexSettings } from './settings.ts';
import { createWebhookServer } from './webhook-server.ts';
import { createWithdrawals } from './withdrawals.ts';

export interface Door {
  /** Of the webhooks, with the path. */
  readonly url: string;
  /** One round by hand; between those of `run`. */
  round(): Promise<Round>;
  /** Round after round until the door is stopped. */
  run(): Promise<void>;
  stop(): Promise<void>;
}

/** Listens, and does nothing else yet. @throws ConfigError */
export async function openDoor(settings: MedflexSettings, log: Logger, clock: Clock = Date.now): Promise<Door> {
  const hub = createHub(settings.hub, createHubAccess(settings.hub, clock));
  const desk = createDesk(hub, settings);
  const withdrawals = createWithdrawals(desk, clock, log);
  const feed = createFeed({ hub, aggregator: createAggregator(settings.medflex), settings, clock, log });
  const { answerSeconds } = settings.webhooks;
  const book = createBooking({ hub, desk, withdrawals, answerSeconds, clock, log });
  const claims = createClaims({ desk, withdrawals, zone: settings.zone, answerSeconds, clock });
  const app = createWebhookServer({ settings, book, claims, isReady: feed.readsHub, log });
  const origin = await listen(app, settings.webhooks);
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  async function round(): Promise<Round> {
    const done = await feed.round();
    await withdrawals.repay().catch((err: unknown) => log.warn({ err }, 'bookings cannot be taken back yet'));
    return done;
  }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const { sent, requests, problem } = await round();
      if (sent === 'everything') log.info('MedFlex has the whole schedule');
      else if (requests > 0) log.info({ requests }, 'MedFlex has the changes');
      if (problem !== undefined) log.warn({ err: problem, failures: failures + 1 }, 'MedFlex could not be told all');
      failures = problem === undefined ? 0 : failures + 1;
      const seconds = pauseAfter(settings.push.changesEverySeconds, failures, problem);
      await pause(seconds * 1000, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  return {
    url: `${origin}${settings.webhooks.path}`,
    round,
    run() {
      running = run();
      return running;
    },
    async stop() {
      stopping.abort();
      await Promise.all([app.close(), running]);
    },
  };
}

const longestPause = 60;

/** Seconds: twice as long after each failure, up to a minute; longer when MedFlex wants it. */
function pauseAfter(usual: number, failures: number, problem: Error | undefined): number {
  const wanted = problem instanceof AggregatorFailure ? problem.retryAfter : 0;
  return Math.max(wanted, usual, Math.min(longestPause, usual * 2 ** Math.min(failures, 10)));
}

async function listen(
  app: ReturnType<typeof createWebhookServer>,
  { host, port }: MedflexSettings['webhooks'],
): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (cause) {
    throw new ConfigError(`webhooks.port · ${host}:${port} cannot be listened at: ${(cause as Error).message}`, {
      cause,
    });
  }
}
