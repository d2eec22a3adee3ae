/** Websockets bound to subscriptions: each second every one is told what its subscriptions have had since. */
import type { Queryable } from '../../postgres.ts';
import { markSent, readEvents, readSubscriptionsById } from '../../workflows/subscription.sql.ts';
import type { SubscriptionContext, SubscriptionRow } from '../../workflows/subscription.ts';
import type { Context } from '../context.ts';
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
  readonly owner: string;
  /** Rejects when what it was bound with has expired or was taken back. */
  check(): Promise<void>;
  /** Number of the last event that was sent. */
  upTo: number;
  sent: number;
}

export interface Bindings {
  /** Binds and says so. @returns false for what is not this owner's, or has no websocket */
  bind(binding: Pick<Binding, 'wire' | 'subscription' | 'owner' | 'check'>): Promise<boolean>;
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

export function createBindings(ground: Ground): Bindings {
  const { subscriptions, clock } = ground;
  const db: Queryable = subscriptions.pool;
  const all = new Set<Binding>();

  const sendBundle = (binding: Binding, row: SubscriptionRow, bundle: object) => {
    binding.wire.send(written(bundle, row.terms.mime ?? 'application/fhir+json'));
    binding.sent = clock();
  };

  async function tell(binding: Binding, row: SubscriptionRow): Promise<void> {
    if (binding.wire.bufferedAmount > mostBuffered) return;
    const { heartbeat, topic, maxCount } = row.terms;
    for (let n = 0; n < inTurn && binding.upTo < row.numbered; n++) {
      if (topic === undefined) {
        binding.wire.send(`ping ${row.id}`);
        binding.upTo = row.numbered;
      } else {
        const events = await readEvents(db, row.id, binding.upTo + 1, row.numbered, maxCount);
        const last = events.at(-1);
        // What was pruned is not there any more; the numbers tell it.
        if (last === undefined) return;
        const viewer = await subscriptions.viewerOf(row.subscriber);
        sendBundle(binding, row, await eventBundle(ground, db, row, viewer, events));
        binding.upTo = last.number;
      }
      await markSent(db, row.id, binding.upTo, new Date(clock()));
    }
    if (topic !== undefined && heartbeat !== undefined && clock() - binding.sent >= heartbeat * 1000)
      sendBundle(binding, row, notificationBundle(row, signOf(row, 'heartbeat'), clock()));
  }

  async function mayHear(binding: Binding, row: SubscriptionRow): Promise<boolean> {
    if (row.status === 'off' || row.owner !== binding.owner) return false;
    if (row.terms.channel !== 'websocket') return false;
    if (row.ends !== null && row.ends.getTime() <= clock()) return false;
    return (await subscriptions.viewerOf(row.subscriber)).clinics.length > 0;
  }

  function unbind(binding: Binding): void {
    all.delete(binding);
    binding.wire.close(1008, 'not bound any more');
  }

  return {
    async bind({ wire, subscription, owner, check }) {
      const [row] = await readSubscriptionsById(db, [subscription]);
      const binding: Binding = { wire, subscription, owner, check, upTo: row?.delivered ?? 0, sent: clock() };
      if (row === undefined || !(await mayHear(binding, row))) return false;
      for (const other of all) if (other.wire === wire && other.subscription === subscription) all.delete(other);
      if (row.terms.topic === undefined) wire.send(`bound ${row.id}`);
      else sendBundle(binding, row, notificationBundle(row, signOf(row, 'handshake'), clock()));
      all.add(binding);
      return true;
    },
    forget(wire) {
      for (const binding of all) if (binding.wire === wire) all.delete(binding);
    },
    has: (wire) => all.values().some((b) => b.wire === wire),
    async turn() {
      if (all.size === 0) return;
      const rows = await readSubscriptionsById(db, [...new Set([...all].map((b) => b.subscription))]);
      const byId = new Map(rows.map((row) => [row.id, row]));
      for (const binding of [...all]) {
        const row = byId.get(binding.subscription);
        const valid = await binding.check().then(
          () => true,
          () => false,
        );
        if (!valid || row === undefined || !(await mayHear(binding, row))) unbind(binding);
        else if (all.has(binding)) await tell(binding, row);
      }
    },
  };
}
