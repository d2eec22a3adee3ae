/** $export of all slots, from the request to the last byte of the file, against COPY of the same text. */
import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { to as copyTo } from 'pg-copy-streams';
import { withClient } from '../src/postgres.ts';
import { type Child, startChild } from './child.ts';
import type { Ground } from './database.ts';
import type { HubReady } from './hub.ts';
import { timeOf } from './processor.ts';
import { type Row, whole } from './report.ts';
import { type Effort, median } from './rounds.ts';

const goal = 0.5;

/** Seconds; microseconds of processor time of Postgres and of the process that writes or reads. */
interface Times {
  readonly seconds: number;
  readonly processor: number;
}

interface OurTimes extends Times {
  /** Until the manifest was there. */
  readonly ready: number;
  /** The same again without gzip: the download alone. */
  readonly plain: number;
  /** Most memory of the hub, in MB, and what it had before. */
  readonly peak: number;
  readonly before: number;
}

export async function measureExport(ground: Ground, url: string, slots: number, { rounds }: Effort): Promise<Row> {
  await using hub = await startChild<HubReady>('hub.ts', { url });
  const [ours, raw]: [OurTimes[], Times[]] = [[], []];
  const bytes = await bytesOfText(url);
  await exportOnce(ground, hub, slots, bytes);
  for (let round = 0; round < rounds; round++) {
    raw.push(await copyOnce(ground, url, bytes));
    ours.push(await exportOnce(ground, hub, slots, bytes));
  }
  const ratio = median(ours.map((o, i) => raw[i]!.seconds / o.seconds));
  const of = (pick: (o: OurTimes) => number) => median(ours.map(pick));
  return {
    name: `$export of ${whole(slots)} slots`,
    unit: 'slots/s',
    ours: slots / of((o) => o.seconds),
    raw: slots / median(raw.map((r) => r.seconds)),
    ratio,
    cpuRatio: median(ours.map((o, i) => raw[i]!.processor / o.processor)),
    goal: `≥ ${goal}`,
    met: ratio >= goal,
    notes: [
      `against COPY … TO STDOUT of the same ${whole(bytes / 1e6)} MB of ready text; ours from the request to the last byte by gzip`,
      ours.map((o, i) => `ours ${o.seconds.toFixed(2)} s, raw ${raw[i]!.seconds.toFixed(2)} s`).join(' · '),
      `manifest after ${of((o) => o.ready).toFixed(2)} s; fetched without gzip instead: ${of((o) => o.plain).toFixed(2)} s`,
      `memory of the hub ${whole(of((o) => o.before))} MB before, ${whole(Math.max(...ours.map((o) => o.peak)))} MB at most`,
    ],
  };
}

/** Of NDJSON: each line has an end. */
async function bytesOfText(url: string): Promise<number> {
  const text = 'select sum(octet_length(resource) + 1)::float8 as bytes from slot_text';
  return (await withClient(url, (client) => client.query<{ bytes: number }>(text))).rows[0]!.bytes;
}

async function copyOnce(ground: Ground, url: string, bytes: number): Promise<Times> {
  const times = async () => (await ground.time()) + (await timeOf(process.pid));
  return withClient(url, async (client) => {
    const [before, began] = [await times(), performance.now()];
    let length = 0;
    for await (const chunk of client.query(copyTo('copy (select resource from slot_text) to stdout')))
      length += (chunk as Buffer).length;
    if (length !== bytes) throw new Error(`COPY gave ${length} bytes instead of ${bytes}`);
    return { seconds: (performance.now() - began) / 1000, processor: (await times()) - before };
  });
}

async function exportOnce(ground: Ground, hub: Child<HubReady>, slots: number, bytes: number): Promise<OurTimes> {
  const { port, token } = hub.ready;
  const headers = { authorization: `Bearer ${token}`, prefer: 'respond-async' };
  const times = async () => (await ground.time()) + (await timeOf(hub.pid));
  const memory = watchMemory(hub.pid);
  const [used, began] = [await times(), performance.now()];
  const since = () => (performance.now() - began) / 1000;
  const kickOff = await fetch(`http://127.0.0.1:${port}/fhir/$export?_type=Slot`, { headers });
  if (kickOff.status !== 202) throw new Error(`$export: ${kickOff.status} ${await kickOff.text()}`);
  const status = local(kickOff.headers.get('content-location')!, port);
  const file = await readManifest(status, headers, slots, bytes);
  const ready = since();
  await download(local(file, port), { ...headers, 'accept-encoding': 'gzip' });
  const [seconds, processor] = [since(), (await times()) - used];
  const plainBegan = performance.now();
  const length = await download(local(file, port), headers);
  const plain = (performance.now() - plainBegan) / 1000;
  if (length !== bytes) throw new Error(`the file has ${length} bytes instead of ${bytes}`);
  await fetch(status, { method: 'DELETE', headers });
  return { seconds, processor, ready, plain, ...(await memory()) };
}

const local = (url: string, port: number) => url.replace('http://hub.test', `http://127.0.0.1:${port}`);

interface Manifest {
  output: { url: string; count: number; fileSize: number }[];
}

/** @returns the address of the one file */
async function readManifest(status: string, headers: Record<string, string>, slots: number, bytes: number) {
  for (;;) {
    const answer = await fetch(status, { headers });
    if (answer.status === 200) {
      const { output } = (await answer.json()) as Manifest;
      const [file] = output;
      if (file?.count !== slots || file.fileSize !== bytes)
        throw new Error(`exported ${file?.count} slots, ${file?.fileSize} bytes instead of ${slots}, ${bytes}`);
      return file.url;
    }
    if (answer.status !== 202) throw new Error(`status: ${answer.status} ${await answer.text()}`);
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** @returns bytes as they came */
function download(url: string, headers: Record<string, string>): Promise<number> {
  return new Promise((done, fail) => {
    let length = 0;
    get(url, { headers }, (answer) => {
      if (answer.statusCode !== 200) fail(new Error(`a file: ${answer.statusCode}`));
      answer.on('data', (chunk: Buffer) => {
        length += chunk.length;
      });
      answer.on('end', () => done(length));
      answer.on('error', fail);
    }).on('error', fail);
  });
}

/** @returns ends the watch; MB */
function watchMemory(pid: number): () => Promise<{ before: number; peak: number }> {
  const rss = async () => {
    const text = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
    return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1] ?? Number.NaN) / 1000;
  };
  const first = rss();
  let peak = 0;
  const look = () =>
    rss().then((now) => {
      peak = Math.max(peak, now);
    });
  const timer = setInterval(look, 50);
  return async () => {
    clearInterval(timer);
    await look();
    return { before: await first, peak };
  };
}
