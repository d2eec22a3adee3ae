/**
 * How a booking is known at the clinic: the patient's id, the booking's own id once that is known, and the time and doctor by
 * which it is found in the patient's history (protocols/regiz.md §1.6: the id of a slot is not the id of a booking).
 */
export interface Reference {
  readonly idPat: string;
  readonly idDoc: string;
  /** Local time of the clinic, `yyyy-mm-ddThh:mm:ss`. */
  readonly start: string;
  /** The slot that was asked for. */
  readonly slot: string;
  /** IdAppointment in GetPatientHistory; absent until the clinic has shown it. */
  readonly booking?: string;
}

export const writeReference = ({ idPat, idDoc, start, slot, booking }: Reference): string =>
  JSON.stringify(booking === undefined ? [idPat, idDoc, start, slot] : [idPat, idDoc, start, slot, booking]);

/** @throws Error when it is none of ours */
export function readReference(text: string): Reference {
  const parts: unknown = JSON.parse(text);
  if (!Array.isArray(parts) || parts.length < 4 || parts.some((part) => typeof part !== 'string'))
    throw new Error('not a reference of a booking in РЕГИЗ');
  const [idPat, idDoc, start, slot, booking] = parts as string[];
  return { idPat: idPat!, idDoc: idDoc!, start: start!, slot: slot!, ...(booking !== undefined && { booking }) };
}
