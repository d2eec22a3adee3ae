/**
 * Load generator, a process of its own: closed loop, keep-alive, one request at a time on each connection. It speaks HTTP
 * over plain sockets and looks at nothing but the status and the length, so that it takes as little of the shared
 * processors as it can (about 25 µs for a page of 40 kB).
 */
import { connect } from 'node:net';

export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  readonly headers: string;
  readonly requests: readonly LoadRequest[];
  /** Whether a request may be sent again; otherwise the load ends with the list. */
  readonly repeat: boolean;
}

export interface LoadRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

export interface LoadResult {
  readonly seconds: number;
  readonly statuses: Readonly<Record<string, number>>;
  readonly bytes: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
}

interface Run {
  next(): string | undefined;
  record(status: string, bytes: number, milliseconds: number): void;
}

async function run(load: Load): Promise<LoadResult> {
  const texts = load.requests.map((r) => format(r, load.headers));
  const statuses: Record<string, number> = {};
  const latencies: number[] = [];
  const began = performance.now();
  let bytes = 0;
  let sent = 0;
  const shared: Run = {
    next() {
      if (performance.now() - began >= load.seconds * 1000) return undefined;
      const place = sent++;
      return load.repeat ? texts[place % texts.length] : texts[place];
    },
    record(status, length, milliseconds) {
      statuses[status] = (statuses[status] ?? 0) + 1;
      bytes += length;
      latencies.push(milliseconds);
    },
  };
  await Promise.all(Array.from({ length: load.connections }, () => talk(load.port, shared)));
  const seconds = (performance.now() - began) / 1000;
  latencies.sort((a, b) => a - b);
  const percentile = (p: number) => latencies[Math.floor(latencies.length * p)] ?? Number.NaN;
  return { seconds, statuses, bytes, p50: percentile(0.5), p99: percentile(0.99) };
}

function format({ method, path, body }: LoadRequest, headers: string): string {
  const head = `${method} ${path} HTTP/1.1\r\nHost: hub.test\r\n${headers}`;
  if (body === undefined) return `${head}\r\n`;
  return `${head}Content-Type: application/fhir+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** One connection until there is no next request. */
function talk(port: number, { next, record }: Run): Promise<void> {
  return new Promise((done, fail) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let head = '';
    let status = '';
    let remaining = -1;
    let length = 0;
    let began = 0;
    const send = () => {
      const text = next();
      if (text === undefined) return void socket.end();
      began = performance.now();
      socket.write(text);
    };
    socket.on('connect', send);
    socket.on('error', fail);
    socket.on('close', () => done());
    socket.on('data', (chunk) => {
      let at = 0;
      if (remaining < 0) {
        const end = chunk.indexOf('\r\n\r\n');
        head += chunk.toString('latin1', 0, end === -1 ? chunk.length : end);
        if (end === -1) return;
        at = end + 4;
        status = head.slice(9, 12);
        length = remaining = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? Number.NaN);
        head = '';
        if (Number.isNaN(length)) return void socket.destroy(new Error('an answer without a length'));
      }
      remaining -= chunk.length - at;
      if (remaining > 0) return;
      remaining = -1;
      record(status, length, performance.now() - began);
      send();
    });
  });
}

process.on('message', async (load: Load) => process.send!(await run(load)));
process.on('disconnect', () => process.exit());
process.send!('ready');
