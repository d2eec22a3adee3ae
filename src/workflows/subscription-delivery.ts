/**
 * From events to receivers: strictly in order for each subscription, at least once, retried for days. A subscription is taken
 * with a lease, so that one process delivers it at a time; an attempt ends before its lease does.
 */
import { OutboundError, type OutboundRequest } from '../outbound.ts';
import { markDelivered, markFailed, readEvents, readSubscription, release } from './subscription.sql.ts';
import { pauseAfterFailure, type SubscriptionContext, type SubscriptionRow } from './subscription.ts';
import { changeStanding } from './subscription-standing.ts';

/** Seconds: the longest attempt (30 s) and the waits for Postgres. */
export const leaseSeconds = 60;
/** Seconds after which a lease is given back though there are more events: others wait, too. */
const turnSeconds = 20;

/** Does what is to be done for a subscription that was taken, and gives it back. */
export async function attend(context: SubscriptionContext, row: SubscriptionRow): Promise<void> {
  const { lease } = row;
  const now = new Date(context.clock());
  if (row.ends !== null && row.ends <= now) {
    await changeStanding(context, row.id, 'off', 'it has ended, as it was asked for', { lease });
    return;
  }
  if ((await context.viewerOf(row.subscriber)).clinics.length === 0) {
    await changeStanding(context, row.id, 'off', 'its subscriber has no rights here any more', { lease });
    return;
  }
  if (row.status === 'requested') return activate(context, row, now);
  if (row.status !== 'active') return release(context.pool, row, now);
  if (row.terms.channel === 'rest-hook') return deliverAll(context, row);
  return release(context.pool, row, now);
}

/** R4's own have no handshake: that the endpoint may be called at all is what is found out. */
async function activate(context: SubscriptionContext, row: SubscriptionRow, now: Date): Promise<void> {
  const { endpoint = '', channel } = row.terms;
  const { lease } = row;
  const handshake = context.sign(row, 'handshake');
  const problem =
    channel === 'websocket'
      ? undefined
      : handshake === undefined
        ? await problemOf(() => context.outbound.check(endpoint))
        : await problemOf(() => send(context, handshake));
  if (problem !== undefined) {
    context.log.warn({ subscription: row.id }, `a subscription was not activated: ${problem}`);
    await changeStanding(context, row.id, 'error', `the handshake failed: ${problem}`, { lease });
    return;
  }
  await changeStanding(context, row.id, 'active', undefined, { lease, next: now });
}

/** Events in their order, then a sign of life when one is due. */
async function deliverAll(context: SubscriptionContext, row: SubscriptionRow): Promise<void> {
  const began = context.clock();
  let delivered = row.delivered;
  while (context.clock() - began < turnSeconds * 1000) {
    const upTo = await deliverNext(context, row, delivered);
    if (upTo === 'lost') return;
    if (upTo === delivered) return beat(context, row);
    delivered = upTo;
  }
  return release(context.pool, row, new Date(context.clock()));
}

/** @returns the number of the last event that was taken; `lost`: nothing more can be done now */
async function deliverNext(
  context: SubscriptionContext,
  row: SubscriptionRow,
  delivered: number,
): Promise<number | 'lost'> {
  const current = await readSubscription(context.pool, row.id);
  if (current === undefined || current.lease !== row.lease) return 'lost';
  const events = await readEvents(context.pool, row.id, delivered + 1, current.numbered, row.terms.maxCount);
  const last = events.at(-1)?.number;
  if (last === undefined) return delivered;
  const viewer = await context.viewerOf(row.subscriber);
  const request = await context.notification(context.pool, current, viewer, events);
  const failure = request === undefined ? undefined : await failureOf(() => send(context, request));
  if (failure !== undefined) {
    await fail(context, current, failure);
    return 'lost';
  }
  const mine = await markDelivered(context.pool, row, last, new Date(context.clock()));
  return mine ? last : 'lost';
}

async function beat(context: SubscriptionContext, row: SubscriptionRow): Promise<void> {
  const now = new Date(context.clock());
  const { heartbeat } = row.terms;
  const current = await readSubscription(context.pool, row.id);
  const since = current?.sent?.getTime() ?? 0;
  if (current?.lease === row.lease && heartbeat !== undefined && now.getTime() - since >= heartbeat * 1000) {
    const sign = context.sign(current, 'heartbeat');
    const failure = sign === undefined ? undefined : await failureOf(() => send(context, sign));
    if (failure !== undefined) return fail(context, current, failure);
    await markDelivered(context.pool, row, current.delivered, now);
  }
  return release(context.pool, row, now);
}

interface Failure {
  readonly text: string;
  readonly retryAfter?: number | undefined;
}

/** Refused with a status that is none of success; redirects are among them. */
class Refused extends Error {
  readonly retryAfter: number | undefined;

  constructor(status: number, retryAfter: number | undefined) {
    super(`the endpoint answered ${status}`);
    this.retryAfter = retryAfter;
  }
}

async function send(context: SubscriptionContext, request: OutboundRequest): Promise<void> {
  const { status, retryAfter } = await context.outbound.send(request);
  if (status < 200 || status > 299) throw new Refused(status, retryAfter);
}

async function failureOf(work: () => Promise<void>): Promise<Failure | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return { text: error.message, retryAfter: error.retryAfter };
    if (error instanceof OutboundError) return { text: error.message };
    throw error;
  }
}

const problemOf = async (work: () => Promise<void>) => (await failureOf(work))?.text;

/** Waits longer each time; after the patience of the configuration it is in error until its subscriber asks for it again. */
async function fail(context: SubscriptionContext, row: SubscriptionRow, failure: Failure): Promise<void> {
  const now = context.clock();
  const since = row.failing_since?.getTime() ?? now;
  if (now - since >= context.patience * 1000) {
    context.log.error({ subscription: row.id }, `a subscription is in error: ${failure.text}`);
    const text = `${failure.text}; ${row.numbered - row.delivered} events wait, write status "requested" to go on`;
    await changeStanding(context, row.id, 'error', text, { lease: row.lease });
    return;
  }
  const pause = pauseAfterFailure(row.failures + 1, failure.retryAfter) * 1000;
  await markFailed(context.pool, row, new Date(now), new Date(now + pause), failure.text);
}
