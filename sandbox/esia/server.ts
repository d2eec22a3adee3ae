/** Starts a pretend ЕСИА: both profiles, the register of people, logout, the login page and the control on one loopback port. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { runControl } from '../common/control-routes.ts';
import { bodyOf, closeServer, listen } from '../common/http.ts';
import { type Authority, openAuthority } from './authority.ts';
import { authorize } from './authorize.ts';
import { enter, go, logOut, sendPage, showLogin } from './browser.ts';
import { type Call, type Control, createControl, routesOf } from './control.ts';
import { createMischief } from './misbehaviour.ts';
import { goodbyePage, problemPage } from './pages.ts';
import { makePeople } from './people.ts';
import { placeOf, readRegister } from './register.ts';
import { clientOf, type Registration } from './registry.ts';
import type { Profile } from './request-check.ts';
import { spoil } from './spoil.ts';
import type { State } from './state.ts';
import { exchange } from './token-endpoint.ts';

export interface SandboxOptions {
  /** 0 = any free one. */
  readonly port?: number;
  /** Milliseconds since the epoch. */
  readonly clock?: () => number;
  /** Keeps ЕСИА's keys and certificates; without it they live in memory. */
  readonly folder?: string;
  readonly issuer?: string;
  readonly windowSeconds?: number;
  readonly clients?: readonly Registration[];
}

export interface EsiaSandbox extends Control {
  /** `http://127.0.0.1:<port>`, the `portal` of settings. */
  readonly url: string;
  readonly issuer: string;
  readonly authority: Authority;
  close(): Promise<void>;
}

export async function openEsiaSandbox(options: SandboxOptions = {}): Promise<EsiaSandbox> {
  const clock = options.clock ?? Date.now;
  const shift = { milliseconds: 0 };
  const calls: Call[] = [];
  const canary = { hits: 0 };
  const server = createServer();
  const port = await listen(server, options.port ?? 0);
  const state: State = {
    origin: `http://127.0.0.1:${port}`,
    issuer: options.issuer ?? 'http://esia.sandbox/',
    windowSeconds: options.windowSeconds ?? 300,
    now: () => clock() + shift.milliseconds,
    authority: openAuthority(clock(), options.folder),
    mischief: createMischief(),
    people: makePeople(clock()),
    clients: new Map((options.clients ?? []).map((one) => [one.mnemonic, clientOf(one)])),
    logins: new Map(),
    grants: new Map(),
    accesses: new Map(),
  };
  const control = createControl({ state, calls, canary, shift });
  server.on('request', (request, response) => void serve({ state, control, calls, canary }, request, response));
  return {
    ...control,
    url: state.origin,
    issuer: state.issuer,
    authority: state.authority,
    close: () => closeServer(server),
  };
}

interface Ground {
  readonly state: State;
  readonly control: Control;
  readonly calls: Call[];
  readonly canary: { hits: number };
}

async function serve(ground: Ground, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', ground.state.origin);
  // ЕСИА's clock, not the machine's.
  response.sendDate = false;
  response.setHeader('date', new Date(ground.state.now()).toUTCString());
  response.on('close', () => note(ground.calls, request.method ?? 'GET', url.pathname, response.statusCode));
  const body = await bodyOf(request);
  if (body === undefined) return void response.destroy();
  const route = `${request.method} ${url.pathname}`;
  const { authorization } = request.headers;
  if (url.pathname.startsWith('/rs/prns/') && request.method === 'GET')
    return sendJson(
      ground,
      response,
      placeOf(url.pathname),
      readRegister(ground.state, authorization, url.pathname, url.searchParams),
    );
  const handler = handlers[route] ?? (url.pathname.startsWith('/control/') ? serveControl : serveOther);
  handler(ground, response, { route, url, body });
}

function note(calls: Call[], method: string, path: string, status: number): void {
  calls.push({ method, path, status });
  if (calls.length > 1000) calls.shift();
}

interface Asked {
  readonly route: string;
  readonly url: URL;
  readonly body: string;
}

type Handler = (ground: Ground, response: ServerResponse, asked: Asked) => void;

const authorizing =
  (profile: Profile): Handler =>
  ({ state }, response, { url }) =>
    go(response, authorize(state, url.searchParams, profile));

const exchanging =
  (profile: Profile): Handler =>
  (ground, response, { body }) =>
    sendJson(ground, response, 'te', exchange(ground.state, new URLSearchParams(body), profile));

const handlers: { readonly [route: string]: Handler } = {
  'GET /aas/oauth2/ac': authorizing('v1'),
  'GET /aas/oauth2/v2/ac': authorizing('v2'),
  'POST /aas/oauth2/te': exchanging('v1'),
  'POST /aas/oauth2/v3/te': exchanging('v2'),
  'GET /login': ({ state }, response, { url }) => showLogin(state, response, url.searchParams.get('request'), false),
  'POST /login': ({ state }, response, { body }) => enter(state, response, new URLSearchParams(body)),
  'GET /idp/ext/Logout': ({ state }, response, { url }) => logOut(state, response, url.searchParams),
  'HEAD /': ({ state }, response) => {
    if (!spoil(state.mischief, 'head', response, '', state.origin)) response.writeHead(200).end();
  },
  'GET /': (_ground, response) => sendPage(response, 200, goodbyePage()),
  'GET /control/canary': ({ canary }, response) => {
    canary.hits++;
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  },
};

const serveControl: Handler = async ({ control, state }, response, { route, body }) => {
  const answer = await runControl(routesOf(state), control, { route, query: new URLSearchParams(), body });
  response
    .writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8' })
    .end(JSON.stringify(answer.body));
};

const serveOther: Handler = (_ground, response) => sendPage(response, 404, problemPage('Страница не найдена.'));

function sendJson(
  { state }: Ground,
  response: ServerResponse,
  place: Parameters<typeof spoil>[1],
  answer: { status: number; body: unknown },
): void {
  const text = JSON.stringify(answer.body);
  if (spoil(state.mischief, place, response, text, state.origin)) return;
  response.writeHead(answer.status, { 'content-type': 'application/json;charset=UTF-8' }).end(text);
}
