/** Answers that are spoiled on the way: what a network, a proxy or a broken server makes of them. */
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { MisbehaviourName, Mischief, Place } from './misbehaviour.ts';

type Spoil = (response: ServerResponse, body: string, origin: string) => void;

const json = { 'content-type': 'application/json;charset=UTF-8' };
const large = 20_000_000;

const spoils: Partial<Record<MisbehaviourName, Spoil>> = {
  html: (response) =>
    response
      .writeHead(200, { 'content-type': 'text/html;charset=UTF-8' })
      .end('<html><body>Сервис недоступен</body></html>'),
  truncated: (response, body) => response.writeHead(200, json).end(body.slice(0, body.length / 2)),
  array: (response, body) => response.writeHead(200, json).end(`[${body}]`),
  'error-500': (response) => response.writeHead(500, json).end('{"error":"server_error"}'),
  'error-503': (response) => response.writeHead(503, { 'content-type': 'text/html' }).end('<html>503</html>'),
  // Nothing is written: the server closes what is open when it stops.
  slow: () => {},
  drip: (response) => response.writeHead(200, json).write('{'),
  'hang-up': (response) => response.destroy(),
  redirect: (response, _body, origin) => response.writeHead(302, { location: `${origin}/control/canary` }).end(),
  huge: (response, body) => response.writeHead(200, json).end(`{"stuffing":"${'x'.repeat(large)}",${body.slice(1)}`),
  'gzip-bomb': (response, body) =>
    response
      .writeHead(200, { ...json, 'content-encoding': 'gzip' })
      .end(gzipSync(`{"stuffing":"${'x'.repeat(large)}",${body.slice(1)}`)),
};

/** @returns whether the answer is given */
export function spoil(
  mischief: Mischief,
  place: Place,
  response: ServerResponse,
  body: string,
  origin: string,
): boolean {
  for (const [name, act] of Object.entries(spoils))
    if (mischief.take(name as MisbehaviourName, place)) {
      act(response, body, origin);
      return true;
    }
  return false;
}
