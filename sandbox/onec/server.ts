/** Starts a pretend 1С: the SOAP service, its HTTP twin, its control API and the page «Просмотр занятости» on one loopback port. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { runControl } from '../common/control-routes.ts';
import { bodyOf, closeServer, listen, notFound } from '../common/http.ts';
import { createRandom } from '../common/random.ts';
import { chaosSchema, createSwitchboard } from '../common/switchboard.ts';
import { createTimers } from '../common/timers.ts';
import { serveBwi } from './bwi/serve.ts';
import type { LogEntry } from './call.ts';
import { type Control, createControl } from './control.ts';
import { refusalOf, routes } from './control-routes.ts';
import { connectionFaults } from './faults/connection.ts';
import { encodingFaults } from './faults/encoding.ts';
import type { Switchboard } from './faults/fault.ts';
import { meaningFaults } from './faults/meaning.ts';
import { pageFaults } from './faults/page.ts';
import { shapeFaults } from './faults/shape.ts';
import { generate } from './generate.ts';
import { serveCall, serveWsdl } from './integration.ts';
import { serveOccupancy } from './occupancy.ts';
import { type FullOptions, type SandboxOptions, withDefaults } from './options.ts';
import type { Service } from './service.ts';
import { openState, type State } from './state.ts';

export interface Sandbox extends Control {
  /** Address of the SOAP service, `http://127.0.0.1:<port>/umc/ws/ws1.1cws`. */
  url: string;
  /** `http://127.0.0.1:<port>`, under which /control and /occupancy are. */
  origin: string;
  port: number;
  login: string;
  password: string;
  /** «Ключ API» of the HTTP twin, which is at `http://127.0.0.1:<port>/umc/hs/bwi`. */
  apiKey: string;
  zone: string;
  /** Stops at once: open connections are cut, late commits do not happen. */
  close(): Promise<void>;
}

/** @throws when the port is taken or the file is no sandbox's */
export async function startOnecSandbox(given: SandboxOptions = {}): Promise<Sandbox> {
  const options = withDefaults(given);
  const state = openState(options.file, options.zone, options.clock);
  generate(state, options);
  state.setSettings(options.settings);
  const starts = Number(state.noted('starts') ?? 0) + 1;
  state.note('starts', starts);
  const switchboard = switchboardOf(state, options, starts);
  const random = createRandom(options.seed + starts * 104_729);
  const log: LogEntry[] = [];
  const canary = { hits: 0 };
  const control = createControl({ state, random, switchboard, log, canary });
  const { later, stop } = createTimers();
  const service: Service = {
    state,
    switchboard,
    authorization: `Basic ${Buffer.from(`${options.login}:${options.password}`, 'utf8').toString('base64')}`,
    apiKey: options.apiKey,
    note: (entry) => log.push(entry) > 2000 && log.shift(),
    later,
  };
  const ground: Ground = { options, state, service, control, canary };
  const server = createServer((request, response) => void route(ground, request, response));
  const port = await listen(server, options.port);
  const origin = `http://127.0.0.1:${port}`;
  const opening = setInterval(() => generate(state, withDefaults(given)), 3_600_000);
  const close = async () => {
    clearInterval(opening);
    control.close();
    stop();
    await closeServer(server);
    state.close();
  };
  const { login, password, apiKey, zone } = options;
  const url = `${origin}/${options.base}/ws/ws1.1cws`;
  return { ...control, url, origin, port, login, password, apiKey, zone, close };
}

function switchboardOf(state: State, options: FullOptions, starts: number): Switchboard {
  const other = `SELECT guid FROM appointment WHERE source = 'seed' AND deleted = 0 ORDER BY start LIMIT 1`;
  const faults = [
    ...connectionFaults,
    ...pageFaults,
    ...encodingFaults,
    ...shapeFaults,
    ...meaningFaults({
      otherGuid: () => state.get<{ guid: string }>(other)?.guid ?? '',
      otherEmployee: (text) => {
        const rows = state.all<{ guid: string }>('SELECT guid FROM employee ORDER BY position');
        return rows.find((row) => !text.includes(row.guid))?.guid ?? rows[0]?.guid ?? '';
      },
    }),
  ];
  const kept = chaosSchema.parse(options.chaos ?? state.noted('chaos') ?? {});
  return createSwitchboard(faults, kept, starts);
}

interface Ground {
  options: FullOptions;
  state: State;
  service: Service;
  control: Control;
  canary: { hits: number };
}

async function route(ground: Ground, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { options, state, service, control, canary } = ground;
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? '127.0.0.1'}`);
  const body = await bodyOf(request);
  if (body === undefined) return void response.destroy();
  const method = request.method ?? 'GET';
  const service1c = [`/${options.base}/ws/ws1.1cws`, `/${options.base}/ws/Integration`].includes(url.pathname);
  if (service1c && method === 'POST') return serveCall(service, request, response, url, body);
  if (service1c && method === 'GET' && url.searchParams.has('wsdl')) return serveWsdl(service, request, response, url);
  const bwi = `/${options.base}/hs/bwi/`;
  if (url.pathname.startsWith(bwi) && method === 'POST')
    return serveBwi(service, request, response, url, url.pathname.slice(bwi.length), body);
  if (url.pathname === '/occupancy') return serveOccupancy(state, url, response);
  if (url.pathname === '/control/canary') {
    canary.hits++;
    return void response.writeHead(200, { 'content-type': 'text/plain' }).end('canary');
  }
  if (!url.pathname.startsWith('/control/')) return notFound(response);
  const asked = { route: `${method} ${url.pathname}`, query: url.searchParams, body };
  const answer = await runControl(routes, control, asked, refusalOf);
  response.writeHead(answer.status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(answer.body));
}
