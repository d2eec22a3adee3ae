/** The part of the connector contract that is about what a clinic has written of a patient: conclusions and results. Types only. */
import type { MisRecords } from './connector.ts';

export interface PaperAbility {
  /**
   * All that the clinic has written about the patient of a booking from an instant on: records `document` and `indicator`. By the booking
   * alone it is certain whose card it is: nobody is looked for by a name.
   *
   * A record has its `key`; an indicator names its `document`, a document its `indicators`, each with its key. `deleted`: the clinic has taken it
   * back. `visit`: the doctor of that booking has written it, on the day of the visit.
   * @param reference of a confirmed booking
   * @returns undefined when the MIS has no such visit of that patient any more
   * @throws MisReadError when not all of it could be read
   */
  read(reference: string, since: number, signal: AbortSignal): Promise<MisRecords | undefined>;
}
