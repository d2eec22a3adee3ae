/**
 * A Subscription read as what it asks for. https://hl7.org/fhir/R4/subscription.html,
 * https://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition-backport-subscription.html
 */
import { Fault } from '../../fault.ts';
import type { Resource } from '../../store/resource.ts';
import type { Content, Terms } from '../../workflows/subscription.ts';
import type { Context } from '../context.ts';
import type { Asked } from '../resource.ts';
import { headersOf } from './headers.ts';
import { canonicalOf, extensions, type Topic, topicOf, topics } from './topic.ts';

interface Extended {
  readonly extension?: readonly { url: string; [value: string]: unknown }[];
}

interface Channel extends Extended {
  readonly type: string;
  readonly _type?: Extended;
  readonly endpoint?: string;
  readonly payload?: string;
  readonly _payload?: Extended;
  readonly header?: readonly string[];
}

const refuse = (text: string, expression: string, code = 'subscription-refused'): Fault =>
  new Fault('business-rule', text, { expression, code });

/** Seconds; the longest ends well before the lease of the one who delivers. */
const defaultTimeout = 10;
const longestTimeout = 30;
const shortestHeartbeat = 10;
const defaultCount = 20;
const mostEvents = 100;

/**
 * @param known headers of the version before, whose values are hidden from everybody
 * @throws Fault for what is not served, naming the element to blame
 */
export function termsOf(context: Context, asked: Asked, body: Resource, known: Terms['headers']): Terms {
  const channel = body['channel'] as unknown as Channel;
  const criteria = String(body['criteria']);
  const topic = topicOf(criteria);
  if (topic === undefined && /^[a-z]+:/i.test(criteria))
    throw refuse(`There is no such topic. There are: ${topics.map(canonicalOf).join(', ')}.`, 'Subscription.criteria');
  const followed =
    topic === undefined ? searchOf(context, criteria) : filteredTopic(topic, body['_criteria'] as Extended);
  const mime = mimeOf(channel.payload);
  return {
    ...followed,
    ...channelOf(channel),
    headers: headersOf(channel.header ?? [], known),
    ...(mime !== undefined && { mime }),
    ...(topic === undefined ? withoutTopic(channel, mime) : contentOf(channel, mime)),
    base: asked.base,
  };
}

function searchOf(context: Context, criteria: string): Pick<Terms, 'type' | 'filters'> {
  const [, type = '', query = ''] = /^\/?([A-Za-z]+)(?:\?(.*))?$/s.exec(criteria) ?? [];
  if (!context.declarations.has(type) || type === 'Subscription')
    throw refuse(
      'The criteria are a search such as "Slot?status=free", of a type that is served here.',
      'Subscription.criteria',
    );
  return { type, filters: query === '' ? [] : [query] };
}

/** The forms of https://hl7.org/fhir/uv/subscriptions-backport/components.html#subscription-filters, and the one of its examples. */
function filteredTopic(
  { code, type }: Topic,
  criteria: Extended | undefined,
): Pick<Terms, 'type' | 'filters' | 'topic'> {
  const filters = all(criteria, extensions.filter).map((e) => {
    const text = String(e['valueString'] ?? '');
    const [, named, rest = ''] = /^(?:([A-Z][A-Za-z]+)[?.])?(.+)$/s.exec(text) ?? [];
    if (rest === '' || (named !== undefined && named !== type))
      throw refuse(
        `A filter of this topic is a search of ${type}: "${type}?<parameter>=<value>".`,
        'Subscription.criteria.extension',
      );
    return rest;
  });
  return { type, filters, topic: code };
}

function channelOf(channel: Channel): Pick<Terms, 'channel' | 'endpoint'> {
  if (all(channel._type, extensions.channelType).length > 0)
    throw refuse('There are no further channels: rest-hook and websocket.', 'Subscription.channel.type');
  if (channel.type === 'websocket') {
    if (channel.endpoint !== undefined)
      throw refuse('A websocket has no endpoint: the subscriber connects to the hub.', 'Subscription.channel.endpoint');
    return { channel: 'websocket' };
  }
  if (channel.type !== 'rest-hook')
    throw refuse('The channels are rest-hook and websocket.', 'Subscription.channel.type');
  if (channel.endpoint === undefined) throw refuse('A rest-hook needs an endpoint.', 'Subscription.channel.endpoint');
  return { channel: 'rest-hook', endpoint: channel.endpoint };
}

const mimes: Readonly<Record<string, string>> = {
  'application/fhir+json': 'application/fhir+json',
  'application/json': 'application/fhir+json',
  'application/fhir+xml': 'application/fhir+xml',
  'application/xml': 'application/fhir+xml',
};

/** https://hl7.org/fhir/R4/versioning.html#mt-version */
function mimeOf(payload: string | undefined): string | undefined {
  if (payload === undefined) return undefined;
  const [type = '', ...parameters] = payload.split(';').map((part) => part.trim());
  const mime = mimes[type.toLowerCase()];
  const understood = parameters.every((p) => /^(fhirVersion="?4\.0(\.1)?"?|charset="?utf-?8"?)$/i.test(p));
  if (mime === undefined || !understood)
    throw refuse(
      'The payload is application/fhir+json or application/fhir+xml, of FHIR 4.0.',
      'Subscription.channel.payload',
    );
  return mime;
}

type Manner = Pick<Terms, 'content' | 'heartbeat' | 'timeout' | 'maxCount'>;

/** A call without a payload says that something has happened: one says it of all that has. */
function withoutTopic(channel: Channel, mime: string | undefined): Manner {
  if (mime !== undefined && channel.type === 'websocket')
    throw refuse('Without a topic a websocket is told "ping <id>" and nothing else.', 'Subscription.channel.payload');
  const { timeout } = mannerOf(channel);
  return { timeout, maxCount: mime === undefined ? 1000 : 1 };
}

function contentOf(channel: Channel, mime: string | undefined): Manner {
  if (mime === undefined)
    throw refuse(
      'A subscription to a topic says of which format its notifications are.',
      'Subscription.channel.payload',
    );
  const [content, ...others] = all(channel._payload, extensions.content).map((e) => e['valueCode']);
  if (others.length > 0 || !['empty', 'id-only', 'full-resource'].includes(content as string))
    throw refuse(
      'A subscription to a topic has one extension backport-payload-content: empty, id-only or full-resource.',
      'Subscription.channel.payload.extension',
    );
  return { content: content as Content, ...mannerOf(channel) };
}

function mannerOf(channel: Channel): Pick<Terms, 'heartbeat' | 'timeout' | 'maxCount'> {
  const number = (url: string, least: number, most: number) => {
    const [found] = all(channel, url);
    const value = found?.['valueUnsignedInt'] ?? found?.['valuePositiveInt'];
    return typeof value === 'number' ? Math.max(least, Math.min(value, most)) : undefined;
  };
  const heartbeat = number(extensions.heartbeat, shortestHeartbeat, 86_400);
  return {
    ...(heartbeat !== undefined && { heartbeat }),
    timeout: number(extensions.timeout, 1, longestTimeout) ?? defaultTimeout,
    maxCount: number(extensions.maxCount, 1, mostEvents) ?? defaultCount,
  };
}

const all = (element: Extended | undefined, url: string) => (element?.extension ?? []).filter((e) => e.url === url);
