/** String search values. https://hl7.org/fhir/R4/search.html#string */
import type { Found, SimpleValue } from './value.ts';

/**
 * Text as strings are compared in a search: lower case, ё as е, accents dropped (й stays й, it is a letter of its own),
 * punctuation and blanks collapsed to single spaces.
 */
export function foldString(text: string): string {
  const lower = text.toLowerCase().replaceAll('ё', 'е');
  if (plain.test(lower)) return lower;
  if (simple.test(lower)) return lower.replace(/[^a-zа-я0-9]+/g, ' ').trim();
  const bare = lower.normalize('NFD').replace(accents, '').normalize('NFC');
  return bare.replace(/[\p{P}\p{S}\s]+/gu, ' ').trim();
}

const plain = /^[a-zа-я0-9]*(?: [a-zа-я0-9]+)*$/;
/** Nothing to decompose: only ASCII punctuation is in the way. */
const simple = /^[\t\n\r -~а-я]*$/;
/** Every combining mark but the breve that, after NFD, makes и into й. */
const accents = /(?!(?<=и)\u0306)\p{Mn}/gu;

const nameParts = ['family', 'given', 'prefix', 'suffix', 'text'] as const;
const addressParts = ['text', 'line', 'city', 'district', 'state', 'postalCode', 'country'] as const;

export function stringValues({ value, type, code }: Found): SimpleValue[] {
  return textsOf(value, type).map((text) => ({ kind: 'string', code, text, folded: foldString(text) }));
}

function textsOf(value: unknown, type: string): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  if (type === 'HumanName') return nameTexts(value as Parts);
  return partTexts(value as Parts, type === 'Address' ? addressParts : ['text']);
}

type Parts = Readonly<Record<string, unknown>>;

/** Each part, and family with given names in the Russian order, so that «иванов иван» finds Иванов Иван Иванович. */
function nameTexts(name: Parts): string[] {
  const texts = partTexts(name, nameParts);
  const whole = partTexts(name, ['family', 'given']).join(' ');
  return whole === '' || texts.includes(whole) ? texts : [...texts, whole];
}

function partTexts(from: Parts, parts: readonly string[]): string[] {
  return parts.flatMap((part) => from[part]).filter((text) => typeof text === 'string');
}
