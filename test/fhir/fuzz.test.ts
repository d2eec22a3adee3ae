/**
 * 20,000 requests that are wrong in some small way, to every route of the hub (RELIABILITY §5.2 item 15): each is answered, soon, as
 * FHIR, without anything of the inside. FUZZ_SEED and FUZZ_CASES choose others; the seed is printed.
 */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RawReply, type RawRequest, sendRaw } from '../support/raw-http.ts';
import { createGround } from './fuzz-ground.ts';
import { fuzzRequest, type Ground } from './fuzz-request.ts';
import { complaintOf } from './judge.ts';
import { createTarget, person, type Target } from './target.ts';

const seed = Number(process.env['FUZZ_SEED'] ?? 20261121);
const cases = Number(process.env['FUZZ_CASES'] ?? 20_000);
const chunk = 500;
const slowest = 2000;
const secret = 'Канарейкина';

let target: Target;
let ground: Ground;
beforeAll(async () => {
  target = await createTarget();
  const token = await target.hub.token({ clinics: ['two'] });
  const stranger = { ...person, name: [{ family: secret }] };
  const { statusCode } = await inject({
    ...target.write('POST', 'Patient', JSON.stringify(stranger)),
    headers: [
      ['authorization', `Bearer ${token}`],
      ['content-type', 'application/fhir+json'],
    ],
  });
  expect(statusCode).toBe(201);
  ground = await createGround(target);
});
afterAll(() => target.close());

type Fuzzed = RawRequest & { route: string };

/** The nth of the requests of this seed and the chunk after it. */
function* requests(from: number, count: number): Generator<Fuzzed> {
  for (let n = from; n < from + count; n += chunk)
    for (const [i, draw] of fc
      .sample(fc.gen(), { seed: seed + n, numRuns: Math.min(chunk, from + count - n) })
      .entries())
      yield fuzzRequest(draw, ground, n + i);
}

function inject({ method, target: url, headers = [], body }: RawRequest) {
  return target.hub.app.inject({
    method: method as 'GET',
    url,
    headers: Object.fromEntries(headers),
    ...(body !== undefined && { payload: body }),
  });
}

async function answer(request: RawRequest): Promise<RawReply> {
  const { statusCode, headers, rawPayload } = await inject(request);
  const pairs = Object.entries(headers).map(([k, v]): [string, string] => [k, String(v)]);
  const unpack = { gzip: gunzipSync, br: brotliDecompressSync }[String(headers['content-encoding'])];
  return { status: statusCode, headers: new Map(pairs), body: (unpack?.(rawPayload) ?? rawPayload).toString() };
}

/** A machine that is busy with something else may be slow once; a request that is slow is slow again. */
async function isSlow(request: RawRequest, milliseconds: number): Promise<boolean> {
  for (let again = 0; milliseconds > slowest && again < 2; again++) {
    const start = performance.now();
    await answer(request);
    milliseconds = performance.now() - start;
  }
  return milliseconds > slowest;
}

async function judge(request: RawRequest): Promise<{ status: number; complaint: string | undefined }> {
  const start = performance.now();
  const reply = await answer(request).catch(
    (error: Error): RawReply => ({ status: 0, headers: new Map(), body: error.message }),
  );
  const milliseconds = performance.now() - start;
  const [, type, created] = /([A-Z]\w+)\/([^/]+)\/_history\/1$/.exec(reply.headers.get('location') ?? '') ?? [];
  if (created !== undefined) ground.ids.get(type!)?.push(created);
  const complaint =
    complaintOf(request, reply) ??
    (reply.body.includes(secret) ? `${request.target} tells what another clinic has` : undefined) ??
    ((await isSlow(request, milliseconds))
      ? `${request.method} ${request.target} takes ${milliseconds} ms`
      : undefined);
  return { status: reply.status, complaint };
}

/** All that is needed to send it again. */
const shown = ({ headers, body }: RawRequest) =>
  `\n  ${JSON.stringify(headers?.filter(([name]) => name !== 'authorization'))}\n  ${body?.toString().slice(0, 1500)}`;

test(`${cases} fuzzed requests of the seed ${seed} are answered`, async () => {
  const complaints: string[] = [];
  const statuses = new Map<number, number>();
  const routes = new Set<string>();
  const queue = requests(0, cases);
  const work = async () => {
    for (const request of queue) {
      const { status, complaint } = await judge(request);
      routes.add(request.route);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (complaint !== undefined && complaints.length < 30) complaints.push(complaint + shown(request));
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  console.log(`seed ${seed}:`, Object.fromEntries([...statuses].sort(([a], [b]) => a - b)));
  expect(complaints.join('\n')).toBe('');
  expect([...new Set(ground.routes.map((r) => r.name))].filter((name) => !routes.has(name))).toEqual([]);
  // A fuzzer whose requests are all refused at the door would find nothing.
  const taken = [...statuses].filter(([status]) => status < 300).reduce((n, [, count]) => n + count, 0);
  expect(taken).toBeGreaterThan(cases / 10);
}, 900_000);

test('three hundred of them over sockets, with their bytes spoilt on the way', async () => {
  const complaints: string[] = [];
  const { port } = target.hub.app.server.address() as { port: number };
  const spoil = fc.sample(fc.tuple(fc.nat(), fc.constantFrom('\0', 'a\r\nb', ' ', '%', '\xff', ':', '')), {
    seed,
    numRuns: 300,
  });
  const queue = [...requests(1_000_000, 300)].entries();
  const work = async () => {
    for (const [i, request] of queue) {
      const sent = spoilt(request, ...spoil[i]!);
      const reply = await sendRaw(port, sent);
      // A packed body is not told from one that a spoilt header has made strange; its status is looked at.
      const isPacked = reply.headers.has('content-encoding') && reply.status < 500;
      const complaint = isPacked ? undefined : complaintOf(sent, reply);
      if (complaint !== undefined) complaints.push(complaint + shown(request));
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  expect(complaints.join('\n')).toBe('');
}, 120_000);

/** Something in the first line or the headers is another than it was; where the request ends stays plain. */
function spoilt(request: RawRequest, at: number, insert: string): RawRequest {
  const { target: path, headers = [], body = '' } = request;
  // What is no HTTP is answered before it is known to be a HEAD.
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const head = [`${method} ${path} HTTP/1.1`, 'Host: hub.test', ...headers.map(([k, v]) => `${k}: ${v}`)].join('\r\n');
  const place = at % head.length;
  const end = `Connection: close\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  const text = `${head.slice(0, place)}${insert}${head.slice(place)}\r\n${end}`;
  return { ...request, method, bytes: Buffer.concat([Buffer.from(text, 'latin1'), Buffer.from(body)]) };
}
