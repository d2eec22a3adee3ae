/** The status of a subscription where clients see it: the row and the document change together, in one transaction. */
import { transaction } from '../postgres.ts';
import { contentOf, prepareDocument } from '../store/document.ts';
import { putDocument } from '../store/documents.sql.ts';
import type { Resource } from '../store/resource.ts';
import { putStatus } from './subscription.sql.ts';
import type { SubscriptionContext, SubscriptionStatus } from './subscription.ts';

/**
 * Subscriptions are documents of no clinic, each in a compartment of its owner's own: nobody sees them by the rights on a
 * clinic, and so not their endpoints (fhir/resources/subscription.ts gives the owner the right).
 */
export const subscribersClinic = -1;

export interface Standing {
  /** Of the process that says so; absent: whoever has it loses it. */
  readonly lease?: number;
  /** When it is looked at next. */
  readonly next?: Date;
}

/** @param error a sentence for the subscriber, without secrets. @returns false when the lease is another's, or it is so already */
export async function changeStanding(
  context: Pick<SubscriptionContext, 'pool' | 'parameters' | 'clock'>,
  id: string,
  status: SubscriptionStatus,
  error?: string,
  { lease, next }: Standing = {},
): Promise<boolean> {
  return transaction(context.pool, async (db) => {
    // The document is locked first, as by everybody who writes both.
    const { rows } = await db.query<{ version: number; patient: string; body: string }>(
      `select version, patient, body from document where type = 'Subscription' and id = $1 for update`,
      [id],
    );
    const [kept] = rows;
    if (kept === undefined) return false;
    if (!(await putStatus(db, id, lease ?? null, status, error ?? null, next ?? null))) return false;
    const { error: before, ...rest } = contentOf(kept.body);
    const resource = { ...rest, status, ...(error !== undefined && { error }) } as Resource;
    const origin = { clinic: subscribersClinic, zone: 'UTC', patient: kept.patient };
    const written = prepareDocument(resource, kept.version + 1, context.clock(), origin, context.parameters);
    if (!(await putDocument(db, written))) throw new Error('its document was changed');
    return true;
  });
}
