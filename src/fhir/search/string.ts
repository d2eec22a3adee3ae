/** Tests of strings. https://hl7.org/fhir/R4/search.html#string */
import { foldString } from '../../r4/values.ts';
import { blame } from './blame.ts';
import type { ValueFilter } from './filter.ts';
import type { Statement } from './statement.ts';
import { beginning, escapeLike, unescapeValue } from './value.ts';

/** Characters of a folded text that its index holds; what is longer is compared again. */
const indexed = 200;

export function stringTest(s: Statement, v: string, { modifier, name }: ValueFilter, value: string): string {
  const text = unescapeValue(value);
  const folded = foldString(text);
  const first = [...folded].slice(0, indexed).join('');
  const index = `left(${v}.folded, ${indexed})`;
  if (modifier === 'exact') return `${index} = ${s.value(first)} and ${v}.exact = ${s.value(text)}`;
  // Only letters and digits are compared: without any, everybody would be found.
  if (folded === '') throw blame(name, 'takes a text with letters or digits');
  if (modifier === 'contains') return `${v}.folded like ${s.value(`%${escapeLike(folded)}%`)}`;
  const begins = `${index} like ${s.value(beginning(first))}`;
  return first === folded ? begins : `${begins} and ${v}.folded like ${s.value(beginning(folded))}`;
}
