/** HTTP written by hand, one connection a request: a client library would refuse to send what a hostile client sends. */
import { connect } from 'node:net';

export interface RawRequest {
  readonly method: string;
  /** As it goes onto the wire; nothing is escaped. */
  readonly target: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Buffer;
  /** The whole request as bytes instead of all the above. */
  readonly bytes?: Buffer;
}

export interface RawReply {
  /** 0 when the connection was closed without an answer. */
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Far beyond the longest that any request may take here. */
const hangMilliseconds = 20_000;

/** Header values are sent as latin1, so a string stands for exactly its bytes. @throws Error when there is no end */
export function sendRaw(port: number, request: RawRequest): Promise<RawReply> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.setTimeout(hangMilliseconds, () => {
      socket.destroy();
      reject(new Error(`no end of an answer to ${request.method} ${request.target.slice(0, 200)}`));
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    // A server that answers before it has read a large body resets the connection afterwards; what came before counts.
    socket.on('error', () => {});
    socket.on('close', () => resolve(parseReply(Buffer.concat(chunks))));
    socket.write(request.bytes ?? bytesOf(request));
  });
}

function bytesOf({ method, target, headers = [], body }: RawRequest): Buffer {
  const payload = body === undefined ? undefined : Buffer.from(body as string);
  const lines = [
    `${method} ${target} HTTP/1.1`,
    'Host: hub.test',
    'Connection: close',
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(payload === undefined ? [] : [`Content-Length: ${payload.length}`]),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), payload ?? Buffer.alloc(0)]);
}

function parseReply(bytes: Buffer): RawReply {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return { status: 0, headers: new Map(), body: '' };
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Map(lines.map((line) => /^([^:]*): *(.*)$/.exec(line)!).map((m) => [m[1]!.toLowerCase(), m[2]!]));
  return { status: Number(first.split(' ')[1]), headers, body: bytes.subarray(end + 4).toString() };
}
