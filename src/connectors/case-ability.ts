/** The part of the connector contract that is about finished consultations, which a region keeps in its record of the patient. Types only. */
import type { MisRecord, WriteContext, WriteOutcome } from './connector.ts';

/** A region's record of patients, to which finished remote consultations are handed over. */
export interface CaseAbility {
  /** What the region would refuse for certain, as a sentence, Russian; undefined: nothing. */
  unfit(request: MisRecord): string | undefined;
  /**
   * One attempt to hand it over, its patient first. It is known there by our id, `context.booking`, so it may be told again and is one
   * case all the same. Whatever is not understood is `unknown`.
   * @param request what the mapping `Encounter` → MIS made
   */
  send(request: MisRecord, way: CaseWay, context: WriteContext): Promise<WriteOutcome>;
  /** Takes it back. @param patient the Patient's id. */
  withdraw(patient: string, context: WriteContext): Promise<WriteOutcome>;
  /** Milliseconds after the start of a write during which the region may still commit it. From the clinic's configuration. */
  readonly graceMilliseconds: number;
}

export interface CaseWay {
  /** It stands there, or may: what stands there is replaced. */
  readonly replace: boolean;
  /** It is made where none stands; else that none stands yet is `unknown`. */
  readonly add: boolean;
}
