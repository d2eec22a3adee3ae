/** What the message log may keep of an envelope: no password (headers are never kept) and nothing about a patient. */
import { mark } from '../../redact.ts';
import { personal } from '../personal.ts';

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
