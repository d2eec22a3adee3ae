/**
 * The contract between the hub and a medical information system (MIS). Types only.
 *
 * A connector speaks its MIS's wire and gives plain records in the MIS's own words; `mappings/<mis>/` turns records into
 * FHIR and FHIR into requests. Abilities are optional members: what a MIS cannot do is absent, and the facade says so.
 */
import type { ZodType } from 'zod';
import type { Clock, Interval } from '../instant.ts';
import type { Database } from '../postgres.ts';
import type { CaseAbility } from './case-ability.ts';
import type { ConsultationAbility } from './consultation-ability.ts';
import type { PaperAbility } from './paper-ability.ts';
import type { ReferralAbility } from './referral-ability.ts';
import type { TemplateAbility } from './template-ability.ts';
import type { WaitlistAbility } from './waitlist-ability.ts';

export interface Connector<Settings = unknown> {
  /** Folder name under `src/connectors/` and `mappings/`. */
  readonly name: string;
  /** What an operator reads, e.g. «1С (БИТ.УМЦ), SOAP Integration». */
  readonly title: string;
  /** Schema of the MIS-specific part of the clinics file (`mis:`), with defaults and a description of every key. */
  readonly settings: ZodType<Settings>;
  /** Paths of `settings` whose values must never be seen in a log, an error or the message log. */
  readonly secrets: readonly string[];
  /** Folder of `mappings/` for a connection that gives the records of another MIS; undefined: that of its own name. */
  mapping?(settings: Settings): string | undefined;
  connect(settings: Settings, context: ConnectionContext): Operations;
}

export interface ConnectionContext {
  /** Key of the clinic in the configuration. */
  readonly clinic: string;
  /** IANA zone in which the MIS writes local times. */
  readonly zone: string;
  readonly clock: Clock;
  /** The hub's own Postgres, for a connector that keeps in tables of its own what a MIS would keep. */
  readonly database: Database;
  /** Keeps one exchange with the MIS in the message log. Never throws, never blocks. */
  record(exchange: Exchange): void;
}

/** One request to the MIS and what came back, already redacted. */
export interface Exchange {
  readonly at: number;
  readonly operation: string;
  readonly access: 'read' | 'write';
  readonly milliseconds: number;
  /** HTTP status, absent when no answer came. */
  readonly status?: number;
  readonly outcome: 'ok' | 'rejected' | 'unknown' | 'unsent' | 'failed';
  readonly request: string;
  readonly response: string;
  /** Booking this exchange served, when there is one. */
  readonly booking?: string;
}

/** A record in the MIS's own words, as plain JSON. Absent, empty and null are all "absent": the key is not there. */
export type MisRecord = { readonly [name: string]: unknown };

/** Kind of record (`employee`, `branch`, `slot`, …) → records. A mapping file names the kind that it reads. */
export type MisRecords = { readonly [kind: string]: readonly MisRecord[] };

export interface Operations {
  /** Who and what the clinic consists of. @throws MisReadError */
  directory?(signal: AbortSignal): Promise<MisRecords>;
  schedule?: ScheduleAbility;
  booking?: BookingAbility;
  waitlist?: WaitlistAbility;
  referrals?: ReferralAbility;
  cases?: CaseAbility;
  consultations?: ConsultationAbility;
  papers?: PaperAbility;
  /** How time is offered, where the MIS lets it be changed from here. */
  templates?: TemplateAbility;
  /** A region's index of people, beyond the clinic's own. */
  patientIndex?: PatientIndexAbility;
  /** Cheap proof that the MIS answers. @throws MisReadError */
  ping?(signal: AbortSignal): Promise<void>;
  /** State of breakers and bulkheads, for health and metrics. */
  health(): MisHealth;
  close(): Promise<void>;
}

export interface MisHealth {
  readonly reads: 'closed' | 'half-open' | 'open';
  readonly writes: 'closed' | 'half-open' | 'open';
}

export interface ScheduleAbility {
  /**
   * All there is in the window: records of schedules and of slots (kinds `schedule`, `slot`). A slot that the MIS shows
   * neither free nor busy is simply not there. A part of the MIS's answer that cannot be trusted makes the whole
   * reading fail: a schedule is never half read.
   * @param only MIS ids of schedules (`key` of a `schedule` record), when only some are wanted
   * @throws MisReadError
   */
  read(window: Interval, only: readonly string[] | undefined, signal: AbortSignal): Promise<MisRecords>;
  /** How many days ahead the MIS is asked for at once. */
  readonly horizonDays: number;
}

export interface BookingAbility {
  /**
   * One attempt to book. Never repeats a write by itself. Whatever is not understood is `unknown`.
   * @param request what the mapping `Appointment` → MIS made, plus nothing
   * @param reference what an earlier attempt left (resumes it), if any
   * @param progress must be awaited with a reference the MIS gave before the next irreversible call is made
   */
  book(
    request: MisRecord,
    reference: string | undefined,
    progress: (reference: string) => Promise<void>,
    context: WriteContext,
  ): Promise<WriteOutcome>;
  /** Read only: what the MIS holds for this request. @throws MisReadError when it cannot be told now */
  findBooking(request: MisRecord, reference: string | undefined, signal: AbortSignal): Promise<FoundBooking>;
  /** Frees the time in the MIS. An already cancelled booking is `confirmed`. */
  cancel(reference: string, reason: string | undefined, context: WriteContext): Promise<WriteOutcome>;
  /** Milliseconds after the start of a write during which the MIS may still commit it. From the clinic's configuration. */
  readonly graceMilliseconds: number;
}

export interface WriteContext {
  readonly signal: AbortSignal;
  /** Id of the booking, for the message log. */
  readonly booking: string;
}

export type WriteOutcome =
  | { readonly outcome: 'confirmed'; readonly reference: string }
  | {
      readonly outcome: 'rejected';
      /** `unsent`: certain that nothing reached the MIS, so the same request may be tried later. */
      readonly reason: 'taken' | 'rule' | 'unsent';
      /** Sentence for the patient, Russian, without the MIS's inner names and without personal data. */
      readonly text: string;
    }
  | { readonly outcome: 'unknown'; readonly reference?: string; readonly cause: string };

export type FoundBooking =
  /** The MIS holds the booking: the patient is expected. */
  | { readonly state: 'held'; readonly reference: string }
  /** Begun for us and not finished (a reservation); it will lapse by itself or may be resumed. */
  | { readonly state: 'unfinished'; readonly reference: string }
  /** The MIS knows the reference and says it is cancelled. */
  | { readonly state: 'cancelled'; readonly reference: string }
  /** Nothing of ours is there and the time is free. */
  | { readonly state: 'free' }
  /**
   * The time is occupied and nothing tells that by us. `doubtful`: nothing tells that it is not by us either, for a write whose answer was
   * lost leaves no reference in this MIS. A person has to look; it is no "no".
   */
  | { readonly state: 'taken'; readonly doubtful?: true };

export interface PatientIndexAbility {
  /**
   * People who may be the one that is looked for, in the index's own words: more than fit is as well, for they are judged by us.
   * @param query what the mapping `Patient` → MIS made; nothing to ask by finds nobody
   * @throws MisReadError
   */
  find(query: MisRecord, signal: AbortSignal): Promise<MisRecords>;
  /** Milliseconds for which a client may be kept waiting for it. */
  readonly patienceMilliseconds: number;
}

/** A read that gave nothing that can be trusted. Reads may always be repeated; `retryable` says whether it may help. */
export class MisReadError extends Error {
  readonly retryable: boolean;

  constructor(message: string, retryable: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'MisReadError';
    this.retryable = retryable;
  }
}
