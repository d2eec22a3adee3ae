/** Requests of a client that does everything wrong in some small way, to every route that the CapabilityStatement names. */
import type { RawRequest } from '../support/raw-http.ts';
import { fuzzBody } from './fuzz-body.ts';
import { fuzzQuery, type Parameter } from './fuzz-query.ts';
import { chance, type Draw, even, nastyTexts, oneOf } from './fuzz-value.ts';

export interface Ground {
  readonly routes: readonly Route[];
  /** Resources, patches and Bundles that are right, by what they are for. */
  readonly bases: ReadonlyMap<string, readonly unknown[]>;
  /** Values that are right somewhere: ids, references, codes. */
  readonly sensible: readonly unknown[];
  /** Of resources by their types; what is created joins them, for what is deleted stays, too. */
  readonly ids: Map<string, string[]>;
  readonly token: string;
}

export interface Route {
  /** As in docs: `GET Patient/:id`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  /** Which bases it takes; undefined without body. */
  readonly takes: string | undefined;
  readonly parameters: readonly Parameter[];
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** @param n which request it is: each route has its turn */
export function fuzzRequest(draw: Draw, ground: Ground, n: number): RawRequest & { route: string } {
  const route = ground.routes[n % ground.routes.length]!;
  const method = chance(draw, 4) ? oneOf(draw, methods) : route.method;
  const path = route.path
    .replace(/:id/g, () => idOf(draw, ground, route.path))
    .replace(':version', () => versionOf(draw));
  const values = ground.sensible.filter((v) => typeof v === 'string');
  const query = fuzzQuery(draw, route.parameters, values);
  const inForm = route.path.endsWith('_search') && chance(draw, 85);
  const target = `/fhir/${path}${query === '' || inForm ? '' : `?${query}`}`;
  const headers: [string, string][] = [['authorization', authorization(draw, ground)], ...fuzzHeaders(draw)];
  if (inForm) {
    headers.push(['content-type', 'application/x-www-form-urlencoded']);
    return { route: route.name, method, target, headers, body: Buffer.from(query) };
  }
  if (route.takes === undefined && !chance(draw, 3)) return { route: route.name, method, target, headers };
  const base = oneOf(draw, ground.bases.get(chance(draw, 92) ? (route.takes ?? 'any') : 'any')!);
  const body = fuzzBody(draw, base, ground.sensible);
  return { route: route.name, method, target, headers: [...headers, ...body.headers], body: body.bytes };
}

function idOf(draw: Draw, { ids }: Ground, path: string): string {
  const own = ids.get(path.replace(/\/.*/, '')) ?? [];
  const list = chance(draw, 85) && own.length > 0 ? own : chance(draw, 50) ? [...ids.values()].flat() : nastyTexts;
  return encodeURIComponent(oneOf(draw, list).toWellFormed()) || 'x';
}

const versionOf = (draw: Draw) => oneOf(draw, ['1', '1', '2', '0', '-1', '1e9', '99999999999', 'x', '%00']);

const authorization = (draw: Draw, { token }: Ground) =>
  chance(draw, 98) ? `Bearer ${token}` : oneOf(draw, ['', 'Bearer', 'Bearer x', `Basic ${token}`, `bearer ${token}x`]);

const choices: readonly (readonly [name: string, values: readonly string[]])[] = [
  [
    'accept',
    [
      'application/fhir+json',
      ...[
        'application/fhir+xml',
        'application/fhir+xml',
        'application/fhir+xml',
        '*/*',
        'application/*',
        'text/html, */*',
      ],
      'application/xml;q=0.9, */*;q=0.8',
      'text/html',
      'text/turtle',
      '*/*;q=0',
      ',;q=x',
      'application/fhir+json; fhirVersion=5.0',
      'a'.repeat(2000),
    ],
  ],
  ['accept-encoding', ['gzip', 'br', 'gzip;q=0', '*', 'identity;q=0', ';;', 'zstd']],
  ['accept-charset', ['utf-8', 'koi8-r', '*']],
  ['if-match', ['W/"1"', '"1"', '*', 'W/"x"', '1', '', 'W/"99999999999"', 'W/"1", W/"2"']],
  ['if-none-match', ['W/"1"', '*', 'x', '']],
  ['if-modified-since', ['Sat, 01 Jan 2028 00:00:00 GMT', 'Sat, 01 Jan 2000 00:00:00 GMT', 'x', '']],
  ['if-none-exist', ['identifier=urn:x|1', 'identifier=', '_id=x', 'nosuch=1', '?identifier=x&_count=0', '%', '']],
  [
    'prefer',
    ['return=minimal', 'return=OperationOutcome', 'handling=lenient', 'handling=strict', 'respond-async', ',;='],
  ],
  ['idempotency-key', ['a', 'b', '', 'x'.repeat(300)]],
  ['x-forwarded-host', ['example.org', '"><x', 'a:b:c']],
  ['x-forwarded-proto', ['https', 'javascript']],
  ['origin', ['https://example.org', 'null']],
  ['range', ['bytes=0-1']],
  ['expect', ['x']],
];

function fuzzHeaders(draw: Draw): [string, string][] {
  const some = Array.from({ length: Math.max(draw(even, 4) - 2, 0) }, () => oneOf(draw, choices));
  return some
    .filter(([name]) => name !== 'expect' || chance(draw, 10))
    .map(([name, values]) => [name, oneOf(draw, values)]);
}
