/** Subscription: who is told of changes, and how; seen by its owner alone. https://hl7.org/fhir/R4/subscription.html */
import { randomUUID } from 'node:crypto';
import { Fault } from '../../fault.ts';
import { OutboundError } from '../../outbound.ts';
import { contentOf } from '../../store/document.ts';
import { deleteDocument, lockDocument } from '../../store/documents.sql.ts';
import type { Resource } from '../../store/resource.ts';
import type { Viewer } from '../../store/visibility.ts';
import {
  countSubscriptions,
  deleteSubscription,
  insertSubscription,
  readSubscription,
  updateSubscription,
} from '../../workflows/subscription.sql.ts';
import { ownerOf, type SubscriptionStatus, type Terms } from '../../workflows/subscription.ts';
import { subscribersClinic } from '../../workflows/subscription-standing.ts';
import { type Context, transacted } from '../context.ts';
import { checkMay } from '../entitlement.ts';
import { putVersion } from '../kept.ts';
import { faultOf } from '../outcome.ts';
import { checkVersion } from '../precondition.ts';
import { notFound } from '../read.ts';
import { type Asked, type ResourceDeclaration, readOnly, type Written } from '../resource.ts';
import { hiddenHeaders } from '../subscription/headers.ts';
import { matchChanges } from '../subscription/matching.ts';
import { termsOf } from '../subscription/terms.ts';
import { canonicalOf, extensions, profiles, topics } from '../subscription/topic.ts';
import { viewerOf } from '../viewer.ts';

const declaration: ResourceDeclaration = {
  type: 'Subscription',
  documentation:
    'Tells a rest-hook or a websocket of every change that a search finds, or of the events of a topic: in order, at least once, ' +
    'retried for days. Seen by its owner alone; values of its headers by nobody.',
  interactions: [...readOnly, 'create', 'update', 'patch', 'delete'],
  capability: {
    supportedProfile: [profiles.subscription],
    extension: topics.map((topic) => ({ url: extensions.topic, valueCanonical: canonicalOf(topic) })),
  },
  notServed: { clinic: 'it belongs to whoever made it, and to no clinic' },
  viewer: ownersEyes,
  create,
  update,
  remove,
};

export default declaration;

const mostOfOwner = 100;

/** By an owner's own compartment, in no clinic: whoever sees a clinic sees no subscriptions. */
function ownersEyes({ principal }: Asked): Viewer {
  return { clinics: [subscribersClinic], keys: [ownerOf(principal)], types: null, closed: [] };
}

async function create(context: Context, asked: Asked, body: Resource): Promise<Written> {
  const id = asked.newId ?? randomUUID();
  const asks = await understand(context, asked, body, []);
  return transacted(context, async (inside) => {
    if ((await countSubscriptions(inside.db, ownerOf(asked.principal))) >= mostOfOwner)
      throw new Fault('business-rule', `A subscriber has ${mostOfOwner} subscriptions at most: delete one first.`);
    await insertSubscription(inside.db, { id, ...asks.write });
    return put(inside, asked, { ...asks.content, id }, 1);
  });
}

async function update(context: Context, asked: Asked, id: string, body: Resource): Promise<Written> {
  return transacted(context, async (inside) => {
    const mine = await lockDocument(inside.db, ownersEyes(asked), 'Subscription', id);
    const kept = mine && (await readSubscription(inside.db, id));
    if (mine === undefined || kept === undefined) throw notFound('Subscription');
    checkVersion(asked.headers['if-match'], mine.version);
    const asks = await understand(inside, asked, body, kept.terms.headers);
    await updateSubscription(inside.db, { id, ...asks.write });
    return put(inside, asked, { ...asks.content, id }, mine.version + 1);
  });
}

function remove(context: Context, asked: Asked, id: string): Promise<void> {
  return transacted(context, async (inside) => {
    const mine = await lockDocument(inside.db, ownersEyes(asked), 'Subscription', id);
    if (mine === undefined) return;
    checkVersion(asked.headers['if-match'], mine.version);
    await deleteSubscription(inside.db, id);
    await deleteDocument(inside.db, 'Subscription', id, mine.version, new Date(context.clock()));
  });
}

interface Understood {
  readonly write: Omit<Parameters<typeof insertSubscription>[1], 'id'>;
  /** What clients are shown. */
  readonly content: Resource;
}

async function understand(
  context: Context,
  asked: Asked,
  body: Resource,
  known: Terms['headers'],
): Promise<Understood> {
  const now = context.clock();
  const terms = termsOf(context, asked, body, known);
  const { endpoint, channel, headers } = terms;
  if (endpoint !== undefined) await checkEndpoint(context, endpoint);
  checkMay(asked.principal, terms.type, 's');
  await checkCriteria(context, terms, viewerOf(asked.principal, context.clinics));
  const ends = body['end'] === undefined ? null : new Date(String(body['end']));
  if (ends !== null && ends.getTime() <= now)
    throw new Fault('business-rule', 'The end of a new Subscription lies in the future.', {
      expression: 'Subscription.end',
    });
  const status = statusOf(body, channel);
  const { error, ...rest } = contentOf(JSON.stringify(body));
  const shown = { ...(rest['channel'] as object), ...(headers.length > 0 && { header: hiddenHeaders(headers) }) };
  const next = status === 'off' ? null : status === 'requested' ? new Date(now) : ends;
  return {
    write: { status, subscriber: asked.principal, terms, ends, next },
    content: { ...rest, status, channel: shown } as Resource,
  };
}

/** As matching will do it, over no changes: what the parser of searches or Postgres cannot take is refused now. */
async function checkCriteria(context: Context, terms: Terms, viewer: Viewer): Promise<void> {
  try {
    await matchChanges(context, context.db, terms, viewer, []);
  } catch (error) {
    const fault = faultOf(error);
    throw new Fault(fault.kind, fault.message, { ...fault.details, expression: 'Subscription.criteria' });
  }
}

/** Looked at again with every delivery. */
async function checkEndpoint(context: Context, endpoint: string): Promise<void> {
  try {
    await context.subscriptions.outbound.check(endpoint);
  } catch (error) {
    if (!(error instanceof OutboundError)) throw error;
    throw new Fault('business-rule', `This endpoint cannot be used: ${error.message}.`, {
      expression: 'Subscription.channel.endpoint',
      code: 'endpoint-refused',
    });
  }
}

/** A websocket has no endpoint that must be tried first. */
function statusOf(body: Resource, channel: Terms['channel']): SubscriptionStatus {
  const wanted = body['status'];
  if (wanted === 'off') return 'off';
  if (wanted !== 'requested' && wanted !== 'active')
    throw new Fault('business-rule', 'Ask for the status "requested", or "off" to be told nothing for a time.', {
      expression: 'Subscription.status',
    });
  return channel === 'websocket' ? 'active' : 'requested';
}

function put(context: Context, { principal }: Asked, content: Resource, version: number): Promise<Written> {
  const origin = { clinic: subscribersClinic, zone: 'UTC', patient: ownerOf(principal) };
  return putVersion(context, origin, content, version);
}
