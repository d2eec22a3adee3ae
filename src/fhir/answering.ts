/** Answers on their way out: in the format and packed as the client wants them. https://hl7.org/fhir/R4/http.html#mime-type */
import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { sendBytes } from './byte-string.ts';
import { type Encoding, encodingFor, pack } from './compression.ts';
import { type Format, formatOf, json, render } from './format.ts';
import type { Reply } from './reply.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined before it is negotiated, and for what is not FHIR. */
    format: Format | undefined;
  }
  interface FastifyContextConfig {
    /** Set for a route that answers with something else than a resource: a file, a page. */
    ownFormat?: boolean;
  }
}

/**
 * Negotiates the format of every FHIR request before its handler runs: what could not be answered must not be done.
 * A refusal is a Fault not-acceptable.
 */
export function addNegotiation(app: FastifyInstance): void {
  app.decorateRequest('format', undefined);
  app.addHook('preHandler', (request, _reply, done) => {
    const isFhir = request.url.startsWith('/fhir') && request.routeOptions.config?.ownFormat !== true;
    if (isFhir) request.format = negotiate(request);
    done();
  });
}

/** Names of the parameters, even with letters spelled by their numbers. */
const mayName = /_format|_pretty|%[4-7]/i;

function negotiate(request: FastifyRequest): Format {
  const { url, body, headers } = request;
  const { accept } = headers;
  const form = body instanceof URLSearchParams ? body : undefined;
  const begin = url.indexOf('?');
  const isAsked = form !== undefined || (begin !== -1 && mayName.test(url));
  const isUsual = accept === undefined || accept === '*/*' || accept === json.mediaType;
  if (!isAsked && isUsual && headers['accept-charset'] === undefined) return json;
  const query = new URLSearchParams(begin === -1 ? '' : url.slice(begin + 1));
  for (const name of ['_format', '_pretty']) for (const value of form?.getAll(name) ?? []) query.append(name, value);
  return formatOf(headers, query);
}

/** A fault may come before the negotiation, or be its failure. */
function formatFor(request: FastifyRequest): Format {
  if (request.format !== undefined) return request.format;
  try {
    return negotiate(request);
  } catch {
    return json;
  }
}

/**
 * Sends an answer; JSON that is neither pretty nor packed goes to the socket as it is. Headers given to `reply` before are kept.
 * @throws Fault not-acceptable, before anything is sent, for a resource that has no XML in R4
 */
export function sendReply(request: FastifyRequest, reply: FastifyReply, answer: Reply): FastifyReply {
  const format = formatFor(request);
  const { body } = answer;
  void reply.code(answer.status).headers(answer.headers).header('vary', varyingBy(reply));
  if (body === undefined) return reply.send();
  const isAsItIs = format.type === 'json' && !format.pretty;
  const bytes = isAsItIs ? undefined : render(body, format);
  void reply.header('content-type', `${format.mediaType}; charset=utf-8`);
  const encoding =
    request.method === 'HEAD'
      ? undefined
      : encodingFor(request.headers['accept-encoding'] as string | undefined, bytes?.length ?? body.length);
  if (encoding !== undefined) return sendPacked(reply, bytes ?? Buffer.from(body, 'latin1'), encoding);
  return bytes === undefined ? sendBytes(reply, body) : reply.send(bytes);
}

/** With the origin, where pages of some may call. */
function varyingBy(reply: FastifyReply): string {
  const own = 'Accept, Accept-Encoding';
  return reply.getHeader('vary') === 'Origin' ? `${own}, Origin` : own;
}

function sendPacked(reply: FastifyReply, body: Buffer, encoding: Encoding): FastifyReply {
  void reply.header('content-encoding', encoding);
  const packed = pack(body, encoding);
  if (Buffer.isBuffer(packed)) return reply.send(packed);
  const { raw, statusCode, log, request } = reply.hijack();
  packed.then(
    (bytes) => {
      raw.writeHead(statusCode, { ...reply.getHeaders(), 'content-length': bytes.length } as OutgoingHttpHeaders);
      raw.end(bytes);
    },
    (error: unknown) => {
      log.error({ err: error, request: request.id }, 'an answer could not be packed');
      raw.destroy();
    },
  );
  return reply;
}
