/** oidc-provider and its pages inside Fastify, below /auth (protocols/smart.md §1). */
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errors } from 'oidc-provider';
import { Fault } from '../../fault.ts';
import { securityHeaders } from '../../security-headers.ts';
import { addApps } from './apps.ts';
import { smartConfiguration } from './discovery.ts';
import { addInteraction } from './interaction.ts';
import { addLaunch } from './launch.ts';
import { failedPage } from './pages/leave.ts';
import { style, styleVersion } from './pages/page.ts';
import { textsOf } from './pages/texts.ts';
import { createProvider } from './provider.ts';
import { loadRsaKey } from './rsa.sql.ts';
import { addressesOf, type Smart } from './smart.ts';
import { addressOf, type Desk, frameOf, show } from './stage.ts';
import { keepWhence } from './whence.ts';
import { addWithdrawal } from './withdrawal.ts';
import { authenticated, unwrapped } from './wrapped.ts';

/** A form, and a token in it, is never as long. */
const bodyLimit = 56 * 1024;

/** Adds the authorization server to an app that does not listen yet. */
export async function addSmart(app: FastifyInstance, smart: Smart): Promise<void> {
  const at = addressesOf(smart);
  const provider = createProvider(smart, await loadRsaKey(smart.pool, smart.keys));
  const desk: Desk = { smart, at, provider, handle: provider.callback() };
  addWellKnown(app, desk);
  await app.register(
    async (inside) => {
      inside.removeAllContentTypeParsers();
      inside.addContentTypeParser(
        'application/x-www-form-urlencoded',
        { parseAs: 'string', bodyLimit },
        (_r, body, done) => done(null, body),
      );
      inside.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit }, (_r, body, done) =>
        done(null, body),
      );
      // Anything else is refused by whom it was meant for, unread.
      inside.addContentTypeParser('*', (_request, _payload, done) => done(null));
      await inside.register(async (pages) => addPages(pages, desk));
      addLaunch(inside, desk);
      addLibrary(inside, desk);
    },
    { prefix: '/auth' },
  );
}

function addWellKnown(app: FastifyInstance, desk: Desk): void {
  const { smart, at } = desk;
  const headers = { 'access-control-allow-origin': '*', 'cache-control': 'no-store' };
  const config = { ownFormat: true };
  const configuration = smartConfiguration(at, smart.scopes.types);
  for (const url of ['/fhir/.well-known/smart-configuration', '/.well-known/smart-configuration'])
    app.get(url, { config }, (_request, reply) => reply.headers(headers).send(configuration));
  // RFC 8414, 3.1: for an issuer with a path the name stands before it.
  app.get('/.well-known/oauth-authorization-server/auth', { config }, (request, reply) =>
    hand(desk, request, reply, '/.well-known/oauth-authorization-server'),
  );
}

function addPages(app: FastifyInstance, desk: Desk): void {
  app.setErrorHandler((error: Error, request, reply) => showFailure(desk, error, request, reply));
  app.get(`/style-${styleVersion}.css`, (_request, reply) =>
    reply
      .headers({ 'cache-control': 'public, max-age=31536000, immutable', 'x-content-type-options': 'nosniff' })
      .type('text/css; charset=utf-8')
      .send(style),
  );
  addInteraction(app, desk);
  addApps(app, desk);
  addWithdrawal(app, desk);
}

function showFailure({ smart, at }: Desk, error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const frame = frameOf(at, request);
  const t = textsOf(frame.language);
  if (error instanceof errors.SessionNotFound) return show(reply, failedPage(frame, t.expired), [], 400);
  const status = error instanceof Fault ? error.status : ((error as { statusCode?: number }).statusCode ?? 500);
  if (status >= 500) smart.log.error({ err: error, request: request.id }, 'a page of sign-in failed');
  return show(reply, failedPage(frame, status >= 500 ? t.broken : t.refused), [], status);
}

/** Where the library alone would not do what SMART wants, a request is put right before it is handed over. */
function addLibrary(app: FastifyInstance, desk: Desk): void {
  const formOf = (request: FastifyRequest) => new URLSearchParams(typeof request.body === 'string' ? request.body : '');
  app.post('/token', async (request, reply) =>
    hand(desk, request, reply, '/token', await authenticated(desk.provider, request.headers, formOf(request))),
  );
  for (const path of ['/introspect', '/revoke'])
    app.post(path, async (request, reply) => hand(desk, request, reply, path, await unwrapped(desk, formOf(request))));
  // The library's own way of taking a form here would need cookies that other sites can send.
  app.post('/authorize', (request, reply) => reply.redirect(`${desk.at.root}/authorize?${formOf(request)}`, 303));
  app.all('/*', (request, reply) => hand(desk, request, reply, request.url.slice('/auth'.length) || '/'));
}

/** Fastify is not asked any more. What the library takes from headers of a proxy is what is configured. */
function hand(
  { smart, handle, at }: Desk,
  request: FastifyRequest,
  reply: FastifyReply,
  url: string,
  form?: URLSearchParams,
) {
  reply.hijack();
  reply.raw.setHeader('x-request-id', request.id);
  for (const [name, value] of Object.entries(securityHeaders(at.https))) reply.raw.setHeader(name, value);
  const { host, protocol } = new URL(at.origin);
  const body = form?.toString() ?? (typeof request.body === 'string' ? request.body : undefined);
  const raw = body === undefined ? request.raw : replay(request.raw, body);
  keepWhence(raw, { address: addressOf(smart, request), request: request.id }, Date.now() - reply.elapsedTime);
  Object.assign(raw, { baseUrl: at.root, url });
  Object.assign(raw.headers, { 'x-forwarded-host': host, 'x-forwarded-proto': protocol.slice(0, -1) });
  void handle(raw, reply.raw);
  return reply;
}

/** The same request with a body that was read already. */
function replay({ method, headers, socket, httpVersion }: IncomingMessage, body: string): IncomingMessage {
  const bytes = Buffer.from(body);
  const { 'transfer-encoding': _encoding, ...rest } = headers;
  const copy = { method, socket, httpVersion, headers: { ...rest, 'content-length': String(bytes.length) } };
  return Object.assign(Readable.from([bytes], { objectMode: false }), copy) as unknown as IncomingMessage;
}
