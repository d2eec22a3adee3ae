/** Failures of an expression while it runs: JSONata's own error codes with sentences of ours (jsonata 2.2.2 `errorCodes`). */

const sentences = {
  T0410: 'an argument of the function has the wrong type',
  T0411: 'the function was given no value and the one at hand has the wrong type',
  T0412: 'the function wants a list in which every item is a text',
  D1001: 'a number is too large',
  D1002: 'only a number can be negated',
  T2001: 'the left side of the arithmetic is not a number; turn text into one with $number()',
  T2002: 'the right side of the arithmetic is not a number; turn text into one with $number()',
  T2009: 'the two sides of the comparison are of different types (text and number)',
  T2010: 'only texts and numbers can be compared with < <= > >=',
  D3001: 'a number that is infinite or not a number has no text',
  D3010: '$replace cannot search for an empty text',
  D3011: 'the limit of $replace is negative',
  D3020: 'the limit of $split is negative',
  D3030: 'the value cannot be read as a number',
} as const;

export type FailureCode = keyof typeof sentences;

/** Error with JSONata's code; the value that caused it is left out, for it may be personal. */
export function failure(code: FailureCode): Error & { code: FailureCode } {
  return Object.assign(new Error(`${sentences[code]} (${code})`), { code });
}
