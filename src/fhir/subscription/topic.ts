/** The topics that can be followed. https://hl7.org/fhir/uv/subscriptions-backport/components.html#subscription-topics-in-r4 */

export interface Topic {
  readonly code: string;
  readonly title: string;
  /** What happens, in words for people. */
  readonly description: string;
  /** Resource type of the focus. */
  readonly type: string;
  /** Condition on the version `s` of a slot, beside the filters of the subscription. */
  readonly slotCondition?: string;
}

const canonicalBase = 'https://medmost.ru/fhir/SubscriptionTopic/';

/** It was there and was not free, and now it is. A slot that is new is none: timetables are opened by the thousand. */
const freed = `s.status = 0 and exists (select from slot_version o
  where o.id = s.id and o.version = s.version - 1 and o.status <> 0 and not o.deleted)`;

export const topics: readonly Topic[] = [
  {
    code: 'slot-freed',
    title: 'A time has become free',
    description:
      'A Slot that was not free has become free: a booking was cancelled or refused, a break was taken back.',
    type: 'Slot',
    slotCondition: freed,
  },
  {
    code: 'appointment-changed',
    title: 'A booking has changed',
    description: 'An Appointment was created, changed or deleted, here or in the system of the clinic.',
    type: 'Appointment',
  },
  {
    code: 'schedule-changed',
    title: 'A timetable has changed',
    description:
      'A Schedule was created, changed or deleted. Its times are Slots: follow them by the topic slot-freed or a search.',
    type: 'Schedule',
  },
];

export const canonicalOf = (topic: Pick<Topic, 'code'>): string => canonicalBase + topic.code;

/** @param canonical a version after `|` is not looked at: there is one */
export function topicOf(canonical: string): Topic | undefined {
  const [url] = canonical.split('|');
  return topics.find((t) => canonicalOf(t) === url);
}

const backport = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/';

/** https://hl7.org/fhir/uv/subscriptions-backport/artifacts.html */
export const profiles = {
  subscription: `${backport}backport-subscription`,
  notification: `${backport}backport-subscription-notification-r4`,
  status: `${backport}backport-subscription-status-r4`,
} as const;

export const extensions = {
  filter: `${backport}backport-filter-criteria`,
  content: `${backport}backport-payload-content`,
  heartbeat: `${backport}backport-heartbeat-period`,
  timeout: `${backport}backport-timeout`,
  maxCount: `${backport}backport-max-count`,
  channelType: `${backport}backport-channel-type`,
  topic: `${backport}capabilitystatement-subscriptiontopic-canonical`,
  websocket: 'http://hl7.org/fhir/StructureDefinition/capabilitystatement-websocket',
} as const;
