/** Subscription/[id]/$events. https://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition-backport-subscription-events.html */
import { Fault } from '../../fault.ts';
import { isId } from '../../store/resource.ts';
import { readEvents, readSubscriptionsOf } from '../../workflows/subscription.sql.ts';
import { type Content, ownerOf, type SubscriptionEvent, type SubscriptionRow } from '../../workflows/subscription.ts';
import type { Context } from '../context.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { type Reply, replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';
import { readFoci, readFociFor } from '../subscription/focus.ts';
import { notificationBundle } from '../subscription/notification.ts';
import { openViewer } from '../viewer.ts';

/** In one answer: the client goes on from the last number it got. */
const mostEvents = 500;

const declaration: OperationDeclaration = {
  code: 'events',
  title: 'Events of a subscription',
  documentation:
    `The events that a Subscription has had, by their numbers, for as long as they are kept: what was missed can be read again. ${mostEvents} at ` +
    'most in one answer; ask on from the number after the last one. Answers 200 with a Bundle of type history.',
  base: 'http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-events',
  types: ['Subscription'],
  levels: ['instance'],
  affectsState: false,
  needs: [['Subscription', 'r']],
  parameters: [
    input('eventsSinceNumber', '0..1', 'string', 'The first event wanted.'),
    input('eventsUntilNumber', '0..1', 'string', 'The last event wanted.'),
    input('content', '0..1', 'code', 'empty, id-only or full-resource; as the Subscription has it when absent.'),
    output('return', '1..1', 'Bundle', 'The status, then the events.'),
  ],
  handle,
};

export default declaration;

async function handle(context: Context, asked: Asked, { id = '', parameters }: OperationCall): Promise<Reply> {
  const from = numberOf(parameters.one('eventsSinceNumber'), 'eventsSinceNumber') ?? 1;
  const until = numberOf(parameters.one('eventsUntilNumber'), 'eventsUntilNumber') ?? Number.MAX_SAFE_INTEGER;
  const wanted = contentOf(parameters.text('content'));
  const [row] = isId(id) ? await readSubscriptionsOf(context.db, ownerOf(asked.principal), [id]) : [];
  if (row === undefined) throw new Fault('not-found', 'There is no such Subscription.');
  const events = await readEvents(context.db, id, from, until, mostEvents);
  const foci = await fociOf(context, asked, row, events);
  const content = wanted ?? row.terms.content ?? (row.terms.mime === undefined ? 'id-only' : 'full-resource');
  const notification = { type: 'query-event', last: row.numbered, events, foci, content } as const;
  return replyWith(notificationBundle(row, notification, context.clock()));
}

/** What both may see: the one who subscribed, by now, and the token that asks, which may be a narrower one of the same app. */
async function fociOf(context: Context, { principal }: Asked, row: SubscriptionRow, events: SubscriptionEvent[]) {
  const subscribers = await context.subscriptions.viewerOf(row.subscriber);
  const foci = await readFoci(context.db, context.slots, subscribers, events);
  // For whom a doctor's time is does not stand behind the wall.
  const mine = await openViewer({ ...context, pool: context.subscriptions.pool }, principal);
  return readFociFor(context.db, context.slots, mine, foci);
}

function numberOf(value: unknown, name: string): number | undefined {
  if (value === undefined) return undefined;
  if (!/^\d{1,15}$/.test(String(value)))
    throw new Fault('bad-value', `${name} is the number of an event.`, { expression: `Parameters.parameter.${name}` });
  return Number(value);
}

function contentOf(text: string | undefined): Content | undefined {
  if (text === undefined || text === 'empty' || text === 'id-only' || text === 'full-resource') return text;
  throw new Fault('bad-value', 'content is empty, id-only or full-resource.', {
    expression: 'Parameters.parameter.content',
  });
}
