/**
 * The two rounds of every hub: changes are matched, and subscriptions that are due are attended to. By a look each second and
 * not by LISTEN/NOTIFY: a notification would take a lock on the whole cluster in every commit of a booking.
 */

import { release, takeDueSubscriptions } from './subscription.sql.ts';
import type { SubscriptionContext, SubscriptionRow } from './subscription.ts';
import { attend, leaseSeconds } from './subscription-delivery.ts';
import { matchChanges } from './subscription-matching.ts';
import { pruneEvents } from './subscription-upkeep.sql.ts';

export interface SubscriptionRounds {
  /** Both rounds now, until nothing is due; for tests. */
  turn(): Promise<void>;
  /** Deletes the events that have been kept for long enough. */
  prune(): Promise<void>;
  /** Stops looking and waits for what is under way. */
  stop(): Promise<void>;
}

const pauseMilliseconds = 1000;
/** Deliveries under way in one hub, and to one host. */
const atOnce = 20;
const perHost = 4;
/** Looks between two prunings, and events that one statement deletes. */
const pruneEvery = 600;
const pruned = 10_000;

/** @param looking false: only `turn` does anything */
export function startSubscriptions(context: SubscriptionContext, looking = true): SubscriptionRounds {
  const { pool, clock, log } = context;
  const underWay = new Set<Promise<void>>();
  const hosts = new Map<string, number>();
  let stopped = false;
  let readable = true;
  let looks = 0;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> = Promise.resolve();

  async function attendTo(row: SubscriptionRow): Promise<void> {
    const host = URL.parse(row.terms.endpoint ?? '')?.host ?? '';
    const busy = hosts.get(host) ?? 0;
    try {
      // A host that hangs keeps none but its own waiting.
      if (busy >= perHost) return await release(pool, row, new Date(clock()), new Date(clock() + pauseMilliseconds));
      hosts.set(host, busy + 1);
      await attend(context, row).finally(() => hosts.set(host, (hosts.get(host) ?? 1) - 1));
    } catch (error) {
      log.error({ err: error, subscription: row.id }, 'a subscription could not be attended to now');
    } finally {
      if (hosts.get(host) === 0) hosts.delete(host);
    }
  }

  /** @returns how many were taken */
  async function takeDue(): Promise<number> {
    const free = atOnce - underWay.size;
    const due = free > 0 ? await takeDueSubscriptions(pool, new Date(clock()), free, leaseSeconds) : [];
    for (const row of due) {
      const work: Promise<void> = attendTo(row).finally(() => underWay.delete(work));
      underWay.add(work);
    }
    return due.length;
  }

  async function prune(): Promise<void> {
    const before = new Date(clock() - context.kept * 1000);
    while ((await pruneEvents(pool, before, pruned)) === pruned);
  }

  async function look(): Promise<void> {
    try {
      while (!stopped && (await matchChanges(context)));
      await takeDue();
      if (++looks % pruneEvery === 0) await prune();
      if (!readable) log.info('subscriptions can be read again');
      readable = true;
    } catch (error) {
      if (readable) log.warn({ err: error }, 'subscriptions cannot be read; trying on');
      readable = false;
    }
    if (!stopped) timer = setTimeout(begin, pauseMilliseconds);
  }

  function begin(): void {
    round = look();
  }

  if (looking) begin();
  return {
    async turn() {
      while (await matchChanges(context));
      while ((await takeDue()) > 0) await Promise.all(underWay);
    },
    prune,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await round;
      await Promise.all(underWay);
    },
  };
}
