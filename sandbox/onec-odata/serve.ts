/** One exchange with the pretend OData: session, fault, reading or writing. protocols/onec.md §3. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { beforeWriting, faults, lateMilliseconds, type Reply, send } from './faults.ts';
import { writeMetadata } from './metadata.ts';
import { runQuery } from './query.ts';
import { Refusal, unknownSegment, writeRefusal } from './refusal.ts';
import type { Base } from './row.ts';
import type { Traps } from './traps.ts';
import { write } from './write.ts';

export interface Asked {
  /** What follows the address of the interface, as it came over the wire. */
  readonly query: string;
  readonly session: 'start' | 'finish' | 'cookie' | 'none';
  readonly status: number;
}

export interface Ground {
  readonly base: Base;
  readonly traps: Traps;
  readonly authorization: string;
  readonly sessions: Set<string>;
  readonly asked: Asked[];
  /** `after`: calls that are answered well before. */
  order: { name: string; times: number; of: 'all' | 'reads' | 'writes'; after: number };
  /** Somebody at the desk, who may be faster than a write that has just come; told of its body. */
  beforeWrite: (body: string) => void;
  asleep: boolean;
  canaryHits: number;
}

const path = '/hospital/odata/standard.odata/';
const jsonType = 'application/json;charset=utf-8';

export function route(ground: Ground, request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '/';
  if (url === '/canary') ground.canaryHits++;
  if (!url.startsWith(path)) return void send(response, page(404, '404 Not Found'));
  const late = ground.asleep ? ground.traps.firstMilliseconds : 0;
  ground.asleep = false;
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const body = Buffer.concat(parts).toString('utf8');
    setTimeout(() => serve(ground, request, response, url.slice(path.length), body), late).unref();
  });
}

function serve(ground: Ground, request: IncomingMessage, response: ServerResponse, query: string, body: string): void {
  if (request.headers.authorization !== ground.authorization) return void send(response, page(401, 'Неавторизован'));
  const fault = takeFault(ground, request, query);
  const answered = () => {
    const good = answer(ground, request, query, body);
    ground.asked.push({ query, session: sessionOf(request), status: good.status });
    return good;
  };
  if (fault === undefined) return void send(response, answered());
  const isWrite = request.method !== 'GET';
  if (isWrite && fault === 'late') setTimeout(answered, lateMilliseconds);
  const isDone = !isWrite || !(beforeWriting.has(fault) || fault === 'late');
  faults[fault]!(response, isDone ? answered() : { status: 201, type: jsonType, body: '{}' });
}

function takeFault({ order }: Ground, { method }: IncomingMessage, query: string): string | undefined {
  const fits = order.of === 'all' || (order.of === 'reads') === (method === 'GET');
  if (order.times === 0 || !fits || query.startsWith('?')) return undefined;
  if (order.after-- > 0) return undefined;
  order.times--;
  return order.name;
}

function answer(ground: Ground, request: IncomingMessage, query: string, body: string): Reply {
  const { traps } = ground;
  const json = query.includes('$format=json');
  try {
    const headers = enter(ground, request);
    const content = request.method === 'GET' ? read(ground, query, json) : change(ground, request.method!, query, body);
    return { ...content, headers: { ...content.headers, ...headers } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const type = json ? jsonType : 'application/xml;charset=utf-8';
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
function read({ base, traps }: Ground, query: string, json: boolean): Reply {
  // 1С takes no plus for a space.
  if (query.includes('+')) throw unknownSegment('+');
  const [segment = '', options = ''] = query.split('?');
  const sets = [...base.values()].filter(({ name }) => !traps.unpublished.includes(name));
  if (segment === '') return { status: 200, type: jsonType, body: '{"value":[]}' };
  if (segment === '$metadata') return { status: 200, type: 'application/xml;charset=utf-8', body: writeMetadata(sets) };
  const set = sets.find(({ name }) => name === decodeURIComponent(segment));
  if (set === undefined) throw unknownSegment(decodeURIComponent(segment), 404);
  const pairs = options.split('&').map((pair) => pair.split('=', 2) as [string, string]);
  const decoded = new Map(pairs.map(([name, value]) => [name, decodeURIComponent(value)]));
  const { rows, count } = runQuery(set, decoded, traps);
  // Without $format there is Atom.
  if (!json) return { status: 200, type: 'application/atom+xml;charset=utf-8', body: '<feed/>' };
  const metadata = `$metadata#${set.name}`;
  const body = { 'odata.metadata': metadata, ...(count !== undefined && { 'odata.count': count }), value: rows };
  return { status: 200, type: jsonType, body: JSON.stringify(body) };
}

/** @throws Refusal */
function change({ base, traps, beforeWrite }: Ground, method: string, query: string, body: string): Reply {
  beforeWrite(body);
  const { status, set, row } = write(base, traps, method, decodeURIComponent(query.split('?')[0]!), body);
  const headers = { location: `${path}${encodeURIComponent(set)}(guid'${String(row['Ref_Key'])}')` };
  const object = { 'odata.metadata': `$metadata#${set}/@Element`, ...row };
  return { status, type: jsonType, body: JSON.stringify(object), ...(status === 201 && { headers }) };
}

const page = (status: number, text: string): Reply => ({
  status,
  type: 'text/html; charset=utf-8',
  body: `<html><body><h1>${text}</h1></body></html>`,
});
