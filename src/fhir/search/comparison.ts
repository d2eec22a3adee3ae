/** The test of one alternative, by the type of its parameter. */
import type { ValueFilter } from './filter.ts';
import { nearTest, numberTest, quantityTest } from './number.ts';
import { rangeTest } from './range.ts';
import type { SearchContext, Statement } from './statement.ts';
import { stringTest } from './string.ts';
import { ofTypeTest, setTest, textTest, tokenTest, uriTest } from './token.ts';

/** Test of one alternative on the row `v` of the parameter's table. */
export function valueTest(s: Statement, v: string, filter: ValueFilter, value: string, c: SearchContext): string {
  const { parameter, modifier } = filter;
  switch (parameter.type) {
    case 'token':
      if (modifier === 'text') return textTest(s, v, filter, value);
      if (modifier === 'of-type') return ofTypeTest(s, v, filter, value);
      return modifier === 'in' || modifier === 'not-in' ? setTest(s, v, value, c) : tokenTest(s, v, filter, value);
    case 'uri':
      return uriTest(s, v, filter, value);
    case 'date':
      return rangeTest(s, `${v}.low`, `${v}.high`, filter, value, c);
    case 'number':
      return numberTest(s, v, filter, value);
    case 'quantity':
      return quantityTest(s, v, filter, value);
    case 'special':
      return nearTest(s, v, filter, value);
    default:
      return stringTest(s, v, filter, value);
  }
}
