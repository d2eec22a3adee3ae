/** Starts a pretend 1С that has nothing but the standard OData interface, on one loopback port. protocols/onec.md §3. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Base, createBase } from './base.ts';
import { faults, type Reply, send } from './faults.ts';
import { writeMetadata } from './metadata.ts';
import { runQuery } from './query.ts';
import { Refusal, unknownSegment, writeRefusal } from './refusal.ts';
import { type Traps, usualTraps } from './traps.ts';

export interface Asked {
  /** What follows the address of the interface, as it came over the wire. */
  readonly query: string;
  readonly session: 'start' | 'finish' | 'cookie' | 'none';
  readonly status: number;
}

export interface OdataSandbox {
  /** Publication of the base, `http://127.0.0.1:<port>/hospital`. */
  readonly url: string;
  readonly login: string;
  readonly password: string;
  readonly base: Base;
  readonly traps: Traps;
  /** Every call, oldest first. */
  readonly asked: readonly Asked[];
  readonly faultNames: readonly string[];
  /** @throws RangeError for an unknown one */
  fault(name: string, times: number): void;
  calm(): void;
  openSessions(): number;
  loseSessions(): void;
  /** The next answer is late again. */
  sleep(): void;
  /** How often a redirect was followed. */
  canaryHits(): number;
  close(): Promise<void>;
}

export interface OdataSandboxOptions {
  /** 0 = any free one. */
  readonly port?: number;
  readonly login?: string;
  readonly password?: string;
  readonly traps?: Partial<Traps>;
}

interface Ground {
  readonly base: Base;
  readonly traps: Traps;
  readonly authorization: string;
  readonly sessions: Set<string>;
  readonly asked: Asked[];
  order: { name: string; times: number };
  asleep: boolean;
  canaryHits: number;
}

const path = '/hospital/odata/standard.odata/';

export async function startOdataSandbox(options: OdataSandboxOptions = {}): Promise<OdataSandbox> {
  const { port = 0, login = 'site', password = 'sandbox-odata' } = options;
  const ground: Ground = {
    base: createBase(),
    traps: { ...usualTraps, ...options.traps },
    authorization: `Basic ${Buffer.from(`${login}:${password}`, 'utf8').toString('base64')}`,
    sessions: new Set(),
    asked: [],
    order: { name: '', times: 0 },
    asleep: true,
    canaryHits: 0,
  };
  const server = createServer((request, response) => route(ground, request, response));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hospital`,
    ...{ login, password, base: ground.base, traps: ground.traps, asked: ground.asked },
    faultNames: Object.keys(faults),
    fault(name, times) {
      if (!Object.hasOwn(faults, name)) throw new RangeError(`no fault ${name}`);
      ground.order = { name, times };
    },
    calm() {
      ground.order = { name: '', times: 0 };
    },
    openSessions: () => ground.sessions.size,
    loseSessions: () => ground.sessions.clear(),
    sleep() {
      ground.asleep = true;
    },
    canaryHits: () => ground.canaryHits,
    close() {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

function route(ground: Ground, request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '/';
  if (url === '/canary') ground.canaryHits++;
  if (!url.startsWith(path)) return void send(response, page(404, '404 Not Found'));
  const late = ground.asleep ? ground.traps.firstMilliseconds : 0;
  ground.asleep = false;
  setTimeout(() => serve(ground, request, response, url.slice(path.length)), late).unref();
}

function serve(ground: Ground, request: IncomingMessage, response: ServerResponse, query: string): void {
  if (request.headers.authorization !== ground.authorization) return void send(response, page(401, 'Неавторизован'));
  const good = answer(ground, request, query);
  ground.asked.push({ query, session: sessionOf(request), status: good.status });
  if (ground.order.times === 0 || query.startsWith('?')) return void send(response, good);
  ground.order.times--;
  faults[ground.order.name]!(response, good);
}

function answer(ground: Ground, request: IncomingMessage, query: string): Reply {
  const { traps } = ground;
  const json = query.includes('$format=json');
  try {
    const headers = enter(ground, request);
    return { ...contentOf(ground, query, json), headers };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const type = json ? 'application/json;charset=utf-8' : 'application/xml;charset=utf-8';
    return { status: error.status, type, body: writeRefusal(error, traps.language, json) };
  }
}

function sessionOf({ headers }: IncomingMessage): Asked['session'] {
  if (headers['ibsession'] === 'finish') return 'finish';
  if (headers['ibsession'] === 'start') return 'start';
  return headers.cookie === undefined ? 'none' : 'cookie';
}

/** Sessions and licences. @returns headers of the answer @throws Refusal */
function enter({ traps, sessions }: Ground, request: IncomingMessage): Record<string, string> {
  const kind = traps.sessions === 'ignored' ? 'none' : sessionOf(request);
  const id = /ibsession=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '';
  if (kind === 'cookie' || kind === 'finish') {
    if (!sessions.has(id)) throw new Refusal(traps.lostStatus, '-1', { ru: 'Сеанс не найден', en: 'No session' });
    if (kind === 'finish') sessions.delete(id);
    return {};
  }
  if (sessions.size >= traps.licences)
    throw new Refusal(406, '-1', { ru: 'Не обнаружено свободной лицензии!', en: 'No licence' });
  if (kind === 'none') return {};
  const fresh = randomUUID();
  sessions.add(fresh);
  return { 'set-cookie': `ibsession=${fresh}; path=/hospital; HttpOnly` };
}

/** @throws Refusal */
function contentOf({ base, traps }: Ground, query: string, json: boolean): Reply {
  // 1С takes no plus for a space.
  if (query.includes('+')) throw unknownSegment('+');
  const [segment = '', options = ''] = query.split('?');
  const sets = [...base.values()].filter(({ name }) => !traps.unpublished.includes(name));
  if (segment === '') return { status: 200, type: 'application/json;charset=utf-8', body: '{"value":[]}' };
  if (segment === '$metadata') return { status: 200, type: 'application/xml;charset=utf-8', body: writeMetadata(sets) };
  const set = sets.find(({ name }) => name === decodeURIComponent(segment));
  if (set === undefined) throw unknownSegment(decodeURIComponent(segment), 404);
  const pairs = options.split('&').map((pair) => pair.split('=', 2) as [string, string]);
  const { rows, count } = runQuery(
    set,
    new Map(pairs.map(([name, value]) => [name, decodeURIComponent(value)])),
    traps,
  );
  // Without $format there is Atom.
  if (!json) return { status: 200, type: 'application/atom+xml;charset=utf-8', body: '<feed/>' };
  const metadata = `$metadata#${set.name}`;
  const body = { 'odata.metadata': metadata, ...(count !== undefined && { 'odata.count': count }), value: rows };
  return { status: 200, type: 'application/json;charset=utf-8', body: JSON.stringify(body) };
}

const page = (status: number, text: string): Reply => ({
  status,
  type: 'text/html; charset=utf-8',
  body: `<html><body><h1>${text}</h1></body></html>`,
});
