/** What the hub sends of its own: notifications and exports. They are written down before they leave. */
import type { AuditAgent, AuditEntry, AuditKind } from '../../access/audit/event.ts';
import type { Queryable } from '../../postgres.ts';
import type { SubscriptionRow } from '../../workflows/subscription.ts';
import type { Context } from '../context.ts';
import { patientsBehind } from './touched.ts';

type Ground = Pick<Context, 'audit' | 'clock' | 'declarations'>;

/** @param text what is sent, with the address that it is sent to @throws when it cannot be written: then it is not sent */
export async function recordNotification(
  ground: Ground,
  db: Queryable,
  { id, subscriber }: SubscriptionRow,
  text: string,
): Promise<void> {
  const patients = await patientsBehind(db, text, ground.declarations.keys());
  const { subject, role, client } = subscriber;
  const sent = { kind: 'notification', interaction: 'notification', resource: `Subscription/${id}` } as const;
  await recordSending(ground, { ...sent, agent: { subject, role, client } }, patients.keys());
}

interface Sent {
  readonly kind: AuditKind;
  readonly interaction: string;
  readonly resource?: string;
  readonly agent: AuditAgent;
}

/** Events that are written by one statement. */
const atOnce = 2000;

/** One event for each patient; of an export there may be as many as a region has. */
export async function recordSending(
  { audit, clock }: Pick<Ground, 'audit' | 'clock'>,
  sent: Sent,
  patients: Iterable<string>,
): Promise<void> {
  const entry: AuditEntry = { ...sent, at: clock(), action: 'R', outcome: 0 };
  const all = [...patients];
  for (let i = 0; i < all.length; i += atOnce)
    await audit.record(all.slice(i, i + atOnce).map((patient) => ({ ...entry, patient })));
}
