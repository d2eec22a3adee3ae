/** What a clinic does with a referral in a queue beside registering and withdrawing it. Types only. */
import type { WriteOutcome } from './connector.ts';
import type { FoundReferral } from './referral-ability.ts';

/**
 * Of the clinic that refers: `review` (its own commission agrees), `redirect` (to another clinic), `issue` (the patient has it). Of the clinic that is referred to:
 * `accept` and `refuse`, `plan` (a time is given, or another one), `start` (the patient has come), `complete`, `cancel`.
 */
export type ReferralStep =
  | 'review'
  | 'redirect'
  | 'issue'
  | 'accept'
  | 'refuse'
  | 'plan'
  | 'start'
  | 'complete'
  | 'cancel';

/** Plain JSON: it is written down before it is sent. */
export interface StepRequest {
  readonly step: ReferralStep;
  /** Instant, milliseconds: when it happened, or for when the visit is planned. */
  readonly at: number;
  /** Why it is refused or cancelled; of a visit that is planned, what the patient is to know. */
  readonly reason?: string | undefined;
  /** Code in the queue of the clinic to which it is redirected. */
  readonly place?: string | undefined;
  /** What was found, when it is completed: a code of ICD-10, and words. */
  readonly diagnosis?: string | undefined;
  readonly conclusion?: string | undefined;
}

export type StepOutcome =
  | { readonly outcome: 'confirmed'; readonly found: FoundReferral }
  /** `found`: how it stands, where that is known: somebody else may have been faster. */
  | (Extract<WriteOutcome, { readonly outcome: 'rejected' }> & { readonly found?: FoundReferral | undefined })
  | Extract<WriteOutcome, { readonly outcome: 'unknown' }>;
