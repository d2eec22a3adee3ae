/** What the parts of subscriptions share: who is told of what, the changes that are matched, the events that are delivered. */

import type { Logger } from 'pino';
import { idOf } from '../id.ts';
import type { Clock } from '../instant.ts';
import type { Outbound, OutboundRequest } from '../outbound.ts';
import type { Database, Queryable } from '../postgres.ts';
import type { ParameterIds } from '../store/parameters.ts';
import type { Viewer } from '../store/visibility.ts';

/** Who is told, as the access token named it when the subscription was written. */
export interface Subscriber {
  readonly subject: string;
  readonly role: string;
  /** Keys of clinics. */
  readonly clinics: readonly string[];
  readonly patient?: string;
  /** What it was granted by the authorization server, by which its rights are read anew. */
  readonly scope?: string;
  readonly client?: string;
  readonly grant?: string;
}

/**
 * Whose a subscription is: nobody else sees it. A name alone may be that of several: of an app, and of its patients. Of a person, it is
 * the app's through which he made it: another one that he has let in may have been let in for less.
 */
export function ownerOf({ subject, role, patient = '', client = subject }: Subscriber): string {
  const through = client === subject ? '' : `\n${client}`;
  return idOf(role, 'Subscriber', `${patient}\n${subject}${through}`);
}

/** How much of a resource a notification of a topic holds. */
export type Content = 'empty' | 'id-only' | 'full-resource';

/** What a subscription asks for, as it is kept beside the document. */
export interface Terms {
  /** Resource type that is followed. */
  readonly type: string;
  /** Code of the topic; absent: R4's own subscription by a search. */
  readonly topic?: string;
  /** Searches without the type (`status=free&schedule=…`), all of which must match. */
  readonly filters: readonly string[];
  readonly channel: 'rest-hook' | 'websocket';
  readonly endpoint?: string;
  /** `[name, value]`, the values secret. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** `application/fhir+json` or `application/fhir+xml`; absent: nothing is sent but that something has happened. */
  readonly mime?: string;
  /** Of topics. */
  readonly content?: Content;
  /** Seconds after which a sign of life is sent. */
  readonly heartbeat?: number;
  /** Seconds that a delivery may take. */
  readonly timeout: number;
  /** Events in one notification at most. */
  readonly maxCount: number;
  /** FHIR base URL by which the subscriber knows the hub. */
  readonly base: string;
}

export type SubscriptionStatus = 'requested' | 'active' | 'error' | 'off';

export interface SubscriptionRow {
  readonly id: string;
  readonly status: SubscriptionStatus;
  readonly subscriber: Subscriber;
  readonly owner: string;
  readonly terms: Terms;
  readonly ends: Date | null;
  readonly numbered: number;
  readonly delivered: number;
  readonly failures: number;
  readonly failing_since: Date | null;
  readonly error: string | null;
  readonly sent: Date | null;
  readonly lease: number;
}

export type ChangeKind = 'create' | 'update' | 'delete';

/** A version of a resource that was written or deleted, of whatever clinic. */
export interface Change {
  readonly type: string;
  readonly id: string;
  /** Of a deletion, one more than the last version there was. */
  readonly version: number;
  readonly xid: string;
  readonly kind: ChangeKind;
  readonly updated: Date;
  readonly clinic: number;
  readonly patient: string | null;
  readonly under: string | null;
  /** Of documents; of a deletion, the body of the last version. */
  readonly body: string | null;
}

export interface SubscriptionEvent {
  readonly number: number;
  readonly kind: ChangeKind;
  readonly type: string;
  readonly focus: string;
  readonly version: number;
  readonly changed: Date;
}

/** What FHIR has to say: given by the layer above. */
export interface SubscriptionSpeech {
  /** Of the changes those that the subscription is about and its viewer may see, in their order. */
  match(db: Queryable, terms: Terms, viewer: Viewer, changes: readonly Change[]): Promise<readonly Change[]>;
  /** Undefined where nothing is to be sent: a single event of R4's own subscription that its viewer may not see any more. */
  notification(
    db: Queryable,
    row: SubscriptionRow,
    viewer: Viewer,
    events: readonly SubscriptionEvent[],
  ): Promise<OutboundRequest | undefined>;
  /** Undefined where there is no such thing: R4's own subscriptions. */
  sign(row: SubscriptionRow, kind: 'handshake' | 'heartbeat'): OutboundRequest | undefined;
}

export interface SubscriptionContext extends SubscriptionSpeech {
  readonly pool: Database;
  readonly outbound: Outbound;
  readonly parameters: ParameterIds;
  /** The rights of this moment. */
  viewerOf(subscriber: Subscriber): Promise<Viewer>;
  /** Seconds after the first of its failures in turn after which a subscription is in error. */
  readonly patience: number;
  /** Seconds that events are kept. */
  readonly kept: number;
  readonly clock: Clock;
  readonly log: Logger;
}

const firstPause = 5;
const longestPause = 3600;

/**
 * Seconds before the next attempt: 5, 10, 20 … up to an hour, of each a random part, so that receivers that failed together
 * are not called together.
 * @param failures in turn, 1 or more
 * @param asked seconds of Retry-After
 */
export function pauseAfterFailure(failures: number, asked: number | undefined, random = Math.random): number {
  const full = Math.min(longestPause, firstPause * 2 ** Math.min(failures - 1, 20));
  return Math.max(full * (0.5 + random() / 2), Math.min(asked ?? 0, longestPause));
}
