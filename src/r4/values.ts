/**
 * What a resource is found by: the values of its search parameters, ready to be rows of an index (R4 search.html,
 * protocols/r4.md §E).
 */

import type { SearchParameter, SearchType } from './definition.ts';
import { parseExpression } from './expression.ts';
import type { Json } from './json.ts';
import { compileExpression, type Walk } from './route.ts';
import { dateValues } from './values/date.ts';
import { numberValues, positionValues, quantityValues } from './values/quantity.ts';
import { referenceValues, uriValues } from './values/reference.ts';
import { stringValues } from './values/string.ts';
import { tokenValues } from './values/token.ts';
import type { Convert, ExtractOptions, SearchValue } from './values/value.ts';

export { type DateRange, dateRange } from './date.ts';
export { foldString } from './values/string.ts';
export type { ExtractOptions, SearchValue } from './values/value.ts';

/** Takes a parsed, valid resource. Values repeat when the resource repeats them. */
export type Extractor = (resource: object, options: ExtractOptions) => SearchValue[];

type Extract = (resource: Json, options: ExtractOptions, values: SearchValue[]) => void;

/**
 * An extractor of the given parameters, R4's or one's own beside them (`Slot.end`).
 * @throws SyntaxError for an expression outside the subset
 */
export function compileExtractor(type: string, parameters: readonly SearchParameter[]): Extractor {
  const compiled = parameters.flatMap((p) => compileParameter(type, p));
  return (resource, options) => {
    const values: SearchValue[] = [];
    for (const extract of compiled) extract(resource as Json, options, values);
    return values;
  };
}

const converters: Partial<Record<SearchType, Convert>> = {
  token: tokenValues,
  string: stringValues,
  date: dateValues,
  reference: referenceValues,
  uri: uriValues,
  number: numberValues,
  quantity: quantityValues,
};

const converterOf = ({ type, code }: Pick<SearchParameter, 'type' | 'code'>): Convert | undefined =>
  type === 'special' && code === 'near' ? positionValues : converters[type];

function compileParameter(type: string, parameter: SearchParameter): Extract[] {
  const { code, expression } = parameter;
  if (expression === undefined) return [];
  const walk = compileExpression(parseExpression(expression), type);
  if (parameter.type === 'composite') return [composed(parameter, walk)];
  const convert = converterOf(parameter);
  if (convert === undefined) return [];
  return [
    (resource, options, values) =>
      walk(resource, (value, found, element) => {
        for (const v of convert({ code, value, type: found, element, options })) values.push(v);
      }),
  ];
}

/** Every element that is composed is an item of its own, so that its values are not mixed with another's. */
function composed({ code, components }: SearchParameter, walk: Walk): Extract {
  const expressions = components.map((c) => ({ tree: parseExpression(c.expression), convert: converters[c.type]! }));
  const walks = new Map<string, readonly Walk[]>();
  return (resource, options, values) => {
    let item = -1;
    walk(resource, (focus, type) => {
      item++;
      const known = walks.get(type) ?? expressions.map((e) => compileExpression(e.tree, type));
      walks.set(type, known);
      for (const [place, { convert }] of expressions.entries())
        known[place]!(focus as Json, (value, found, element) => {
          for (const v of convert({ code, value, type: found, element, options }))
            values.push({ kind: 'composite', code, item, place, value: v });
        });
    });
  };
}
