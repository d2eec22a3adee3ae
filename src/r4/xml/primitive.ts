/** Values of primitive types as XML spells them: all of them are text. https://hl7.org/fhir/R4/datatypes.html */
import { type Decimal, decimalOf } from '../decimal.ts';

const integer = /^(?:0|[-+]?[1-9]\d*)$/;
const decimal = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

type Parse = (text: string) => number | boolean | Decimal | undefined;

const parseInteger: Parse = (text) => (integer.test(text) ? Number(text) : undefined);
const parsers: Readonly<Record<string, Parse>> = {
  boolean: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  integer: parseInteger,
  unsignedInt: parseInteger,
  positiveInt: parseInteger,
  decimal: (text) => (decimal.test(text) ? decimalOf(text) : undefined),
};

/** The value as JSON has it, its range and format still to be checked; undefined when `text` spells none of that type. */
export function parsePrimitive(type: string, text: string): string | number | boolean | Decimal | undefined {
  const parse = parsers[type];
  return parse === undefined ? text : parse(text);
}

/** What a value of that type looks like. */
export function spellingOf(type: string): string {
  return type === 'boolean' ? 'true or false' : `a number (${type})`;
}
