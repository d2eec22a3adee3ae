/** What the mapping `Patient` → РЕГИЗ makes: by what the index of patients is asked. */
import { z } from 'zod';
import type { MisRecord } from '../../connector.ts';

const text = z
  .string()
  .optional()
  .transform((value) => value?.trim().slice(0, 100) || undefined);

const schema = z.object({
  FamilyName: text,
  GivenName: text,
  /** `yyyy-mm-dd` */
  BirthDate: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/)
    .optional(),
  Snils: text,
  Enp: text,
});

/** Of the dictionary of documents, …1.1.1.6. */
export const documentTypes = { Snils: 223, Enp: 228 } as const;

/** One question, narrow enough for an index of millions. */
export type Question =
  | { readonly type: number; readonly number: string }
  | { readonly FamilyName: string; readonly GivenName: string; readonly BirthDate: string };

/**
 * Each is enough by itself: an index finds only whom all that is asked for fits, and in one of them something may be spelt
 * otherwise.
 */
export function questionsOf(record: MisRecord): readonly Question[] {
  const { success, data } = schema.safeParse(record);
  if (!success) return [];
  const { FamilyName, GivenName, BirthDate } = data;
  const documents = (['Snils', 'Enp'] as const).flatMap((name) => {
    const number = data[name];
    return number === undefined ? [] : [{ type: documentTypes[name], number }];
  });
  if (FamilyName === undefined || GivenName === undefined || BirthDate === undefined) return documents;
  return [...documents, { FamilyName, GivenName, BirthDate }];
}

/** All that a question tells of a person, for redaction. */
export const valuesOf = (question: Question): string[] =>
  'number' in question ? [question.number] : [question.FamilyName, question.GivenName, question.BirthDate];
