/**
 * Who hears what a subscription tells: its subscriber, by a token of its own or by another one of the same app, which may see less. That
 * one is told neither of events that it may not see nor how many of them there are, or when.
 */
import type { Viewer } from '../../store/visibility.ts';
import type { SubscriptionRow } from '../../workflows/subscription.ts';
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';
import { openViewer } from '../viewer.ts';

/** The bearer of the token is there only where he may see less; what is told is what both may see. */
export type Audience = readonly [subscriber: Viewer, bearer?: Viewer];

export const audienceOf = (subscriber: Viewer, bearer: Viewer): Audience =>
  seesLess(subscriber, bearer) ? [subscriber, bearer] : [subscriber];

/** Of whoever asks for his subscription: its subscriber, as he stands now, and the token that he asks with. */
export async function askingAudience(context: Context, { principal }: Asked, row: SubscriptionRow): Promise<Audience> {
  const subscriber = await context.subscriptions.viewerOf(row.subscriber);
  // For whom a doctor's time is does not stand behind the wall.
  return audienceOf(subscriber, await openViewer({ ...context, pool: context.subscriptions.pool }, principal));
}

/** Whether there may be something that the one sees and the other does not. */
function seesLess(whole: Viewer, viewer: Viewer): boolean {
  return (
    lacks(whole.clinics, viewer.clinics) ||
    lacks(whole.keys, viewer.keys) ||
    lacks(whole.types, viewer.types) ||
    lacks(viewer.closed, whole.closed)
  );
}

/** @param all null: there is no end of it */
function lacks<T>(all: readonly T[] | null, some: readonly T[] | null): boolean {
  if (some === null) return false;
  return all === null || all.some((one) => !some.includes(one));
}
