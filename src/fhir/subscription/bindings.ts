/** Websockets bound to subscriptions: each second every one is told what its subscriptions have had since. */
import type { Queryable } from '../../postgres.ts';
import type { Viewer } from '../../store/visibility.ts';
import { markSent, readEvents, readSubscriptionsById } from '../../workflows/subscription.sql.ts';
import {
  ownerOf,
  type Subscriber,
  type SubscriptionContext,
  type SubscriptionEvent,
  type SubscriptionRow,
} from '../../workflows/subscription.ts';
import type { Context } from '../context.ts';
import { type Audience, audienceOf } from './audience.ts';
import { type Focus, readFoci, readFociFor } from './focus.ts';
import { notificationBundle, written } from './notification.ts';
import { eventBundle, signOf } from './speech.ts';

/** What is used of a socket of the package ws. */
export interface Wire {
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code: number, reason: string): void;
}

export interface Binding {
  readonly wire: Wire;
  readonly subscription: string;
  /** Of the token that it was bound with. Rejects when that has expired or was taken back. */
  bearer(): Promise<Subscriber>;
  /** Number of the last event that was sent. */
  upTo: number;
  sent: number;
  /** Events that a token which may see less was told of: it counts these alone, from its binding on. */
  heard: number;
  /** Something was kept from it that the subscriber may see: what it was sent is not all that he is to be told. */
  narrow: boolean;
}

export interface Bindings {
  /** Binds and says so. @returns false for what is not this owner's, or has no websocket */
  bind(binding: Pick<Binding, 'wire' | 'subscription' | 'bearer'>): Promise<boolean>;
  /** The socket is closed. */
  forget(wire: Wire): void;
  has(wire: Wire): boolean;
  /** Sends what there is. */
  turn(): Promise<void>;
}

type Ground = Pick<Context, 'slots' | 'clock' | 'audit' | 'declarations'> & {
  readonly subscriptions: Pick<SubscriptionContext, 'pool' | 'viewerOf'>;
};

/** Bytes that a socket may owe us before it is given no more; it is told later what comes meanwhile. */
const mostBuffered = 1_000_000;
/** Notifications to one socket in one turn. */
const inTurn = 20;
/** Events behind one `ping`, where they are looked at. */
const mostInPing = 200;

type Foci = ReadonlyMap<SubscriptionEvent, Focus>;

const hears = ({ clinics, types }: Viewer, { terms }: SubscriptionRow): boolean =>
  clinics.length > 0 && (types?.includes(terms.type) ?? true);

export function createBindings(ground: Ground): Bindings {
  const { subscriptions, clock } = ground;
  const db: Queryable = subscriptions.pool;
  const all = new Set<Binding>();
  const gone = new WeakSet<Wire>();

  const sendBundle = (binding: Binding, row: SubscriptionRow, bundle: object) => {
    binding.wire.send(written(bundle, row.terms.mime ?? 'application/fhir+json'));
    binding.sent = clock();
  };

  async function tell(binding: Binding, row: SubscriptionRow, audience: Audience): Promise<void> {
    if (binding.wire.bufferedAmount > mostBuffered) return;
    const { heartbeat, topic, maxCount } = row.terms;
    for (let n = 0; n < inTurn && binding.upTo < row.numbered; n++) {
      if (topic === undefined && audience.length === 1) {
        binding.wire.send(`ping ${row.id}`);
        binding.upTo = row.numbered;
      } else {
        const events = await readEvents(db, row.id, binding.upTo + 1, row.numbered, topic ? maxCount : mostInPing);
        const last = events.at(-1);
        // What was pruned is not there any more; the numbers tell it.
        if (last === undefined) return;
        const foci = await fociFor(binding, audience, events);
        if (topic !== undefined) await sendEvents(binding, row, audience, events, foci);
        else if (foci.size > 0) binding.wire.send(`ping ${row.id}`);
        binding.upTo = last.number;
      }
      if (!binding.narrow) await markSent(db, row.id, binding.upTo, new Date(clock()));
    }
    if (topic !== undefined && heartbeat !== undefined && clock() - binding.sent >= heartbeat * 1000)
      sendSign(binding, row, audience, 'heartbeat');
  }

  async function sendEvents(
    binding: Binding,
    row: SubscriptionRow,
    [, bearer]: Audience,
    events: readonly SubscriptionEvent[],
    foci: Foci,
  ): Promise<void> {
    if (bearer === undefined) return sendBundle(binding, row, await eventBundle(ground, db, row, events, foci));
    const own = new Map([...foci].map(([event, focus], i) => [{ ...event, number: binding.heard + i + 1 }, focus]));
    if (own.size === 0) return;
    sendBundle(binding, row, await eventBundle(ground, db, row, [...own.keys()], own));
    binding.heard += own.size;
  }

  function sendSign(binding: Binding, row: SubscriptionRow, [, bearer]: Audience, type: 'handshake' | 'heartbeat') {
    const last = bearer === undefined ? row.delivered : binding.heard;
    sendBundle(binding, row, notificationBundle(row, { ...signOf(row, type), last }, clock()));
  }

  async function fociFor(binding: Binding, [subscriber, bearer]: Audience, events: readonly SubscriptionEvent[]) {
    const all = await readFoci(db, ground.slots, subscriber, events);
    if (bearer === undefined) return all;
    const foci = await readFociFor(db, ground.slots, bearer, all);
    if (foci.size < all.size) binding.narrow = true;
    return foci;
  }

  /** @returns undefined where there is nothing to be heard, or not any more */
  async function hearersOf(binding: Binding, row: SubscriptionRow): Promise<Audience | undefined> {
    if (row.status === 'off' || row.terms.channel !== 'websocket') return undefined;
    if (row.ends !== null && row.ends.getTime() <= clock()) return undefined;
    const bearer = await binding.bearer().catch(() => undefined);
    if (bearer === undefined || ownerOf(bearer) !== row.owner) return undefined;
    const [own, mine] = [await subscriptions.viewerOf(row.subscriber), await subscriptions.viewerOf(bearer)];
    if (!hears(own, row) || !hears(mine, row)) return undefined;
    return audienceOf(own, mine);
  }

  function unbind(binding: Binding): void {
    all.delete(binding);
    binding.wire.close(1008, 'not bound any more');
  }

  return {
    async bind(asked) {
      const { wire, subscription } = asked;
      const [row] = await readSubscriptionsById(db, [subscription]);
      const binding: Binding = { ...asked, upTo: row?.delivered ?? 0, sent: clock(), heard: 0, narrow: false };
      const audience = row && (await hearersOf(binding, row));
      if (row === undefined || audience === undefined || gone.has(wire)) return false;
      for (const other of all) if (other.wire === wire && other.subscription === subscription) all.delete(other);
      if (row.terms.topic === undefined) wire.send(`bound ${row.id}`);
      else sendSign(binding, row, audience, 'handshake');
      all.add(binding);
      return true;
    },
    forget(wire) {
      gone.add(wire);
      for (const binding of all) if (binding.wire === wire) all.delete(binding);
    },
    has: (wire) => all.values().some((b) => b.wire === wire),
    async turn() {
      if (all.size === 0) return;
      const rows = await readSubscriptionsById(db, [...new Set([...all].map((b) => b.subscription))]);
      const byId = new Map(rows.map((row) => [row.id, row]));
      for (const binding of [...all]) {
        const row = byId.get(binding.subscription);
        const audience = row && (await hearersOf(binding, row));
        if (audience === undefined) unbind(binding);
        else if (all.has(binding)) await tell(binding, row!, audience);
      }
    },
  };
}
