/**
 * What is kept of a booking: `<GUID of the card>;<mark>[;<GUID of the visit>]`. 1С has no key of ours, so an attempt is kept
 * before it is made, with a mark that stands in the comment of the visit: by it one of the patient's visits is known for ours.
 */
import { randomBytes } from 'node:crypto';

export interface Reference {
  readonly patient: string;
  /** Twelve hexadecimal digits, of this booking alone. */
  readonly mark: string;
  /** Absent until 1С has shown the visit. */
  readonly visit?: string;
}

export const newMark = (): string => randomBytes(6).toString('hex');

/** As it stands in a comment, which the desk reads, too. */
export const markText = (mark: string): string => `#${mark}`;

export const writeReference = ({ patient, mark, visit }: Reference): string =>
  [patient, mark, ...(visit === undefined ? [] : [visit])].join(';');

/** @throws Error for what this file has not written */
export function readReference(text: string): Reference {
  const [patient, mark, visit, ...others] = text.split(';');
  if (!patient || !mark || others.length > 0) throw new Error('not a reference of this connector');
  return { patient, mark, ...(visit !== undefined && { visit }) };
}
