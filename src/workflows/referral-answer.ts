/** What a client who has asked for something about a referral is answered, and what is checked before. */
import type { Clinic } from '../connectors/clinic.ts';
import { Fault } from '../fault.ts';
import { readFreeze } from '../store/clinics.sql.ts';
import { readDocument, type StoredDocument } from '../store/documents.sql.ts';
import type { Viewer } from '../store/visibility.ts';
import type { BookingContext } from './conclusion.ts';

export interface ReferralAnswer {
  /** `pending`: the queue has not said yet what becomes of it. */
  readonly outcome: 'done' | 'pending';
  readonly document: StoredDocument;
}

/** @throws Fault not-found */
export async function answer(
  { pool }: BookingContext,
  viewer: Viewer,
  id: string,
  isDone: boolean,
): Promise<ReferralAnswer> {
  const document = await readDocument(pool, viewer, 'ServiceRequest', id);
  if (document === undefined) throw new Fault('not-found', 'There is no such ServiceRequest.');
  return { outcome: isDone ? 'done' : 'pending', document };
}

/** @throws Fault frozen */
export async function checkOpen({ pool }: BookingContext, clinic: Clinic): Promise<void> {
  if ((await readFreeze(pool, clinic.number)) !== undefined)
    throw new Fault('frozen', "Writes of this clinic are stopped while its system's data is checked.", {
      retryAfter: 300,
    });
}

export const unreachable = () =>
  new Fault('transient', 'The queue in which this referral is registered is not configured any more.', {
    retryAfter: 300,
  });
