/** Tests of tokens and uris. https://hl7.org/fhir/R4/search.html#token, #uri */
import { normaliseIdentifier } from '../../r4/identifier.ts';
import { foldString } from '../../r4/values.ts';
import { indexable, longestText, typedSystem } from '../../store/search-rows.ts';
import { blame } from './blame.ts';
import type { ValueFilter } from './filter.ts';
import type { SearchContext, Statement } from './statement.ts';
import { beginning, partsOf, unescapeValue } from './value.ts';

/** All four forms: `code` (any system), `system|code`, `|code` (no system: empty), `system|` (any code: empty). */
export function splitToken(
  { name }: Pick<ValueFilter, 'name'>,
  value: string,
): { readonly system?: string; readonly code: string } {
  const [first = '', ...rest] = partsOf(value, '|');
  if (rest.length === 0) return { code: unescapeValue(first) };
  const token = { system: unescapeValue(first), code: unescapeValue(rest.join('|')) };
  if (token.system === '' && token.code === '') throw blame(name, 'holds no value');
  return token;
}

export function tokenTest(s: Statement, v: string, filter: Pick<ValueFilter, 'name'>, value: string): string {
  const { system, code } = splitToken(filter, value);
  if (system === undefined) return `${v}.code = ${s.value(indexable(code))}`;
  const ours = normaliseIdentifier({ system, value: code });
  const test = `${v}.system = ${s.value(indexable(ours.system))}`;
  return code === '' ? test : `${test} and ${v}.code = ${s.value(indexable(ours.value))}`;
}

/** `:text`: what people read of the code begins so. */
export function textTest(s: Statement, v: string, { name }: ValueFilter, value: string): string {
  const folded = foldString(unescapeValue(value));
  if (folded === '' || folded.length > longestText)
    throw blame(name, `takes a text of 1 to ${longestText} letters or digits`);
  return `${v}.text like ${s.value(beginning(folded))}`;
}

/** `:of-type`: system and code of the Identifier's type, and its value. */
export function ofTypeTest(s: Statement, v: string, { name }: ValueFilter, value: string): string {
  const [system, code, ...rest] = partsOf(value, '|').map(unescapeValue);
  const identifier = rest.join('|');
  if (system === undefined || !code || identifier === '')
    throw blame(name, 'takes <system of the type>|<code of the type>|<value>');
  return `${v}.system = ${s.value(indexable(typedSystem(system, code)))} and ${v}.code = ${s.value(indexable(identifier))}`;
}

/** `:in`, `:not-in`: the codes of a value set. */
export function setTest(s: Statement, v: string, value: string, c: SearchContext): string {
  const codes = c.valueSets.get(unescapeValue(value)) ?? [];
  const systems = s.value(
    codes.map((each) => each.system),
    'text[]',
  );
  const list = s.value(
    codes.map((each) => each.code),
    'text[]',
  );
  return `(${v}.system, ${v}.code) in (select * from unnest(${systems}, ${list}))`;
}

/** `:below`: itself and what is below it as a path; `:above`: itself and what it is below. For URNs both are itself. */
export function uriTest(s: Statement, v: string, { modifier }: ValueFilter, value: string): string {
  const uri = unescapeValue(value);
  const isPath = /^[a-z][a-z0-9+.-]*:\/\//i.test(uri);
  if (modifier === 'above' && isPath) return `${v}.code = any(${s.value(pathsAbove(uri), 'text[]')})`;
  const same = `${v}.code = ${s.value(indexable(uri))}`;
  if (modifier === undefined || !isPath) return same;
  return `(${same} or ${v}.code like ${s.value(beginning(uri.endsWith('/') ? uri : `${uri}/`))})`;
}

/** `http://a/b/c` is below `http://a/b`, `http://a/b/`, `http://a` and `http://a/`. */
function pathsAbove(uri: string): string[] {
  const steps = uri.split('/');
  const above = steps.slice(3).flatMap((_, i) => {
    const path = steps.slice(0, 3 + i).join('/');
    return [path, `${path}/`];
  });
  return [uri, ...above].map(indexable);
}
