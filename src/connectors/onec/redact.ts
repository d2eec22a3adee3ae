/** What the message log may keep of a request: no password (headers are never kept) and nothing about a patient. */
import { mark } from '../redact.ts';

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
