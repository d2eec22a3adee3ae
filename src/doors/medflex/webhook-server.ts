/** MedFlex's webhooks over HTTP. Whatever comes is answered 200 with a verdict in the body; what is no webhook is 404. */
import { createHash, timingSafeEqual } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Book } from './booking.ts';
import type { Claims } from './claims.ts';
import { readClaim, readOrder } from './order.ts';
import type { MedflexSettings } from './settings.ts';
import { bad, noAccess, notNow, type Verdict } from './verdict.ts';

export interface WebhookContext {
  readonly settings: Pick<MedflexSettings, 'webhooks' | 'zone' | 'names'>;
  readonly book: Book;
  readonly claims: Claims;
  /** Whether bookings can be made now, as far as that is known. */
  readonly isReady: () => boolean;
  readonly log: Logger;
}

type Answer = (body: unknown) => Verdict | Promise<Verdict>;

export function createWebhookServer(context: WebhookContext): FastifyInstance {
  const { settings, log } = context;
  const { path, token, bodyBytes } = settings.webhooks;
  const app = fastify({ bodyLimit: bodyBytes, requestTimeout: 30_000, connectionTimeout: 150_000 });
  const spelled = (verdict: Verdict) => {
    const { text, ...rest } = verdict;
    return { ...rest, ...(text !== undefined && { [settings.names.message]: text }) };
  };
  readAnyJson(app);
  const isOurs = tokenCheck(token);
  for (const [name, answer] of Object.entries(answersOf(context)))
    app.route({
      method: name === 'health' ? ['GET', 'POST'] : 'POST',
      url: `${path}/${name}`,
      // Before the body is read.
      onRequest: async (request, reply) => {
        if (!isOurs(request)) return reply.send(spelled(noAccess));
      },
      handler: async ({ body }) => {
        const verdict = await answer(body);
        log.info({ webhook: name, verdict: verdict.status_code }, 'webhook');
        return spelled(verdict);
      },
    });
  app.setErrorHandler(async (error: Error & { statusCode?: number }, _request, reply) => {
    reply.code(200);
    if ((error.statusCode ?? 500) < 500) return spelled(bad('The body cannot be read'));
    log.warn({ err: error }, 'a webhook could not be answered well');
    return spelled(notNow);
  });
  app.setNotFoundHandler(async (_request, reply) => reply.code(404).send(spelled({ status_code: 404 })));
  return app;
}

function answersOf({ settings, book, claims, isReady }: WebhookContext): Readonly<Record<string, Answer>> {
  const ofClaim = (work: (claim: string) => Promise<Verdict>) => (body: unknown) => {
    const claim = readClaim(body);
    return claim === undefined ? bad('Wrong or missing: claim_id') : work(claim);
  };
  return {
    book(body) {
      const order = readOrder(body, settings.zone);
      return typeof order === 'string' ? bad(`Wrong or missing: ${order}`) : book(order);
    },
    cancel: ofClaim(claims.cancel),
    status: ofClaim(claims.status),
    update: () => bad('Not supported: cancel, and book anew'),
    health: () => (isReady() ? { status_code: 204 } : { status_code: 503 }),
  };
}

/** Whatever type it is said to be of. */
function readAnyJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, text === '' ? undefined : JSON.parse(String(text)));
    } catch (error) {
      done(Object.assign(error as Error, { statusCode: 400 }));
    }
  });
}

/** In a time that tells nothing of the token. */
function tokenCheck(token: string): (request: FastifyRequest) => boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const wanted = digest(`Token ${token}`);
  return ({ headers }) => timingSafeEqual(digest(headers.authorization ?? ''), wanted);
}
