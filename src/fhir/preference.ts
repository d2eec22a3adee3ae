/** Prefer: what a client would like, if it can be had. https://hl7.org/fhir/R4/http.html#ops, RFC 7240 */

export interface Preference {
  /** What a write answers with. */
  readonly return: 'minimal' | 'representation' | 'OperationOutcome';
  /** Whether a search with an unknown parameter is refused. */
  readonly handling: 'strict' | 'lenient';
  readonly respondAsync: boolean;
}

const returns = new Map<string | undefined, Preference['return']>([
  ['minimal', 'minimal'],
  ['operationoutcome', 'OperationOutcome'],
]);

/** What is unknown is no error in a wish; of several the first counts, as RFC 7240 says. */
export function preferenceOf(headers: Readonly<Record<string, string | string[] | undefined>>): Preference {
  const wishes = new Map<string, string>();
  for (const wish of String(headers['prefer'] ?? '').split(/[,;]/, 50)) {
    const [name = '', value = ''] = wish.split('=', 2).map((part) => part.trim().toLowerCase());
    if (!wishes.has(name)) wishes.set(name, value.replace(/^"(.*)"$/, '$1'));
  }
  return {
    return: returns.get(wishes.get('return')) ?? 'representation',
    handling: wishes.get('handling') === 'lenient' ? 'lenient' : 'strict',
    respondAsync: wishes.has('respond-async'),
  };
}
