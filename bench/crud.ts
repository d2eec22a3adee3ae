/** Create, read, search, update, delete of Patients over HTTP: how much of a processor each mix of five takes. */
import { Agent, request } from 'node:http';
import { type Child, startChild } from './child.ts';
import type { Ground } from './database.ts';
import type { HubReady } from './hub.ts';
import { timeOf } from './processor.ts';
import { type Row, whole } from './report.ts';
import { type Effort, median } from './rounds.ts';

const workers = 16;

interface Round {
  /** A second. */
  readonly rate: number;
  /** A second of processor time of server and Postgres. */
  readonly perCore: number;
  /** Milliseconds, of all operations. */
  readonly p99: number;
}

export async function measureCrud(ground: Ground, url: string, { seconds, warm, rounds }: Effort): Promise<Row> {
  await using hub = await startChild<HubReady>('hub.ts', { url });
  await runRound(ground, hub, warm);
  const all: Round[] = [];
  for (let round = 0; round < rounds; round++) all.push(await runRound(ground, hub, seconds));
  const of = (pick: (r: Round) => number) => median(all.map(pick));
  return {
    name: 'CRUD mix of Patients, per core',
    unit: '/s of a processor',
    ours: of((r) => r.perCore),
    raw: null,
    ratio: null,
    cpuRatio: null,
    goal: '–',
    met: true,
    notes: [
      `create, read, search by identifier, update, delete in turn; ${workers} at once; validation, history and search values included`,
      `${all.map((r) => `${whole(r.rate)}/s, ${whole(r.perCore)}/s of a processor`).join(' · ')}   p99 ${of((r) => r.p99).toFixed(1)} ms`,
    ],
  };
}

async function runRound(ground: Ground, hub: Child<HubReady>, seconds: number): Promise<Round> {
  const agent = new Agent({ keepAlive: true, maxSockets: workers });
  const latencies: number[] = [];
  const processor = async () => (await ground.time()) + (await timeOf(hub.pid));
  const [before, began] = [await processor(), performance.now()];
  const going = () => performance.now() - began < seconds * 1000;
  await Promise.all(Array.from({ length: workers }, (_, i) => work({ agent, ready: hub.ready, latencies }, i, going)));
  const elapsed = (performance.now() - began) / 1000;
  const used = ((await processor()) - before) / 1e6;
  agent.destroy();
  latencies.sort((a, b) => a - b);
  const p99 = latencies[Math.floor(latencies.length * 0.99)]!;
  return { rate: latencies.length / elapsed, perCore: latencies.length / used, p99 };
}

interface Client {
  readonly agent: Agent;
  readonly ready: HubReady;
  readonly latencies: number[];
}

let people = 0;

async function work(client: Client, worker: number, going: () => boolean): Promise<void> {
  while (going()) {
    const number = `${process.pid}-${worker}-${people++}`;
    const body = {
      resourceType: 'Patient',
      identifier: [{ system: 'urn:oid:1.2.643.5.1.13.2.7.100.5', value: number }],
      name: [{ use: 'official', family: 'Тестова', given: ['Мария', 'Ивановна'] }],
      telecom: [{ system: 'phone', value: '+79990000001' }],
      gender: 'female',
      birthDate: '1990-02-03',
    };
    const { id } = await send(client, 'POST', 'Patient', 201, body);
    await send(client, 'GET', `Patient/${id}`, 200);
    const found = await send(client, 'GET', `Patient?identifier=${body.identifier[0]!.system}|${number}`, 200);
    if (found['total'] !== 1) throw new Error(`found ${found['total']} of one patient`);
    await send(client, 'PUT', `Patient/${id}`, 200, { ...body, id, birthDate: '1991-02-03' });
    await send(client, 'DELETE', `Patient/${id}`, 204);
  }
}

function send(
  { agent, ready, latencies }: Client,
  method: string,
  path: string,
  wanted: number,
  body?: object,
): Promise<{ id?: string; total?: number }> {
  const headers = {
    authorization: `Bearer ${ready.clinicTokens[0]}`,
    ...(body && { 'content-type': 'application/fhir+json' }),
  };
  const began = performance.now();
  return new Promise((done, fail) => {
    const sent = request({ port: ready.port, method, path: `/fhir/${path}`, headers, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        latencies.push(performance.now() - began);
        const text = Buffer.concat(chunks).toString();
        if (answer.statusCode !== wanted) fail(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
        else done(text === '' ? {} : (JSON.parse(text) as { id?: string }));
      });
    });
    sent.on('error', fail);
    sent.end(body && JSON.stringify(body));
  });
}
