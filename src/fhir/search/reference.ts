/** Tests of references. https://hl7.org/fhir/R4/search.html#reference */
import type { SearchParameter } from '../../r4/definition.ts';
import { isId } from '../../store/resource.ts';
import { indexable } from '../../store/search-rows.ts';
import { blame } from './blame.ts';
import type { ValueFilter } from './filter.ts';
import type { SearchContext, Source, Statement } from './statement.ts';
import { tokenTest } from './token.ts';
import { unescapeValue } from './value.ts';

/** The references by a parameter that lead to resources of ours. */
export function localSource(type: string, { code }: SearchParameter, c: SearchContext): Source {
  const { id, wider } = c.parameters.of(type, code);
  const where =
    wider === undefined
      ? `v.parameter = ${id}::smallint`
      : `v.parameter = ${wider.id}::smallint and v.type = '${wider.target}'`;
  return { from: 'search_reference v', where };
}

/** `:identifier`: of references that are kept by an identifier. */
export function identifierSource(s: Statement, number: number, filter: ValueFilter): Source {
  const tests = filter.values.map((value) => tokenTest(s, 'v', filter, value));
  return { from: 'search_token v', where: `v.parameter = ${number}::smallint and (${tests.join(' or ')})` };
}

/**
 * `Type/id`, `id`, an address below our base; with `/_history/n` only references to that version; any other address, a
 * URN, a canonical with or without `|version` as it is.
 */
export function referenceSources(s: Statement, type: string, filter: ValueFilter, c: SearchContext): Source[] {
  const { parameter, values, name } = filter;
  const wanted = values.map((value) => wantedOf(filter, value, c));
  const locals = wanted.flatMap((w) => ('id' in w ? [w] : []));
  const addresses = wanted.flatMap((w) => ('addresses' in w ? w.addresses : [])).map(indexable);
  if (wanted.some((w) => 'addresses' in w && w.addresses.includes(''))) throw blame(name, 'holds no reference');
  const sources: Source[] = [];
  if (locals.length > 0) {
    const { from, where } = localSource(type, parameter, c);
    const tests = locals.map((w) => {
      const target = `v.target = ${s.value(w.id, 'uuid')}`;
      return w.type === undefined ? target : `${target} and v.type = ${s.value(w.type)}`;
    });
    sources.push({ from, where: `${where} and (${tests.join(' or ')})` });
  }
  if (addresses.length > 0) {
    const { id } = c.parameters.of(type, parameter.code);
    const codes = s.value(addresses, 'text[]');
    sources.push({ from: 'search_token v', where: `v.parameter = ${id}::smallint and v.code = any(${codes})` });
  }
  return sources;
}

type Wanted = { readonly type: string | undefined; readonly id: string } | { readonly addresses: readonly string[] };

const relativePattern = /^(?:([A-Z][A-Za-z]+)\/)?([A-Za-z0-9\-.]{1,64})(\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

function wantedOf({ modifier, parameter }: ValueFilter, value: string, c: SearchContext): Wanted {
  const text = unescapeValue(value);
  const relative = text.startsWith(`${c.base}/`) ? text.slice(c.base.length + 1) : text;
  const [, named, id, version] = relativePattern.exec(relative) ?? [];
  if (id === undefined) return { addresses: [text] };
  if (named !== undefined && modifier !== undefined && named !== modifier) return { addresses: [] };
  const type = named ?? modifier;
  if (version !== undefined) return { addresses: [relative] };
  if (isId(id)) return { type, id };
  const types = type === undefined ? parameter.targets : [type];
  return { addresses: [...types.map((t) => `${t}/${id}`), id] };
}

/** Ids of a column that refers to `type`; what cannot be one finds nothing. */
export function localIds(type: string, filter: ValueFilter, c: SearchContext): string[] {
  const wanted = filter.values.map((value) => wantedOf(filter, value, c));
  return wanted.flatMap((w) => ('id' in w && (w.type ?? type) === type ? [w.id] : []));
}
