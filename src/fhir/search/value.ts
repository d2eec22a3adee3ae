/** What stands behind the `=` of a search parameter. https://hl7.org/fhir/R4/search.html#escaping */
import { blame } from './blame.ts';

/** Never none: a parameter that tests nothing would widen the result. */
export function valuesOf(name: string, value: string): string[] {
  const values = partsOf(value, ',').filter((v) => v !== '');
  if (values.length === 0) throw blame(name, 'holds no value');
  return values;
}

/** Splits at separators that are not escaped by `\`; a `\` that escapes nothing stands for itself. */
export function partsOf(value: string, separator: string): string[] {
  if (!value.includes('\\')) return value.split(separator);
  const parts = [''];
  for (const [piece] of value.matchAll(/\\.|[^\\]|\\$/gs))
    if (piece === separator) parts.push('');
    else parts[parts.length - 1] += piece;
  return parts;
}

/** Removes the escapes of https://hl7.org/fhir/R4/search.html#escaping. */
export function unescapeValue(text: string): string {
  return text.replace(/\\([\\,|$])/g, '$1');
}

export const escapeLike = (text: string) => text.replace(/[\\%_]/g, (x) => `\\${x}`);

/** Pattern of LIKE for what begins so. */
export const beginning = (text: string) => `${escapeLike(text)}%`;
