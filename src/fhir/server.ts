/** HTTP: routes of the FHIR R4 RESTful API (https://hl7.org/fhir/R4/http.html), health and metrics. */
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Authenticate } from '../access/token.ts';
import { Fault } from '../fault.ts';
import { readDocument } from '../store/documents.sql.ts';
import { isId } from '../store/resource.ts';
import { slotVisible, viewerValues } from '../store/visibility.ts';
import { addNegotiation, replyOf, sendReply } from './answering.ts';
import { baseOf } from './base.ts';
import { addBodyParsers, bodyLimit, parseResource } from './body.ts';
import { bytesOf } from './byte-string.ts';
import { capabilityStatement } from './capability.ts';
import type { Context } from './context.ts';
import type { Health } from './health.ts';
import { answerOf } from './outcome.ts';
import type { Reply } from './reply.ts';
import type { Asked, Interaction, ResourceDeclaration, Written } from './resource.ts';
import { search } from './search/search.ts';
import { slotColumn } from './search/slot.ts';
import { refuseUnreadable } from './unreadable.ts';
import { viewerOf } from './viewer.ts';

export interface ServerOptions {
  readonly authenticate: Authenticate;
  readonly health: Health;
  /** As configured; when absent the request's own Host is taken, for a hub on its own machine. */
  readonly publicUrl: string | undefined;
  readonly version: string;
}

export function createServer(context: Context, options: ServerOptions): FastifyInstance {
  const app = fastify({
    loggerInstance: context.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit,
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: 'idle',
    requestTimeout: 30_000,
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: (error, request, reply) => void sendFault(context, error, request, reply),
  });
  addBodyParsers(app);
  addNegotiation(app);
  app.setErrorHandler((error, request, reply) => sendFault(context, error, request, reply));
  app.setNotFoundHandler((request, reply) => sendFault(context, nothingAt(request, context), request, reply));
  options.health.observe(app);
  app.get('/fhir/metadata', (request, reply) => {
    const base = baseOf(request, options.publicUrl);
    return sendReply(request, reply, replyOf(200, capabilityStatement(context.declarations, base, options.version)));
  });
  for (const declaration of context.declarations.values()) addRoutes(app, context, options, declaration);
  return app;
}

function nothingAt(request: FastifyRequest, { declarations }: Context): Fault {
  const type = /^\/fhir\/([A-Za-z]+)/.exec(request.url)?.[1];
  const declaration = type === undefined ? undefined : declarations.get(type);
  if (declaration !== undefined)
    return new Fault('method-not-allowed', `${type} has only: ${declaration.interactions.join(', ')}.`);
  if (type !== undefined && /^[A-Z]/.test(type))
    return new Fault('not-found', `This type is not served. There are: ${[...declarations.keys()].join(', ')}.`);
  return new Fault('not-found', 'There is nothing at this address.');
}

function sendFault(context: Context, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, headers, body, ours } = answerOf(error);
  if (ours)
    context.log.error({ err: error, method: request.method, route: request.routeOptions.url }, 'request failed');
  return sendReply(request, reply, { status, headers, body: bytesOf(body) });
}

