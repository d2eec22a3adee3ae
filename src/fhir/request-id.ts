/** By which a request is told from others, in answers and in the log. https://hl7.org/fhir/R4/http.html#Http-Headers */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** A client's own id goes into our log as it is: nothing that could forge a line of it, or that is long. */
const proper = /^[\w.:+/=-]{1,100}$/;

/** The client's `X-Request-Id`, else a new one. */
export function requestIdOf({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && proper.test(given) ? given : randomUUID();
}

/** Every answer says which request it answers; a correlation id that the client has sent comes back. */
export function addRequestIds(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    const correlation = request.headers['x-correlation-id'];
    if (typeof correlation === 'string' && proper.test(correlation)) void reply.header('x-correlation-id', correlation);
    done();
  });
}
