/** What stands behind the `=` of a search parameter. https://hl7.org/fhir/R4/search.html#escaping */
import { blame } from './blame.ts';

/** Never none: a parameter that tests nothing would widen the result. */
export function valuesOf(name: string, value: string): string[] {
  const values = alternatives(value);
  if (values.length === 0) throw blame(name, 'holds no value');
  return values;
}

/** Splits at commas that are not escaped by `\`. */
function alternatives(value: string): string[] {
  return value.match(/(?:\\.|[^,\\])+/gs) ?? [];
}

/** Removes the escapes of https://hl7.org/fhir/R4/search.html#escaping. */
export function unescapeValue(text: string): string {
  return text.replace(/\\([\\,|$])/g, '$1');
}
