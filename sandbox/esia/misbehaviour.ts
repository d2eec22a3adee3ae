/** Everything that ЕСИА, or somebody who pretends to be it, may do wrong; each is ordered for the next so many times. */
import { z } from 'zod';

/** Where an answer is spoiled: the token endpoint, a list of /rs/prns, the person, or HEAD of the portal. */
export const places = ['te', 'person', 'ctts', 'docs', 'kids', 'head'] as const;
export type Place = (typeof places)[number];

export const misbehaviours = {
  'error-ac': 'The authorization request is refused with `number`, before the login page.',
  'error-te': 'The token request is refused with `number`.',
  'error-bare': 'The person is sent back with error=access_denied and no number.',
  'callback-other-state': 'The person is sent back with the state of somebody else.',
  'callback-no-code': 'The person is sent back with neither code nor error.',
  'code-spent': 'The code that comes back was used already.',
  'code-late': 'The code that comes back is older than 240 s.',
  'state-other': 'The answer with tokens carries another state.',
  'no-id-token': 'The answer has no id_token.',
  'alg-none': 'The id token has alg none and no signature.',
  'alg-hs256': 'The id token is signed by HMAC, its key the published certificate.',
  'alg-other': 'The id token is signed by the other algorithm, with the published certificate of that.',
  'alg-mismatch': 'The header names the other algorithm than the signature is of.',
  'signature-flipped': 'One bit of the signature of the id token is another.',
  'signature-swapped': 'The halves of the signature of the id token are swapped.',
  'payload-changed': 'The id token tells another person than was signed.',
  'access-flipped': 'One bit of the signature of the access token is another.',
  'key-foreign': 'Tokens are signed by a key whose certificate was never published.',
  'key-previous': 'Tokens are signed by the previous certificate, which is published and valid: a rotation.',
  'key-expired': 'Tokens are signed by a certificate that ran out.',
  'token-expired': 'The id token ran out an hour ago.',
  'token-early': 'The id token is not valid before in an hour.',
  'token-endless': 'The id token has no exp.',
  'token-iss': 'The id token is of another issuer.',
  'token-aud': 'The id token is for another system.',
  'token-kind': 'In place of the id token comes the access token.',
  'token-crit': 'The header of the id token has critical extensions.',
  'access-client': 'The access token is for another system.',
  'access-person': 'The access token is of another person than the id token.',
  unconfirmed: 'An account that is not confirmed is let through, though only confirmed ones were asked for.',
  'trusted-false': 'The token says confirmed, the register says it is not.',
  'token-unconfirmed': 'The register says confirmed, the token does not.',
  'level-person': 'The level in the token is P, not PR.',
  'level-child': 'The level in the token is KD: a child’s account.',
  html: 'HTML with 200 in place of JSON at `place`.',
  truncated: 'Half of the JSON, ended as if whole, at `place`.',
  array: 'A JSON array in place of an object at `place`.',
  'error-500': 'HTTP 500 at `place`.',
  'error-503': 'HTTP 503 at `place`.',
  slow: 'No answer at `place` until the client has gone.',
  drip: 'The headers at `place`, and then nothing.',
  'hang-up': 'The connection is cut at `place`.',
  redirect: 'A redirect to the canary at `place`.',
  huge: 'A good answer stuffed up to 20 MB at `place`.',
  'gzip-bomb': '20 kB that unpack to 20 MB at `place`.',
  forbidden: 'HTTP 403 at `place`, though the scope is granted.',
  'not-embedded': 'Lists have the URLs of their elements, embed or not.',
  'foreign-element': 'Lists have URLs at another host.',
  'climbing-element': 'Lists have URLs outside of the list.',
  'no-kids': 'The list of children is empty.',
  'many-elements': 'Lists have 300 elements.',
  person: 'The members in `patch` replace those of the person.',
  kid: 'The members in `patch` replace those of every child.',
} as const;

export type MisbehaviourName = keyof typeof misbehaviours;

export const orderSchema = z.strictObject({
  name: z.string().refine((name): name is MisbehaviourName => Object.hasOwn(misbehaviours, name), 'is no misbehaviour'),
  times: z.number().int().positive().default(1),
  place: z.enum(places).default('te'),
  number: z
    .string()
    .regex(/^\d{6}$/)
    .default('007007'),
  patch: z.record(z.string(), z.unknown()).default({}),
});

export type Order = z.input<typeof orderSchema>;
type Standing = Omit<z.output<typeof orderSchema>, 'times'> & { times: number };

export interface Mischief {
  /** @throws ZodError for an unknown name or parameter */
  order(order: Order): void;
  /** Switches everything off. */
  clear(): void;
  standing(): readonly Standing[];
  /** Whether it is ordered (there, if it has a place); counts as done. */
  take(name: MisbehaviourName, place?: Place): Standing | undefined;
}

export function createMischief(): Mischief {
  let orders: Standing[] = [];
  return {
    order: (order) => void orders.push(orderSchema.parse(order)),
    clear() {
      orders = [];
    },
    standing: () => orders,
    take(name, place) {
      const found = orders.find((one) => one.name === name && (place === undefined || one.place === place));
      if (found === undefined) return undefined;
      found.times--;
      orders = orders.filter((one) => one.times > 0);
      return found;
    },
  };
}
