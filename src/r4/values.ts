/**
 * What a resource is found by: the values of its search parameters, ready to be rows of an index (R4 search.html,
 * protocols/r4.md §E). Composite parameters and `near` yield nothing.
 */

import { parseExpression } from './expression.ts';
import type { Json } from './json.ts';
import { compileExpression, type Walk } from './route.ts';
import type { SearchParameter, SearchType } from './table.ts';
import { dateValues } from './values/date.ts';
import { numberValues, quantityValues } from './values/quantity.ts';
import { referenceValues, uriValues } from './values/reference.ts';
import { stringValues } from './values/string.ts';
import { tokenValues } from './values/token.ts';
import type { Convert, ExtractOptions, SearchValue } from './values/value.ts';

export { type DateRange, dateRange } from './date.ts';
export { foldString } from './values/string.ts';
export type { ExtractOptions, SearchValue } from './values/value.ts';

/** Takes a parsed, valid resource. Values repeat when the resource repeats them. */
export type Extractor = (resource: object, options: ExtractOptions) => SearchValue[];

/**
 * An extractor of the given parameters, R4's or one's own beside them (`Slot.end`).
 * @throws SyntaxError for an expression outside the subset
 */
export function compileExtractor(type: string, parameters: readonly SearchParameter[]): Extractor {
  const compiled = parameters.flatMap((p) => compileParameter(type, p));
  return (resource, options) => {
    const values: SearchValue[] = [];
    for (const { code, walk, convert } of compiled) {
      walk(resource as Json, (value, found, element) => {
        for (const v of convert({ code, value, type: found, element, options })) values.push(v);
      });
    }
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

function compileParameter(type: string, parameter: SearchParameter): { code: string; walk: Walk; convert: Convert }[] {
  const convert = converters[parameter.type];
  if (convert === undefined || parameter.expression === undefined) return [];
  return [{ code: parameter.code, walk: compileExpression(parseExpression(parameter.expression), type), convert }];
}
