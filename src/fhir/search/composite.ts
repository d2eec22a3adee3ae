/** Composite parameters: `component$component`, of the same element. https://hl7.org/fhir/R4/search.html#composite */

import { isId } from '../../store/resource.ts';
import { blame } from './blame.ts';
import { valueTest } from './comparison.ts';
import type { ValueFilter } from './filter.ts';
import type { SearchContext, Source, Statement } from './statement.ts';
import { partsOf, unescapeValue } from './value.ts';

export function compositeSource(
  s: Statement,
  number: number,
  filter: ValueFilter,
  value: string,
  c: SearchContext,
): Source {
  const { components, code } = filter.parameter;
  const parts = partsOf(value, '$');
  if (parts.length !== components.length)
    throw blame(filter.name, `takes ${components.length} values with $ between them`);
  const joins = parts.map((part, place) => {
    const v = place === 0 ? 'v' : s.alias();
    const component = { ...filter.parameter, type: components[place]!.type, code };
    const test =
      component.type === 'reference'
        ? targetTest(s, v, part)
        : valueTest(s, v, { ...filter, parameter: component }, part, c);
    const same = place === 0 ? '' : `${v}.doc = v.doc and ${v}.parameter = v.parameter and ${v}.item = v.item and `;
    return { v, test: `${same}${v}.place = ${place} and ${test}` };
  });
  const [first, ...more] = joins;
  const from = ['search_rare v', ...more.map((j) => `join search_rare ${j.v} on ${j.test}`)].join(' ');
  return { from, where: `v.parameter = ${number}::smallint and ${first!.test}` };
}

function targetTest(s: Statement, v: string, part: string): string {
  const text = unescapeValue(part);
  const [, type, id = ''] = /^(?:([A-Za-z]+)\/)?([^/]*)$/.exec(text) ?? [];
  if (!isId(id)) return `${v}.code = ${s.value(text)}`;
  const target = `${v}.target = ${s.value(id, 'uuid')}`;
  return type === undefined ? target : `${target} and ${v}.type = ${s.value(type)}`;
}
