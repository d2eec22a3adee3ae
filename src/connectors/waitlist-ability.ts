/** The part of the connector contract that is about waiting lists. Types only. */
import type { MisRecord, MisRecords, WriteContext, WriteOutcome } from './connector.ts';

/** A list kept by the MIS, of patients who wait for a time that is not there yet. */
export interface WaitlistAbility {
  /**
   * One attempt to put a patient on the list. Never repeats a write by itself. Whatever is not understood is `unknown`.
   * @param request what the mapping `Appointment` → MIS made of an Appointment without a slot
   */
  register(request: MisRecord, context: WriteContext): Promise<WriteOutcome>;
  /** Read only: what has become of a request, by its reference or, when that was lost, by what it says. @throws MisReadError */
  findRequest(request: MisRecord, reference: string | undefined, signal: AbortSignal): Promise<FoundRequest>;
  /** Takes the patient off the list. One that is off it already is `confirmed`. */
  cancel(reference: string, reason: string | undefined, context: WriteContext): Promise<WriteOutcome>;
  /** System of the numbers (references) that it gives to requests, as identifiers of the Appointment. */
  readonly numbers: string;
  /** What others have put on the list, where the MIS tells it. */
  readonly journal?: JournalAbility;
  /** Milliseconds after the start of a write during which the MIS may still commit it. From the clinic's configuration. */
  readonly graceMilliseconds: number;
  /** Milliseconds after which it is worth asking again what has become of a request. */
  readonly followMilliseconds: number;
}

/** The list itself, whoever has put a patient on it; a request of it may also be booked by (`waiting` of a booking's request). */
export interface JournalAbility {
  /**
   * Who waits now: records `waiting` and, for their patients, `waiting-patient`. All there are, or the reading fails: one that is not
   * in it waits no more. A record of a request that was registered through the hub has its id in `booking`.
   * @param only reference of the request that alone is asked about; nothing when it does not wait
   * @throws MisReadError
   */
  read(only: string | undefined, signal: AbortSignal): Promise<MisRecords>;
  /**
   * Key of the `waiting-patient` record that this person would have; undefined when the MIS does not know exactly one such person.
   * @param request what the mapping `Appointment` → MIS made for him @throws MisReadError
   */
  findPatient(request: MisRecord, signal: AbortSignal): Promise<string | undefined>;
  /** Records `slot` of the times that are offered for a request; undefined when it does not wait. @throws MisReadError */
  findTimes(reference: string, signal: AbortSignal): Promise<readonly MisRecord[] | undefined>;
}

export type FoundRequest =
  | { readonly state: 'waiting'; readonly reference: string }
  /** The clinic has found a time and booked the patient itself. */
  | { readonly state: 'booked'; readonly reference: string }
  | {
      readonly state: 'cancelled';
      readonly reference: string;
      /** For the patient, Russian, in words of ours. */
      readonly text?: string;
    }
  /** Nothing of ours is there. */
  | { readonly state: 'none' };
