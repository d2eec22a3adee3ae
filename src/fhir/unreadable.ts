/** What is no HTTP reaches no route; it is answered all the same, and as everything else by an OperationOutcome. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Fault } from '../fault.ts';
import { securityHeaders } from '../security-headers.ts';
import { outcomeOf } from './outcome.ts';

/** Errors of Node's HTTP parser that have a status of their own. */
const statuses: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

const texts: Readonly<Record<number, string>> = {
  400: 'This is not a request of HTTP/1.1.',
  408: 'The request took too long to come.',
  431: 'Address and headers are longer than 16 kB: search by POST to _search.',
};

/** Answers and closes the connection, on which nothing that follows could be trusted. */
export function refuseUnreadable(error: { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const status = statuses[error.code ?? ''] ?? 400;
  const body = JSON.stringify(outcomeOf(new Fault('bad-request', texts[status]!)));
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/fhir+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      ...Object.entries(securityHeaders(false)).map(([name, value]) => `${name}: ${value}`),
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}

/** Expect with anything but 100-continue, which Node would answer without a word. */
export function refuseExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const fault = new Fault('bad-request', 'Expect takes 100-continue only.', { expression: 'http.expect' });
  const body = JSON.stringify(outcomeOf(fault));
  const headers = {
    ...securityHeaders(false),
    'content-type': 'application/fhir+json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  };
  response.writeHead(417, { ...headers, connection: 'close' }).end(body);
}
