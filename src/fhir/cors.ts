/** Web pages of other origins that may call the hub. https://fetch.spec.whatwg.org/#http-cors-protocol */
import type { FastifyInstance } from 'fastify';

/** What R4 lets a client send and read. https://hl7.org/fhir/R4/http.html#Http-Headers */
const sent =
  'Authorization, Content-Type, Accept, Prefer, If-Match, If-None-Match, If-Modified-Since, If-None-Exist, Idempotency-Key, X-Request-Id, X-Correlation-Id';
const answered =
  'ETag, Last-Modified, Location, Content-Location, Retry-After, Expires, Allow, X-Request-Id, X-Correlation-Id, X-Progress';

/** Seconds for which a browser need not ask again. */
const maxAge = '600';

/**
 * Nothing is sent by cookies, so an origin that is not listed could do no harm with what it is not given; it is told nothing.
 * @param origins such as `https://app.example.ru`; none: as if there were no such thing
 */
export function addCors(app: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    void reply.header('vary', 'Origin');
    if (origin !== undefined && origins.includes(origin))
      void reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': answered });
    done();
  });
  // The base by itself takes batches and transactions.
  for (const url of ['/fhir', '/fhir/*'])
    app.options(url, { config: { ownFormat: true } }, (_request, reply) =>
      reply
        .code(204)
        .headers({
          'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
          'access-control-allow-headers': sent,
          'access-control-max-age': maxAge,
          vary: 'Origin',
        })
        .send(),
    );
}
