/** Between a door and its hub: passes everything on, and loses answers as the test wants. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HubProxy {
  /** In place of the hub's base. */
  readonly base: string;
  /** Requests whose answers are lost, though the hub has had them. */
  loses: (method: string, path: string) => boolean;
  /** Requests that never get there. */
  stops: (method: string, path: string) => boolean;
  /** In place of the hub: with that status, and nothing in the body. */
  answers: (method: string, path: string) => number | undefined;
  /** What an answer waits for, that the hub has given already. */
  holds: (method: string, path: string) => Promise<void> | undefined;
  /** `POST /fhir/Appointment` */
  readonly passed: string[];
  /** Idempotency keys, as they came. */
  readonly keys: string[];
  close(): Promise<void>;
}

const json = { 'content-type': 'application/json' };

export async function openHubProxy(base: string): Promise<HubProxy> {
  const { origin } = new URL(base);
  const server = createServer(async (request, response) => {
    const { method = '', url = '', headers } = request;
    proxy.keys.push(...[headers['idempotency-key'] ?? []].flat());
    if (proxy.stops(method, url)) return void response.destroy();
    const instead = proxy.answers(method, url);
    if (instead !== undefined) return void response.writeHead(instead, json).end('{}');
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const kept = Object.entries(headers).filter(
      ([name]) => !/^(host|connection|content-length|transfer-encoding)$/.test(name),
    );
    const answer = await fetch(`${origin}${url}`, {
      method,
      headers: Object.fromEntries(kept) as Record<string, string>,
      ...(parts.length > 0 && { body: Buffer.concat(parts) }),
    });
    const text = await answer.text();
    await proxy.holds(method, url);
    proxy.passed.push(`${method} ${url}`);
    if (proxy.loses(method, url)) return void response.destroy();
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' }).end(text);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const proxy: HubProxy = {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`,
    loses: () => false,
    stops: () => false,
    answers: () => undefined,
    holds: () => undefined,
    passed: [],
    keys: [],
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  return proxy;
}