type Handler = (asked: Asked, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

function addRoutes(
  app: FastifyInstance,
  context: Context,
  options: ServerOptions,
  declaration: ResourceDeclaration,
): void {
  const { type, create, update } = declaration;
  const has = (i: Interaction) => declaration.interactions.includes(i);
  const route = (method: 'GET' | 'POST' | 'PUT', url: string, handler: Handler) =>
    app.route({
      method,
      url: `/fhir/${type}${url}`,
      handler: async (request, reply) => handler(await ask(context, options, request), request, reply),
    });
  if (has('read')) route('GET', '/:id', (asked, request, reply) => read(context, asked, declaration, request, reply));
  if (has('search-type')) {
    route('GET', '', (asked, request, reply) => sendSearch(context, asked, type, queryOf(request), request, reply));
    route('POST', '/_search', (asked, request, reply) =>
      sendSearch(context, asked, type, formOf(request), request, reply),
    );
  }
  if (create !== undefined)
    route('POST', '', async (asked, request, reply) =>
      sendWritten(asked, await create(context, asked, parseResource(type, request.body)), request, reply),
    );
  if (update !== undefined)
    route('PUT', '/:id', async (asked, request, reply) => {
      const written = await update(context, asked, idOf(type, request), parseResource(type, request.body));
      return sendWritten(asked, written, request, reply);
    });
}

async function ask(context: Context, options: ServerOptions, request: FastifyRequest): Promise<Asked> {
  const principal = await options.authenticate(request.headers.authorization);
  const headers = request.headers as Record<string, string | undefined>;
  return { principal, viewer: viewerOf(principal, context.clinics), base: baseOf(request, options.publicUrl), headers };
}

function queryOf(request: FastifyRequest): URLSearchParams {
  const at = request.url.indexOf('?');
  return new URLSearchParams(at === -1 ? '' : request.url.slice(at + 1));
}

function formOf(request: FastifyRequest): URLSearchParams {
  const query = queryOf(request);
  const { body } = request;
  if (body instanceof URLSearchParams) for (const [name, value] of body) query.append(name, value);
  else if (body !== undefined && body !== null)
    throw new Fault('unsupported-media-type', 'POST _search takes a form: application/x-www-form-urlencoded.', {
      expression: 'http.content-type',
    });
  return query;
}

/** An id that cannot be one of ours is the id of nothing. */
function idOf(type: string, request: FastifyRequest): string {
  const { id } = request.params as { id: string };
  if (!isId(id)) throw notFound(type);
  return id;
}

const notFound = (type: string) => new Fault('not-found', `There is no such ${type}.`);

async function sendSearch(
  context: Context,
  asked: Asked,
  type: string,
  query: URLSearchParams,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const body = await search(context, asked, type, query);
  return sendReply(request, reply, { status: 200, headers: { 'cache-control': 'no-store' }, body });
}

async function read(
  context: Context,
  asked: Asked,
  declaration: ResourceDeclaration,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<unknown> {
  const id = idOf(declaration.type, request);
  await declaration.refresh?.(context, asked, id);
  if (declaration.storage !== undefined) return sendReply(request, reply, await readSlot(context, asked, id));
  const found = await readDocument(context.db, asked.viewer, declaration.type, id);
  if (found === undefined) throw notFound(declaration.type);
  const headers = stamp(found.version, found.updated);
  return sendReply(request, reply, { status: 200, headers, body: bytesOf(found.body) });
}

async function readSlot(context: Context, asked: Asked, id: string): Promise<Reply> {
  const { rows } = await context.db.query<{ slot: string; version: number; updated: Date }>({
    name: 'read_slot',
    text: `select ${slotColumn}, s.version, s.updated from slot s where s.id = $3::uuid and ${slotVisible('s', 1)}`,
    values: [...viewerValues(asked.viewer), id],
  });
  if (rows[0] === undefined) throw notFound('Slot');
  const headers = stamp(rows[0].version, rows[0].updated);
  return { status: 200, headers, body: await context.slots.resource(rows[0].slot) };
}

function stamp(version: number, updated: Date): Record<string, string> {
  return { etag: `W/"${version}"`, 'last-modified': updated.toUTCString(), 'cache-control': 'no-store' };
}

function sendWritten(asked: Asked, written: Written, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, type, id, version, updated, retryAfter } = written;
  const location = `${asked.base}/${type}/${id}`;
  const headers = stamp(version, updated);
  if (status === 201) headers['location'] = `${location}/_history/${version}`;
  if (status === 202) headers['content-location'] = location;
  if (retryAfter !== undefined) headers['retry-after'] = String(retryAfter);
  return sendReply(request, reply, { status, headers, body: bytesOf(written.body) });
}
