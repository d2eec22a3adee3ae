/** What a body may not keep when it goes into the message log, whatever MIS it came from. */

/** Stands where something was. */
export const mark = '[скрыто]';

// Of each run of letters no more than a name has, and of an address its beginning alone is tried: 100,000 letters took minutes.
const capital = '\\p{Lu}[\\p{L}-]{1,60}';
const initials = '\\p{Lu}\\.\\s?(?:\\p{Lu}\\.)?';
const personNames = new RegExp(
  `(?<!\\p{L})${capital}\\s+(?:${capital}\\s+\\p{Lu}\\p{L}{0,60}(?:вич|вна|ична|[\\s-]?(?:оглы|кызы))|${initials})(?!\\p{L})`,
  'gu',
);
const phones = /(?<![\w-])(?:\+7|8|7)[\s(-]*\d{3}[\s)-]*\d{3}[\s-]*\d{2}[\s-]*\d{2}(?![\w-])/g;
const emails = /(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+/g;

/** A text without these secrets, as they are. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret !== '') clean = clean.replaceAll(secret, mark);
  return clean;
}

const literally = (value: string): string => value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** A text without these values, in capitals or not; those shorter than 3 characters are left, they would hit any word. */
export function withoutValues(text: string, values: readonly string[]): string {
  let clean = text;
  for (const value of values)
    if (value.trim().length > 2) clean = clean.replace(new RegExp(literally(value.trim()), 'giu'), mark);
  return clean;
}

/**
 * An answer of a MIS with what it echoes of the request replaced, and whatever looks like a person's name, phone or e-mail.
 * @param values personal values that were sent, see `withoutValues`
 */
export function redactResponse(text: string, values: readonly string[]): string {
  return withoutValues(text, values).replace(personNames, mark).replace(phones, mark).replace(emails, mark);
}

/** The beginning of a body, with a note of what was left out. */
export function shorten(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters)}… (${text.length} characters in all)`;
}
