/** The part of the connector contract that is about referrals to other clinics. Types only. */
import type { MisRecord, WriteContext, WriteOutcome } from './connector.ts';
import type { ReferralStep, StepOutcome, StepRequest } from './referral-step.ts';

/** A queue in which a region or a clinic keeps referrals to other clinics. */
export interface ReferralAbility {
  /** System of the codings of `ServiceRequest.category` by which one is known that belongs into the queue. */
  readonly category: string;
  /** System of the numbers that the queue gives. */
  readonly numbers: string;
  /** System of the codes of clinics in the queue. */
  readonly places: string;
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
  /** Steps of the clinic that refers, beside registering and withdrawing. */
  readonly steps: readonly ReferralStep[];
  /** One attempt at a step. It is looked first how the referral stands: a step that is done already is `confirmed` and not sent. */
  advance(reference: string, request: StepRequest, context: WriteContext): Promise<StepOutcome>;
  /** Whether a referral stands as if this step had been done. */
  shows(found: FoundReferral, request: StepRequest): boolean;
  /** Absent where this clinic takes no referrals of others. */
  readonly incoming: IncomingAbility | undefined;
  /** Where there is a queue for a profile of care, and how long it is. @throws MisReadError */
  queues(profile: string, signal: AbortSignal): Promise<ReferralQueue[]>;
  /** Milliseconds after the start of a write during which the MIS may still commit it. From the clinic's configuration. */
  readonly graceMilliseconds: number;
  /** Milliseconds after which it is worth asking again how a referral stands. */
  readonly followMilliseconds: number;
  /** Days for which the document of a referral that is completed is asked for. */
  readonly documentDays: number;
}

/** What the clinic that others refer to can do. */
export interface IncomingAbility {
  /** Every referral to this clinic of which something is still to come, each with its record. @throws MisReadError */
  list(signal: AbortSignal): Promise<FoundReferral[]>;
  /** One of them by its number, however it stands; undefined: it is not there. @throws MisReadError */
  find(reference: string, signal: AbortSignal): Promise<FoundReferral | undefined>;
  readonly steps: readonly ReferralStep[];
  /** Milliseconds between two listings. */
  readonly readMilliseconds: number;
}

export interface FoundReferral {
  /** Its number in the queue. */
  readonly reference: string;
  readonly state: 'active' | 'completed' | 'revoked';
  /** As the queue itself says it. */
  readonly status: { readonly system: string; readonly code: string; readonly display: string };
  /** How it stands, Russian, in words of ours. */
  readonly text: string;
  /** Code in the queue of the clinic that is referred to, as far as it is told. */
  readonly place?: string | undefined;
  /** What the clinic that was referred to answers with; absent before the end. */
  readonly result?: ReferralResult;
  /** Of one that others have registered: what the mapping makes a ServiceRequest of. */
  readonly record?: MisRecord;
  /** It is another clinic's now. */
  readonly elsewhere?: true;
}

export interface ReferralResult {
  /** Instants. */
  readonly opened?: number | undefined;
  readonly closed?: number | undefined;
  /** Code of the clinic in the queue. */
  readonly place?: string | undefined;
  readonly doctor?: string | undefined;
  /** ICD-10, and words. */
  readonly diagnoses: readonly { readonly code?: string | undefined; readonly text?: string | undefined }[];
  readonly document?: ReferralDocument | undefined;
  /** A document may still come. */
  readonly awaited: boolean;
}

export interface ReferralDocument {
  readonly title?: string | undefined;
  /** Media type. */
  readonly type: string;
  /** Base64. */
  readonly data: string;
  /** Instant. */
  readonly created?: number | undefined;
}

/** A clinic to which patients are referred for a profile of care. */
export interface ReferralQueue {
  /** Code of the clinic in the queue. */
  readonly place: string;
  readonly address?: string | undefined;
  readonly contact?: string | undefined;
  readonly site?: string | undefined;
  readonly comment?: string | undefined;
  /** Days `yyyy-mm-dd` of the clinic between which it takes referrals. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  /** How long one waits, in days, and the day until which time has been given. */
  readonly days?: number | undefined;
  readonly latest?: string | undefined;
  /** How many stand in each status of the queue, by its code. */
  readonly standing: readonly { readonly status: string; readonly count: number }[];
}

export type ReferralOutcome =
  | { readonly outcome: 'confirmed'; readonly found: FoundReferral }
  | Exclude<WriteOutcome, { readonly outcome: 'confirmed' }>;
