/**
 * Decimals with the digits that were sent: R4 means 1.10 by 1.10 (https://hl7.org/fhir/R4/datatypes.html#decimal), a number of
 * JavaScript does not. Almost every decimal is an ordinary number; only one that would be written differently is an object.
 */

const rawJson = (JSON as unknown as { rawJSON(text: string): object }).rawJSON;

/** A number in arithmetic and comparisons, its own text in JSON and XML. `typeof` says object: `decimalValue` asks for you. */
export class Decimal extends Number {
  readonly #text: string;

  /** @param text as JSON writes numbers */
  constructor(text: string) {
    super(text);
    this.#text = text;
  }

  override toString(): string {
    return this.#text;
  }

  toJSON(): object {
    return rawJson(this.#text);
  }
}

/** @param text as JSON writes numbers */
export function decimalOf(text: string): number | Decimal {
  const value = Number(text);
  return String(value) === text ? value : new Decimal(text);
}

/** Undefined when it is no decimal. Not finite when no number can hold it. */
export function decimalValue(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return value instanceof Decimal ? value.valueOf() : undefined;
}
