/** Starts a pretend РЕГИЗ: HubService, its control API and the page «Просмотр занятости» on one loopback port. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { runControl } from '../common/control-routes.ts';
import { bodyOf, closeServer, listen, notFound } from '../common/http.ts';
import { createRandom } from '../common/random.ts';
import { chaosSchema, createSwitchboard } from '../common/switchboard.ts';
import { createTimers } from '../common/timers.ts';
import type { LogEntry } from './call.ts';
import { type Control, createControl } from './control.ts';
import { refusalOf, routes } from './control-routes.ts';
import type { DataObject } from './data.ts';
import { createFaults } from './faults/all.ts';
import { generate } from './generate.ts';
import { callHub, type Outcome } from './hub-client.ts';
import { serveOccupancy } from './occupancy.ts';
import { type SandboxOptions, withDefaults } from './options.ts';
import { restRoutes } from './rest-routes.ts';
import { serveRest } from './rest-service.ts';
import { type Services, servicesOf } from './services.ts';
import { type ServiceGround, serveSoap } from './soap-service.ts';
import { openState, type State } from './state.ts';
import { writeWsdl } from './wsdl.ts';

export interface Sandbox extends Control {
  /** `http://127.0.0.1:<port>`, under which the services, /control and /occupancy are. */
  origin: string;
  /** `…/Hub25/HubService.svc`, SOAP 1.1. */
  url: string;
  /** `…/zpv/ws/appointment`: the same contract as 1С publishes it. */
  onecUrl: string;
  port: number;
  /** Token of a client. */
  guid: string;
  login: string;
  password: string;
  zone: string;
  /** Stops at once: open connections are cut, late commits do not happen. */
  close(): Promise<void>;
}

/** @throws when the port is taken or the file is no sandbox's */
export async function startRegizSandbox(given: SandboxOptions = {}): Promise<Sandbox> {
  const options = withDefaults(given);
  const state = openState(options.file, options.zone, options.clock);
  generate(state, options);
  state.setSettings(options.settings);
  const starts = Number(state.noted('starts') ?? 0) + 1;
  state.note('starts', starts);
  const kept = chaosSchema.parse(options.chaos ?? state.noted('chaos') ?? {});
  const switchboard = createSwitchboard(createFaults(state), kept, starts);
  const { pause, later, stop } = createTimers();
  const log: LogEntry[] = [];
  const canary = { hits: 0 };
  const random = createRandom(options.seed + starts * 104_729);
  const pushes: Outcome[] = [];
  const hub = { state, pause, locks: new Set<string>(), changed: pusherOf(state, pushes) };
  const control = createControl({ ...hub, random, pushes, switchboard, log, canary });
  const note = (entry: LogEntry) => void (log.push(entry) > 2000 && log.shift());
  const service: ServiceGround = { state, switchboard, note, later, pause };
  const guids = new Set(options.guids.map((guid) => guid.toLowerCase()));
  const ground: Ground = { guids, state, service, control, canary, services: servicesOf(hub, options, guids) };
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
  const { login, password, zone } = options;
  const urls = { url: `${origin}/Hub25/HubService.svc`, onecUrl: `${origin}/${options.base}/ws/appointment` };
  return { ...control, ...urls, origin, port, guid: options.guids[0] ?? '', login, password, zone, close };
}

/** Tells the MIS of the setting `pushUrl`, which may be down: what came of it is kept. */
function pusherOf(state: State, pushes: Outcome[]) {
  return (request: DataObject) => {
    const { pushUrl, pushGuid } = state.settings();
    if (pushUrl === '') return;
    const target = { url: pushUrl, guid: pushGuid };
    void callHub(target, 'HandlePARequestChanged', { info: request }).then((outcome) => pushes.push(outcome));
  };
}

interface Ground {
  state: State;
  service: ServiceGround;
  services: Services;
  guids: ReadonlySet<string>;
  control: Control;
  canary: { hits: number };
}

async function route(ground: Ground, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { state, service, services, control, canary } = ground;
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? '127.0.0.1'}`);
  const body = await bodyOf(request);
  if (body === undefined) return void response.destroy();
  const method = request.method ?? 'GET';
  const soap = services.at(url.pathname);
  if (soap !== undefined && !services.admits(url.pathname, request, response)) return;
  if (soap !== undefined && method === 'POST')
    return serveSoap(service, soap, { request, response, origin: url.origin, body });
  if (soap !== undefined && url.searchParams.has('wsdl')) {
    const wsdl = writeWsdl(soap, url.origin + url.pathname);
    return void response.writeHead(200, { 'content-type': 'text/xml; charset=utf-8' }).end(wsdl);
  }
  if (await serveRest(service, restRoutes, ground.guids, { request, response, origin: url.origin, body })) return;
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
