/**
 * The websocket of subscriptions: `bind <id>` of R4 (https://hl7.org/fhir/R4/subscription.html#channels), for a connection that
 * was opened with an access token, and `bind-with-token <token>`
 * (https://hl7.org/fhir/uv/subscriptions-backport/channels.html#websockets) for browsers, which can send none.
 */
import { hash } from 'node:crypto';
import websocket from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { rightsOf } from '../../access/rights.ts';
import type { Authenticate } from '../../access/token.ts';
import { Fault } from '../../fault.ts';
import { isId } from '../../store/resource.ts';
import { readToken } from '../../workflows/subscription-token.sql.ts';
import { baseOf } from '../base.ts';
import type { Context } from '../context.ts';
import { type Bindings, createBindings, type Wire } from './bindings.ts';

export const websocketPath = '/fhir/websocket';

/** @param base absolute FHIR base URL */
export const websocketUrl = (base: string): string => `${base.replace(/^http/, 'ws')}/websocket`;

export interface WebsocketOptions {
  readonly authenticate: Authenticate;
  readonly publicUrl: string | undefined;
  readonly trustProxy?: boolean;
}

interface Socket extends Wire {
  ping(): void;
  terminate(): void;
  on(event: 'message' | 'close' | 'pong' | 'error', listener: (data: unknown) => void): void;
}

interface Connection {
  readonly socket: Socket;
  readonly opened: number;
  answered: boolean;
  binds: number;
}

const mostConnections = 1000;
const mostBinds = 200;
/** A connection that binds nothing is closed. */
const idleMilliseconds = 10_000;
const longestMessage = 2048;
const pauseMilliseconds = 1000;
/** Turns between two pings: a socket that has not answered the last one is dead. */
const pingEvery = 30;

export interface Websockets {
  turn(): Promise<void>;
}

/** Adds the route; every second its connections are told what there is. */
export function addWebsocket(app: FastifyInstance, context: Context, options: WebsocketOptions): Websockets {
  const bindings = createBindings(context);
  const connections = new Map<Socket, Connection>();
  let turns = 0;

  async function turn(): Promise<void> {
    turns++;
    const now = context.clock();
    for (const { socket, opened } of connections.values())
      if (!bindings.has(socket) && now - opened > idleMilliseconds) socket.close(1008, 'bind something');
    if (turns % pingEvery === 0) for (const connection of connections.values()) beat(connection);
    await bindings.turn();
  }

  const stop = repeat(turn, (error) => context.log.warn({ err: error }, 'websockets could not be served now'));
  app.addHook('onClose', stop);
  void app.register(websocket, {
    options: { maxPayload: longestMessage },
    errorHandler: (error, socket) => {
      if (!isOfClient(error)) context.log.error({ err: error }, 'a websocket failed');
      socket.terminate();
    },
  });
  void app.register(async (inner) => {
    inner.get(
      websocketPath,
      {
        websocket: true,
        preValidation: async (request) => {
          checkOrigin(request, options, context.program.origins);
          if (connections.size >= mostConnections)
            throw new Fault('transient', 'Too many websockets are open.', { retryAfter: 30 });
          if (request.headers.authorization !== undefined) await options.authenticate(request.headers.authorization);
        },
      },
      (socket: Socket, request) => {
        const connection = { socket, opened: context.clock(), answered: true, binds: 0 };
        connections.set(socket, connection);
        listen(context, options, bindings, connection, request);
        socket.on('close', () => connections.delete(socket));
      },
    );
  });
  return { turn };
}

/** A frame that is none or too long, a connection cut: no reason to wake anybody. */
const isOfClient = (error: Error & { code?: unknown }): boolean => /^(WS_ERR_|ECONN|EPIPE)/.test(String(error.code));

function beat(connection: Connection): void {
  const { socket, answered } = connection;
  connection.answered = false;
  if (answered) socket.ping();
  else socket.terminate();
}

function repeat(work: () => Promise<void>, onError: (error: unknown) => void): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let round: Promise<void> = Promise.resolve();
  const again = () => {
    round = work()
      .catch(onError)
      .then(() => {
        if (!stopped) timer = setTimeout(again, pauseMilliseconds);
      });
  };
  timer = setTimeout(again, pauseMilliseconds);
  return () => {
    stopped = true;
    clearTimeout(timer);
    return round;
  };
}

/**
 * A page of somebody else must not use what the browser knows of the user (OWASP ASVS 4.4.2). Programs send no Origin.
 * @param origins of other pages that may call the hub
 */
function checkOrigin(
  request: FastifyRequest,
  { publicUrl, trustProxy }: WebsocketOptions,
  origins: readonly string[],
): void {
  const { origin } = request.headers;
  if (origin === undefined) return;
  const own = new URL(baseOf(request, publicUrl, trustProxy)).origin;
  if (origin !== own && !origins.includes(origin))
    throw new Fault('forbidden', 'Pages of this origin may not connect here.', { expression: 'http.origin' });
}

function listen(
  context: Context,
  { authenticate }: WebsocketOptions,
  bindings: Bindings,
  connection: Connection,
  request: FastifyRequest,
): void {
  const { socket } = connection;
  const { authorization } = request.headers;
  const refuse = (reason: string) => socket.close(1008, reason);

  async function hear(text: string): Promise<void> {
    if (++connection.binds > mostBinds) return refuse('too many messages');
    const [, verb, what = ''] = /^(bind|bind-with-token) +([\w-]{1,200})$/.exec(text.trim()) ?? [];
    const bound =
      verb === 'bind' ? await bind(what) : verb === 'bind-with-token' ? await bindWithToken(what) : undefined;
    if (bound === undefined) return refuse('send: bind <id>, or: bind-with-token <token>');
    if (!bound) refuse('no such subscription, or no right to it');
  }

  async function bind(subscription: string): Promise<boolean> {
    if (authorization === undefined || !isId(subscription)) return false;
    if (!rightsOf(await authenticate(authorization)).may('Subscription', 'r')) return false;
    const bearer = async () => authenticate(authorization);
    return bindings.bind({ wire: socket, subscription, bearer });
  }

  async function bindWithToken(text: string): Promise<boolean> {
    const token = await readToken(context.pool, hash('sha256', text, 'buffer'), new Date(context.clock()));
    if (token === undefined) return false;
    const bearer = async () => {
      if (token.expires.getTime() <= context.clock()) throw new Error('expired');
      return token.bearer;
    };
    for (const subscription of token.subscriptions)
      if (!(await bindings.bind({ wire: socket, subscription, bearer }))) return false;
    return true;
  }

  let turn = Promise.resolve();
  socket.on('message', (data) => {
    turn = turn.then(() => hear(String(data))).catch(() => refuse('not now'));
  });
  socket.on('pong', () => {
    connection.answered = true;
  });
  socket.on('error', () => socket.terminate());
  socket.on('close', () => bindings.forget(socket));
}
