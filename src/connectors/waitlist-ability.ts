/** The part of the connector contract that is about waiting lists. Types only. */
import type { MisRecord, WriteContext, WriteOutcome } from './connector.ts';

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
  /** Milliseconds after the start of a write during which the MIS may still commit it. From the clinic's configuration. */
  readonly graceMilliseconds: number;
  /** Milliseconds after which it is worth asking again what has become of a request. */
  readonly followMilliseconds: number;
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
