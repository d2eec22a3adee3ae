/** HTTP: the FHIR R4 RESTful API (https://hl7.org/fhir/R4/http.html) below /fhir, health and metrics. */
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Principal } from '../access/principal.ts';
import type { Authenticate } from '../access/token.ts';
import { clientAddress } from '../client-address.ts';
import { Fault } from '../fault.ts';
import { createRateLimiter, type RateLimiter, type RateLimits, unlimited } from '../rate-limit.ts';
import { addSecurityHeaders } from '../security-headers.ts';
import { addNegotiation, sendReply } from './answering.ts';
import { audited, recordRefusals } from './audit/audited.ts';
import { interactionOf, type Occasion } from './audit/recording.ts';
import { baseOf } from './base.ts';
import { performBundle } from './batch.ts';
import { addBodyParsers, bodyLimit } from './body.ts';
import { bytesOf } from './byte-string.ts';
import { type Call, callOf, type Method } from './call.ts';
import { behindWall, type Context } from './context.ts';
import { addCors } from './cors.ts';
import { addExportRoutes } from './export/routes.ts';
import type { Health } from './health.ts';
import { addOpenApi } from './openapi/routes.ts';
import { answerOf } from './outcome.ts';
import { perform } from './perform.ts';
import { addRateLimits } from './rates.ts';
import { addRequestIds, requestIdOf } from './request-id.ts';
import type { Asked } from './resource.ts';
import { addWebsocket } from './subscription/websocket.ts';
import { refuseExpectation, refuseUnreadable } from './unreadable.ts';
import { openViewer } from './viewer.ts';

export interface ServerOptions {
  readonly authenticate: Authenticate;
  readonly health: Health;
  /** As configured; when absent the request's own Host is taken, for a hub on its own machine. */
  readonly publicUrl: string | undefined;
  /** A proxy before the hub says what clients have called. */
  readonly trustProxy?: boolean;
  readonly limits?: RateLimits;
}

interface Desk extends ServerOptions {
  readonly limiter: RateLimiter;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What was asked for, for metrics: `search-type Slot`. */
    interaction?: string;
  }
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
/** May be called without a token. */
const anybodys = new Set(['capabilities']);

export function createServer(context: Context, options: ServerOptions): FastifyInstance {
  const app = fastify({
    loggerInstance: context.log as FastifyBaseLogger,
    // What is logged of a request names it: a logger for each takes a hundredth of a search.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    routerOptions: { maxParamLength: 2000 },
    forceCloseConnections: 'idle',
    requestTimeout: 30_000,
    // The absolute form, which a proxy may send (RFC 9112, 3.2.2).
    rewriteUrl: ({ url = '/' }) => (url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*\/?/i, '/')),
    exposeHeadRoutes: false,
    // Node would refuse a request without Host without a word; baseOf refuses it where the Host is needed.
    http: { requireHostHeader: false },
    genReqId: requestIdOf,
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: (error, request, reply) => void sendFault(context, error, request, reply),
  });
  app.server.on('checkExpectation', refuseExpectation);
  addRequestIds(app);
  addSecurityHeaders(app, options.publicUrl);
  addCors(app, context.program.origins);
  const limiter = createRateLimiter(options.limits ?? unlimited, context.clock, context.log);
  addRateLimits(app, limiter, options.trustProxy);
  const desk: Desk = { ...options, limiter };
  addBodyParsers(app);
  addNegotiation(app);
  app.decorateRequest('interaction', undefined);
  app.setErrorHandler((error, request, reply) => sendFault(context, error, request, reply));
  app.setNotFoundHandler((request, reply) => sendFault(context, nothingAt(request), request, reply));
  options.health.observe(app);
  addOpenApi(app, context);
  addWebsocket(app, context, options);
  const handler = (request: FastifyRequest, reply: FastifyReply) => serve(context, desk, request, reply);
  addExportRoutes(app, context, (request) => ask(context, desk, request), sendReply);
  for (const url of ['/fhir', '/fhir/*']) app.route({ method: [...methods], url, handler });
  return app;
}

