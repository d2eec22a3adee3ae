/** What the workflow of subscriptions asks of FHIR: which changes match, and the requests by which receivers are told. */
import type { Queryable } from '../../postgres.ts';
import type { SubscriptionEvent, SubscriptionRow, SubscriptionSpeech } from '../../workflows/subscription.ts';
import { recordNotification } from '../audit/sending.ts';
import type { Context } from '../context.ts';
import type { SearchGround } from '../search/search.ts';
import { readFoci } from './focus.ts';
import { matchChanges } from './matching.ts';
import { bundleRequest, type Notification, notificationBundle, plainRequest } from './notification.ts';

type Ground = SearchGround & Pick<Context, 'slots' | 'audit'>;

export function createSpeech(ground: Ground): SubscriptionSpeech {
  return {
    match: (db, terms, viewer, changes) => matchChanges(ground, db, terms, viewer, changes),
    async notification(db, row, viewer, events) {
      const foci = await readFoci(db, ground.slots, viewer, events);
      const request =
        row.terms.topic === undefined
          ? plainRequest(row, events, foci)
          : bundleRequest(row, notificationBundle(row, eventNotification(row, events, foci), ground.clock()));
      if (request) await recordNotification(ground, db, row, `${request.url} ${request.body ?? ''}`);
      return request;
    },
    sign(row, type) {
      if (row.terms.topic === undefined) return undefined;
      return bundleRequest(row, notificationBundle(row, signOf(row, type), ground.clock()));
    },
  };
}

export const signOf = (row: SubscriptionRow, type: 'handshake' | 'heartbeat'): Notification => ({
  type,
  last: row.delivered,
  events: [],
  foci: new Map(),
  content: 'empty',
});

function eventNotification(
  row: SubscriptionRow,
  events: readonly SubscriptionEvent[],
  foci: Notification['foci'],
): Notification {
  const last = events.at(-1)!.number;
  return { type: 'event-notification', last, events, foci, content: row.terms.content ?? 'empty' };
}

/** A Bundle of events, for a websocket. */
export async function eventBundle(
  ground: Pick<Ground, 'clock' | 'audit' | 'declarations'>,
  db: Queryable,
  row: SubscriptionRow,
  events: readonly SubscriptionEvent[],
  foci: Notification['foci'],
): Promise<object> {
  const bundle = notificationBundle(row, eventNotification(row, events, foci), ground.clock());
  await recordNotification(ground, db, row, JSON.stringify(bundle));
  return bundle;
}
