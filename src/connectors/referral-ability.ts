/** The part of the connector contract that is about referrals to other clinics. Types only. */
import type { MisRecord, WriteContext, WriteOutcome } from './connector.ts';

/** A queue in which a region or a clinic keeps referrals to other clinics. */
export interface ReferralAbility {
  /** System of the codings of `ServiceRequest.category` by which one is known that belongs into the queue. */
  readonly category: string;
  /** System of the numbers that the queue gives. */
  readonly numbers: string;
  /** What the queue would refuse for certain, as a sentence, Russian; undefined: nothing. */
  unfit(request: MisRecord): string | undefined;
  /**
   * One attempt to register. Never repeats a write by itself. Whatever is not understood is `unknown`.
   * @param request what the mapping `ServiceRequest` → MIS made
   * @param context its `booking` is the id of the ServiceRequest, by which one whose answer was lost is found again
   */
  register(request: MisRecord, context: WriteContext): Promise<ReferralOutcome>;
  /** Read only: by the number or, when that was lost, by our id; undefined: it is not there. @throws MisReadError */
  find(own: string, reference: string | undefined, signal: AbortSignal): Promise<FoundReferral | undefined>;
  /** Withdraws it. One that is withdrawn already is `confirmed`. */
  cancel(reference: string, reason: string | undefined, context: WriteContext): Promise<ReferralOutcome>;
  /** Milliseconds after the start of a write during which the MIS may still commit it. From the clinic's configuration. */
  readonly graceMilliseconds: number;
  /** Milliseconds after which it is worth asking again how a referral stands. */
  readonly followMilliseconds: number;
}

export interface FoundReferral {
  /** Its number in the queue. */
  readonly reference: string;
  readonly state: 'active' | 'completed' | 'revoked';
  /** As the queue itself says it. */
  readonly status: { readonly system: string; readonly code: string; readonly display: string };
  /** How it stands, Russian, in words of ours. */
  readonly text: string;
}

export type ReferralOutcome =
  | { readonly outcome: 'confirmed'; readonly found: FoundReferral }
  | Exclude<WriteOutcome, { readonly outcome: 'confirmed' }>;
