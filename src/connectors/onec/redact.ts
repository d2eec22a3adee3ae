/** What the message log may keep of an exchange: no password (headers are never kept) and nothing about a patient. */

/** Parameters of the booking operations that tell about a patient (protocols/onec.md §1.2). */
export const personal = [
  'PatientSurname',
  'PatientName',
  'PatientFatherName',
  'Phone',
  'Email',
  'Address',
  'Comment',
  'Birthday',
  'AdditionalInformation',
  'Reason',
] as const;

const mark = '[скрыто]';
const elements = new RegExp(`(<(?:\\w+:)?(${personal.join('|')})(?:\\s[^>]*)?>)[^<]*`, 'g');
const properties = new RegExp(`(name="(?:${personal.join('|')})"[^>]*>\\s*<[^>]*>)[^<]*`, 'g');

/** The envelope with the patient's values replaced. */
export function redactRequest(xml: string): string {
  return xml.replace(elements, `$1${mark}`).replace(properties, `$1${mark}`);
}

/** The patient's values in an envelope, both as sent (escaped) and as meant. */
export function personalValues(xml: string): string[] {
  const found = [...xml.matchAll(elements), ...xml.matchAll(properties)].map((m) => m[0].slice(m[1]!.length));
  return [...new Set(found.flatMap((value) => [value, unescaped(value)]))];
}

const unescaped = (text: string): string =>
  text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: keyof typeof characters) => characters[name]);
const characters = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' } as const;

const capital = '\\p{Lu}[\\p{L}-]+';
const initials = '\\p{Lu}\\.\\s?(?:\\p{Lu}\\.)?';
const personNames = new RegExp(
  `(?<!\\p{L})${capital}\\s+(?:${capital}\\s+\\p{Lu}\\p{L}*(?:вич|вна|ична|[\\s-]?(?:оглы|кызы))|${initials})(?!\\p{L})`,
  'gu',
);
const phones = /(?<![\w-])(?:\+7|8|7)[\s(-]*\d{3}[\s)-]*\d{3}[\s-]*\d{2}[\s-]*\d{2}(?![\w-])/g;
const emails = /[\w.+-]+@[\w-]+\.[\w.-]+/g;

/**
 * An answer of 1С with what it echoes of the request replaced, and whatever looks like a person's name, phone or e-mail.
 * @param values personal values that were sent; those shorter than 3 characters are left, they would hit any word
 */
export function redactResponse(text: string, values: readonly string[]): string {
  let clean = text;
  for (const value of values) if (value.trim().length > 2) clean = clean.replaceAll(value.trim(), mark);
  return clean.replace(personNames, mark).replace(phones, mark).replace(emails, mark);
}

/** The beginning of a body, with a note of what was left out. */
export function shorten(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters)}… (${text.length} characters in all)`;
}
