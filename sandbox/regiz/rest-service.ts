/** The JSON services of N3 on the same server: token, routing, faults. protocols/regiz.md §3. */
import type { Answer, Call, LogEntry } from './call.ts';
import { Refusal, textOfError } from './refusal.ts';
import { type Exchange, play, type ServiceGround } from './soap-service.ts';
import type { State } from './state.ts';

/** What a JSON call was answered; `no` tells that nothing was done. */
export interface Told {
  readonly status: number;
  readonly body: unknown;
  readonly no?: true;
}

export interface RestAsk {
  readonly state: State;
  /** Parts of the path that the pattern names. */
  readonly path: { readonly [name: string]: string };
  readonly query: URLSearchParams;
  readonly body: { readonly [name: string]: unknown };
}

export interface RestRoute {
  /** Name in faults and log. */
  readonly operation: string;
  readonly access: 'read' | 'write';
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  readonly contentType: string;
  /** @throws Refusal, which is told as `refuse` says */
  answer(ask: RestAsk): Told;
  refuse(code: number, text: string): Told;
}

/** @param guids tokens of `Authorization: N3 <guid>`. @returns false when the path is no such service's. */
export async function serveRest(
  ground: ServiceGround,
  routes: readonly RestRoute[],
  guids: ReadonlySet<string>,
  exchange: Exchange,
): Promise<boolean> {
  const url = new URL(exchange.request.url ?? '/', exchange.origin);
  const route = routes.find((r) => r.method === exchange.request.method && r.path.test(url.pathname));
  if (route === undefined) return false;
  const token = /^N3 (\S+)$/.exec(exchange.request.headers.authorization ?? '')?.[1]?.toLowerCase() ?? '';
  if (!guids.has(token)) {
    const { body } = route.refuse(1, textOfError(1));
    exchange.response.writeHead(401, { 'content-type': route.contentType }).end(JSON.stringify(body));
    return true;
  }
  const isForm = /^application\/x-www-form-urlencoded\b/.test(exchange.request.headers['content-type'] ?? '');
  const body = isForm ? {} : parsed(exchange.body);
  if (body === undefined) {
    exchange.response.writeHead(400, { 'content-type': route.contentType });
    exchange.response.end(JSON.stringify(route.refuse(4, 'Тело запроса – не объект JSON').body));
    return true;
  }
  const path = route.path.exec(url.pathname)?.groups ?? {};
  const query = isForm ? new URLSearchParams(exchange.body) : url.searchParams;
  await play(ground, callOf(ground, route, exchange, { state: ground.state, path, query, body }));
  return true;
}

function parsed(text: string): { [name: string]: unknown } | undefined {
  try {
    const body: unknown = JSON.parse(text === '' ? '{}' : text);
    return typeof body === 'object' && body !== null && !Array.isArray(body)
      ? (body as { [name: string]: unknown })
      : undefined;
  } catch {
    return undefined;
  }
}

function callOf(ground: ServiceGround, route: RestRoute, exchange: Exchange, ask: RestAsk): Call {
  const { operation, access, contentType } = route;
  const entry: LogEntry = { at: ground.state.clock(), operation, access, outcome: 'none', committed: false };
  ground.note(entry);
  const written = ({ status, body }: Told): Answer => ({ status, body: JSON.stringify(body) });
  let answer: Answer | undefined;
  const run = (): Answer => {
    const told = toldBy(route, ask);
    entry.outcome = told.no === true ? 'refused' : 'ok';
    entry.committed = told.no !== true && access === 'write';
    return written(told);
  };
  return {
    ...{ operation, access, contentType, entry, response: exchange.response, origin: exchange.origin },
    run: async () => (answer ??= run()),
    refusal: (code, text) => written(route.refuse(code, text ?? textOfError(code))),
    failure: (text) => ({ ...written(route.refuse(99, text)), status: 500 }),
    later: ground.later,
  };
}

function toldBy(route: RestRoute, ask: RestAsk): Told {
  try {
    return ask.state.transaction(() => route.answer(ask));
  } catch (error) {
    if (error instanceof Refusal) return { ...route.refuse(error.code, error.message), no: true };
    return { ...route.refuse(99, textOfError(99)), no: true };
  }
}
