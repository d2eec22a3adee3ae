/** Subscription/[id]/$events. https://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition-backport-subscription-events.html */
import { Fault } from '../../fault.ts';
import { isId } from '../../store/resource.ts';
import { readEvents, readSubscriptionsOf } from '../../workflows/subscription.sql.ts';
import { type Content, ownerOf } from '../../workflows/subscription.ts';
import type { Context } from '../context.ts';
import { input, type OperationCall, type OperationDeclaration, output } from '../operation.ts';
import { type Reply, replyWith } from '../reply.ts';
import type { Asked } from '../resource.ts';
import { type Audience, askingAudience } from '../subscription/audience.ts';
import { readFoci, readFociFor } from '../subscription/focus.ts';
import { notificationBundle } from '../subscription/notification.ts';

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
  const audience = await askingAudience(context, asked, row);
  const { events, foci } = await readTold(context, audience, id, from, until);
  const last = audience.length === 1 ? row.numbered : undefined;
  const content = wanted ?? row.terms.content ?? (row.terms.mime === undefined ? 'id-only' : 'full-resource');
  const notification = {
    type: 'query-event',
    last,
    events,
    foci,
    content,
  } as const;
  return replyWith(notificationBundle(row, notification, context.clock()));
}

/**
 * Events, and what of them both may see: who subscribed, by now, and the token that asks, which may be a narrower one of the same app.
 * That one is not told of others; among which it goes on until there is one for it.
 */
async function readTold(context: Context, [subscriber, bearer]: Audience, id: string, from: number, until: number) {
  for (let next = from; ; ) {
    const events = await readEvents(context.db, id, next, until, mostEvents);
    const foci = await readFoci(context.db, context.slots, subscriber, events);
    if (bearer === undefined) return { events, foci };
    const both = await readFociFor(context.db, context.slots, bearer, foci);
    if (both.size > 0 || events.length < mostEvents) return { events: events.filter((e) => both.has(e)), foci: both };
    next = events.at(-1)!.number + 1;
  }
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
