/** РЕГИЗ's HubService as a clinic's MIS serves it, SOAP 1.1 and 1.2, beside the FHIR API (protocols/regiz.md §1.1). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { PgBoss } from 'pg-boss';
import { clientAddress } from '../../client-address.ts';
import { type HubOperation, hubContract } from '../../connectors/regiz/contract/hub.ts';
import { Fault } from '../../fault.ts';
import type { HubServiceSettings } from '../../hub-service-settings.ts';
import { createRateLimiter, type RateLimiter, unlimited } from '../../rate-limit.ts';
import { type SoapVersion, soapHeaders, writeEnvelope, writeFault } from '../../wcf/envelope.ts';
import { writeResponse } from '../../wcf/write.ts';
import { writeWsdl } from '../../wcf/wsdl.ts';
import { answer, type Desk } from './answering.ts';
import { type Caller, openCallers } from './caller.ts';
import type { Ground } from './desk.ts';
import { readRequest, SoapRefusal } from './envelope.ts';
import { type Notifications, startNotifications } from './notifications.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What was called, for metrics: as in fhir/server.ts. */
    interaction?: string;
  }
}

/** A referral that is attached to a call is the longest there is in one. */
const bodyLimit = 256 * 1024;

export const path = '/HubService.svc';

export interface HubService {
  /** Begins to tell concentrators of bookings. @param retrySeconds until what was not accepted is told again, at first */
  start(boss: PgBoss, retrySeconds?: number): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Adds the service to an app that does not listen yet.
 * @param url by which callers see the hub
 * @throws ConfigError for settings that contradict each other or the clinics
 */
export function addHubService(
  app: FastifyInstance,
  ground: Ground,
  settings: HubServiceSettings,
  { url, trustProxy = false }: { readonly url: string; readonly trustProxy?: boolean | undefined },
): HubService {
  const desk: Desk = {
    ground,
    callers: openCallers(settings, ground.clinics),
    limiterOf: createLimiters(ground),
    waitSeconds: settings.waitSeconds,
    onePerDoctor: settings.onePerDoctor,
  };
  const wsdl = writeWsdl(hubContract, `${url}${path}`);
  void app.register(async (inside) => {
    inside.removeAllContentTypeParsers();
    inside.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
    inside.setErrorHandler((error, request, reply) => sendFault(ground, error, request, reply));
    inside.get(path, (request, reply) => sendWsdl(request, reply, wsdl));
    for (const at of [path, `${path}/soap12`])
      inside.post(at, (request, reply) => serve(desk, trustProxy, request, reply));
  });
  let notifications: Notifications | undefined;
  return {
    async start(boss, retrySeconds) {
      notifications = await startNotifications(ground, settings, desk.callers.all, boss, retrySeconds);
    },
    stop: async () => notifications?.stop(),
  };
}

function createLimiters({ clock, log }: Ground): (caller: Caller) => RateLimiter {
  const limiters = new Map<string, RateLimiter>();
  return ({ name, perMinute }) => {
    let limiter = limiters.get(name);
    if (limiter === undefined) {
      limiter = createRateLimiter({ ...unlimited, tokenPerMinute: perMinute }, clock, log);
      limiters.set(name, limiter);
    }
    return limiter;
  };
}

const versionOf = ({ url }: FastifyRequest): SoapVersion => (/^[^?]*\/soap12(?:\?|$)/.test(url) ? '1.2' : '1.1');

function sendWsdl(request: FastifyRequest, reply: FastifyReply, wsdl: string): FastifyReply {
  request.interaction = 'hub-service wsdl';
  if (!/\?(?:single)?wsdl$/i.test(request.url))
    return reply.code(404).type('text/plain; charset=utf-8').send(`HubService: its WSDL is at ${path}?wsdl\n`);
  return reply.type('text/xml; charset=utf-8').send(wsdl);
}

async function serve(desk: Desk, trustProxy: boolean, request: FastifyRequest, reply: FastifyReply) {
  const version = versionOf(request);
  const call = readRequest({ version, headers: request.headers, body: request.body });
  request.interaction = `hub-service ${call.operation}`;
  const occasion = { request: request.id, address: clientAddress(request, trustProxy) };
  const result = await answer(desk, occasion, call);
  const body = writeResponse(hubContract, call.operation satisfies HubOperation, result);
  return reply.headers({ ...soapHeaders(version), 'cache-control': 'no-store' }).send(writeEnvelope(version, body));
}

/** SOAP 1.1 has 500 for every fault; by the HTTP binding of 1.2 a fault of the sender is 400. */
function sendFault(ground: Ground, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const version = versionOf(request);
  const { blame, reason, status = version === '1.2' && blame === 'sender' ? 400 : 500, retryAfter } = faultOf(error);
  if (blame === 'receiver') ground.log.error({ err: error, request: request.id }, 'a call of HubService failed');
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  request.interaction ??= 'hub-service fault';
  return reply
    .code(status)
    .headers({ ...soapHeaders(version), 'cache-control': 'no-store' })
    .send(writeFault(version, blame, reason));
}

interface SoapFault {
  readonly blame: 'sender' | 'receiver';
  readonly reason: string;
  readonly status?: number;
  readonly retryAfter?: number | undefined;
}

function faultOf(error: unknown): SoapFault {
  if (error instanceof SoapRefusal) return { blame: 'sender', reason: error.message };
  if (error instanceof Fault && error.kind === 'throttled')
    return { blame: 'sender', reason: error.message, status: 429, retryAfter: error.details.retryAfter };
  const { statusCode } = (error ?? {}) as { statusCode?: number };
  if (statusCode === 413) return { blame: 'sender', reason: `The envelope is longer than ${bodyLimit} bytes.` };
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { blame: 'sender', reason: 'The request could not be read.' };
  return { blame: 'receiver', reason: 'The service failed to answer this call.' };
}
