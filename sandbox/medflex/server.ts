/** Starts a pretend MedFlex (ПроДокторов): it takes schedules, shows their cells and sends webhooks, on one loopback port. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { z } from 'zod';
import { runControl } from '../common/control-routes.ts';
import { bodyOf, closeServer, listen } from '../common/http.ts';
import { type Call, type Control, createControl, routesOf } from './control.ts';
import { createMischief, type MisbehaviourName, type Mischief } from './misbehaviour.ts';
import { renderCells } from './page.ts';
import { changeDay, changeSchema, type Filials, replaceSchedule, scheduleSchema } from './schedule.ts';

export interface SandboxOptions {
  /** 0 = any free one. */
  readonly port?: number;
  /** By which the clinic proves who it is. */
  readonly token?: string;
  /** By which MedFlex proves who it is to the clinic. */
  readonly webhookToken?: string;
  /** Where the webhooks of the clinic are. */
  readonly target?: string;
}

export interface MedflexSandbox extends Control {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  close(): Promise<void>;
}

interface Ground {
  readonly token: string;
  readonly filials: Filials;
  readonly mischief: Mischief;
  readonly calls: Call[];
  readonly canary: { hits: number };
  readonly control: Control;
}

export async function startMedflexSandbox(options: SandboxOptions = {}): Promise<MedflexSandbox> {
  const { port = 0, token = 'sandbox-medflex-token', webhookToken = 'sandbox-webhook-token' } = options;
  const kept = { filials: new Map() as Filials, mischief: createMischief(), calls: [] as Call[], canary: { hits: 0 } };
  const target = { url: options.target ?? 'http://127.0.0.1:8085/medflex', token: webhookToken };
  const control = createControl({ ...kept, target });
  const server = createServer((request, response) => void serve({ ...kept, token, control }, request, response));
  const url = `http://127.0.0.1:${await listen(server, port)}`;
  return { ...control, url, close: () => closeServer(server) };
}

const json = { 'content-type': 'application/json; charset=utf-8' };

async function serve(ground: Ground, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { control, mischief, canary, filials } = ground;
  const path = new URL(request.url ?? '/', 'http://sandbox').pathname;
  const body = await bodyOf(request, 50_000_000);
  if (body === undefined) return void response.destroy();
  if (path === '/control/canary') {
    canary.hits++;
    return void response.writeHead(200, json).end('{}');
  }
  if (path.startsWith('/control/')) {
    const asked = { route: `${request.method} ${path}`, query: new URLSearchParams(), body };
    const answer = await runControl(routesOf(mischief), control, asked);
    return void response.writeHead(answer.status, json).end(JSON.stringify(answer.body));
  }
  if (path === '/' && request.method === 'GET')
    return void response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(renderCells(filials));
  const take = request.method === 'POST' ? takers[path] : undefined;
  if (take === undefined) return void response.writeHead(404, json).end('{"detail":"Not found."}');
  await receive(ground, request, response, () => take(filials, body));
}

type Taken = { readonly status: number; readonly detail?: string; readonly cells?: number };
type Taker = (filials: Filials, body: string) => Taken;

const takers: { readonly [path: string]: Taker } = {
  '/v2/doctors/send_schedule/': (filials, body) =>
    checked(scheduleSchema, body, (schedule) => {
      replaceSchedule(filials, schedule);
      const doctors = Object.values(schedule.schedule.data).flatMap((d) => Object.values(d));
      return { status: 200, cells: doctors.reduce((sum, d) => sum + d.cells.length, 0) };
    }),
  '/v2/occupied_doctor_schedule_slot/': (filials, body) =>
    checked(changeSchema, body, (change) =>
      changeDay(filials, change)
        ? { status: 200, cells: change.cells.length }
        : { status: 404, detail: 'No such doctor in this filial.' },
    ),
};

function checked<S extends z.ZodType>(schema: S, body: string, take: (value: z.output<S>) => Taken): Taken {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return { status: 400, detail: 'JSON parse error' };
  }
  const { success, data } = schema.safeParse(value);
  return success ? take(data) : { status: 400, detail: 'Wrong shape' };
}

/** Token, misbehaviour, then the request itself. */
async function receive(
  { token, mischief, calls }: Ground,
  { headers, url = '' }: IncomingMessage,
  response: ServerResponse,
  take: () => Taken,
): Promise<void> {
  const note = (status: number, cells = 0) => void (calls.push({ path: url, status, cells }) > 1000 && calls.shift());
  if (headers.authorization !== `Token ${token}`) {
    note(401);
    return void response.writeHead(401, json).end('{"detail":"Invalid token."}');
  }
  const wrong = mischief.take();
  const before = wrong && instead[wrong];
  if (before !== undefined) {
    note(0);
    return before(response);
  }
  const { status, detail, cells } = take();
  note(status, cells);
  const after = wrong && afterwards[wrong];
  if (after !== undefined) return after(response);
  response.writeHead(status, json).end(JSON.stringify({ detail: detail ?? 'ok' }));
}

type Answer = (response: ServerResponse) => void | Promise<void>;
type Answers = { readonly [name in MisbehaviourName]?: Answer };

/** Nothing is kept. */
const instead: Answers = {
  'error-500': (response) => void response.writeHead(500, json).end('{}'),
  'error-429': (response) => void response.writeHead(429, { ...json, 'retry-after': '1' }).end('{}'),
  refuse: (response) => void response.writeHead(400, json).end('{"detail":"Refused."}'),
  'hang-up': (response) => void response.destroy(),
  redirect: (response) => void response.writeHead(307, { location: '/control/canary' }).end(),
};

/** It is kept. */
const afterwards: Answers = {
  async slow(response) {
    await pause(2000);
    response.writeHead(200, json).end('{}');
  },
  'lost-answer': (response) => void response.destroy(),
  'lost-500': (response) => void response.writeHead(500, json).end('{}'),
  async endless(response) {
    response.writeHead(200, json);
    while (!response.destroyed) {
      response.write('x'.repeat(10_000));
      await pause(10);
    }
  },
};
