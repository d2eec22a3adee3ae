/**
 * What a subscriber is sent: of a topic a Bundle of type history
 * (https://hl7.org/fhir/uv/subscriptions-backport/notifications.html), of R4's own subscription the resource or nothing
 * (https://hl7.org/fhir/R4/subscription.html#channels).
 */
import { randomUUID } from 'node:crypto';
import { fhirInstant } from '../../instant.ts';
import type { OutboundRequest } from '../../outbound.ts';
import type { Json } from '../../r4/json.ts';
import { writeXml } from '../../r4/xml/write.ts';
import type { Content, SubscriptionEvent, SubscriptionRow } from '../../workflows/subscription.ts';
import type { Focus } from './focus.ts';
import { canonicalOf, profiles } from './topic.ts';

export type NotificationType = 'handshake' | 'heartbeat' | 'event-notification' | 'query-status' | 'query-event';

export interface Notification {
  readonly type: NotificationType;
  /** Number of the last event that there has been, or, of a notification, that it tells; undefined: it is not for whoever asks. */
  readonly last: number | undefined;
  readonly events: readonly SubscriptionEvent[];
  /** What the events are about, where the viewer may see it. */
  readonly foci: ReadonlyMap<SubscriptionEvent, Focus>;
  readonly content: Content;
}

interface Part {
  readonly name: string;
  readonly [value: string]: unknown;
}

/** https://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition-backport-subscription-status-r4.html */
export function statusParameters(row: SubscriptionRow, notification: Notification): object {
  const { type, last, events, foci, content } = notification;
  const { topic, base } = row.terms;
  const parts: Part[] = [
    { name: 'subscription', valueReference: { reference: `${base}/Subscription/${row.id}` } },
    ...(topic === undefined || content === 'empty'
      ? []
      : [{ name: 'topic', valueCanonical: canonicalOf({ code: topic }) }]),
    { name: 'status', valueCode: row.status },
    { name: 'type', valueCode: type },
    ...(last === undefined ? [] : [{ name: 'events-since-subscription-start', valueString: String(last) }]),
    ...events.map((event) => eventPart(event, content !== 'empty' && foci.has(event), base)),
    ...(row.error === null ? [] : [{ name: 'error', valueCodeableConcept: { text: row.error } }]),
  ];
  return { resourceType: 'Parameters', id: randomUUID(), meta: { profile: [profiles.status] }, parameter: parts };
}

function eventPart(event: SubscriptionEvent, told: boolean, base: string): Part {
  const focus = { name: 'focus', valueReference: { reference: `${base}/${event.type}/${event.focus}` } };
  const part = [
    { name: 'event-number', valueString: String(event.number) },
    { name: 'timestamp', valueInstant: fhirInstant(event.changed.getTime()) },
    ...(told ? [focus] : []),
  ];
  return { name: 'notification-event', part };
}

/** @param now milliseconds */
export function notificationBundle(row: SubscriptionRow, notification: Notification, now: number): object {
  const { base } = row.terms;
  const status = statusParameters(row, notification) as { id: string };
  const first = {
    fullUrl: `urn:uuid:${status.id}`,
    resource: status,
    request: { method: 'GET', url: `${base}/Subscription/${row.id}/$status` },
    response: { status: '200' },
  };
  return {
    resourceType: 'Bundle',
    id: randomUUID(),
    meta: { profile: [profiles.notification] },
    type: 'history',
    timestamp: fhirInstant(now),
    entry: [first, ...entriesOf(notification, base)],
  };
}

const interactions = {
  create: ['POST', '201'],
  update: ['PUT', '200'],
  delete: ['DELETE', '204'],
} as const;

function entriesOf({ content, events, foci }: Notification, base: string): object[] {
  if (content === 'empty') return [];
  return events.flatMap((event) => {
    const focus = foci.get(event);
    if (focus === undefined) return [];
    const { kind, type, focus: id, version, changed } = event;
    const [method, status] = interactions[kind];
    const url = kind === 'create' ? type : `${type}/${id}`;
    const whole = content === 'full-resource' && focus.resource !== undefined;
    return {
      fullUrl: `${base}/${type}/${id}`,
      ...(whole && { resource: focus.resource }),
      request: { method, url },
      response: { status, etag: `W/"${version}"`, lastModified: fhirInstant(changed.getTime()) },
    };
  });
}

/** A Bundle on its way to the endpoint. */
export function bundleRequest(row: SubscriptionRow, bundle: object): OutboundRequest {
  return { ...requestTo(row, 'POST', ''), body: written(bundle, row.terms.mime!) };
}

/** @param mime of the terms */
export const written = (resource: object, mime: string): string =>
  mime === 'application/fhir+xml' ? writeXml(resource as Json) : JSON.stringify(resource);

/** R4's own: nothing but the call where no payload is wanted, else the resource, as if the endpoint were a FHIR server. */
export function plainRequest(
  row: SubscriptionRow,
  events: readonly SubscriptionEvent[],
  foci: ReadonlyMap<SubscriptionEvent, Focus>,
): OutboundRequest | undefined {
  const { mime } = row.terms;
  const event = events.at(-1)!;
  const focus = foci.get(event);
  if (mime === undefined)
    return events.some((e) => foci.has(e)) ? numbered(row, event, requestTo(row, 'POST', '')) : undefined;
  if (focus === undefined) return undefined;
  const path = `/${event.type}/${event.focus}`;
  if (event.kind === 'delete') return numbered(row, event, requestTo(row, 'DELETE', path));
  if (focus.resource === undefined) return undefined;
  const put = { ...requestTo(row, 'PUT', path), body: written(focus.resource, mime) };
  return numbered(row, event, put);
}

/** The same event has the same key each time it is sent. */
function numbered(row: SubscriptionRow, event: SubscriptionEvent, request: OutboundRequest): OutboundRequest {
  return { ...request, headers: { ...request.headers, 'idempotency-key': `"${row.id}-${event.number}"` } };
}

function requestTo({ terms }: SubscriptionRow, method: OutboundRequest['method'], path: string): OutboundRequest {
  const url = new URL(terms.endpoint!);
  if (path !== '') url.pathname = url.pathname.replace(/\/$/, '') + path;
  const type =
    terms.mime === undefined || method === 'DELETE' ? {} : { 'content-type': `${terms.mime}; charset=utf-8` };
  const headers = { ...Object.fromEntries(terms.headers), ...type, 'user-agent': 'medmost' };
  return { url: url.href, method, headers, body: undefined, timeout: terms.timeout * 1000 };
}