function nothingAt({ method, url }: FastifyRequest): Fault {
  if (!/^\/fhir(?:[/?]|$)/.test(url))
    return new Fault('not-found', 'There is nothing at this address: the API is below /fhir.');
  const allow = methods.join(', ');
  return new Fault('method-not-allowed', `There is no ${method} here, only ${allow}.`, { headers: { allow } });
}

const formRefused = () =>
  new Fault(
    'unsupported-media-type',
    'A form is taken by _search alone: send application/fhir+json or application/fhir+xml.',
    {
      expression: 'http.content-type',
    },
  );

async function serve(
  context: Context,
  options: Desk,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const call = callOfRequest(context, request);
  request.interaction = interactionOf(call);
  const asked = await whoAsks(context, options, request, call);
  if (request.body instanceof URLSearchParams && call.interaction !== 'search-type') throw formRefused();
  const inside = behindWall(context, asked.viewer);
  const occasion = occasionOf(options, request, call, asked.principal);
  const answer = await audited(context, occasion, call, (acts) =>
    call.interaction === 'batch'
      ? performBundle(inside, { ...asked, acts }, request.body)
      : perform(inside, { ...asked, acts, occasion }, call, request.body),
  );
  void reply.header('cache-control', 'no-store');
  return sendReply(request, reply, answer);
}

/** One who may not come in is written down, too. */
async function whoAsks(context: Context, options: Desk, request: FastifyRequest, call: Call): Promise<Asked> {
  if (anybodys.has(call.interaction)) return { ...stranger, ...whence(options, request) };
  try {
    return await ask(context, options, request);
  } catch (error) {
    await recordRefusals(context, occasionOf(options, request, call, stranger.principal), [{ call, error }]);
    throw error;
  }
}

function occasionOf(options: ServerOptions, request: FastifyRequest, call: Call, principal: Principal): Occasion {
  const { id, method, url, body } = request;
  const form = body instanceof URLSearchParams ? ` ${body}` : '';
  return {
    principal,
    request: id,
    address: clientAddress(request, options.trustProxy),
    ...(call.interaction !== 'batch' && { text: `${method} ${url.replace(/^\/fhir\/?/, '')}${form}` }),
  };
}

function callOfRequest(context: Context, { method, url }: FastifyRequest): Call {
  const [path = '', search = ''] = url.slice('/fhir'.length).split(/\?(.*)/s);
  const asked = method === 'HEAD' ? 'GET' : (method as Method);
  return callOf(asked, path.replace(/^\//, ''), new URLSearchParams(search), context);
}

async function ask(context: Context, options: Desk, request: FastifyRequest): Promise<Asked> {
  const rest = whence(options, request);
  const principal = await options.authenticate(rest.headers['authorization']);
  options.limiter.take('tokenPerMinute', `${principal.client ?? ''} ${principal.subject}`);
  return { principal, viewer: await openViewer(context, principal), ...rest };
}

const whence = (options: ServerOptions, request: FastifyRequest) => ({
  base: baseOf(request, options.publicUrl, options.trustProxy),
  headers: request.headers as Asked['headers'],
  address: clientAddress(request, options.trustProxy),
});

/** One who has not said who he is sees no clinic. */
const stranger: Pick<Asked, 'principal' | 'viewer'> = {
  principal: { subject: '', role: 'registry', clinics: [] },
  viewer: { clinics: [], keys: [], types: null, closed: [] },
};

function sendFault(context: Context, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, headers, body, ours } = answerOf(error);
  if (ours)
    context.log.error(
      { err: error, request: request.id, method: request.method, interaction: request.interaction },
      'request failed',
    );
  return sendReply(request, reply, { status, headers, body: bytesOf(body) });
}
