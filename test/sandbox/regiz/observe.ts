/** One raw call to the pretend РЕГИЗ, good or bad: what came, how far it came, and why it did not. */
import { request } from 'undici';
import type { Sandbox } from '../../../sandbox/regiz/server.ts';

export interface Seen {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
  text: string;
  /** Why the answer did not come, or not whole. */
  error: string | undefined;
  milliseconds: number;
}

/** @param wrapper XML of the operation with its parameters; up to `limit` bytes of the answer are taken */
export async function observe(sandbox: Sandbox, wrapper: string, timeout = 10_000, limit = 3e6): Promise<Seen> {
  const started = performance.now();
  const seen: Seen = { status: 0, headers: {}, bytes: Buffer.alloc(0), text: '', error: undefined, milliseconds: 0 };
  const parts: Buffer[] = [];
  const operation = /<(\w+)/.exec(wrapper)![1]!;
  const action = `http://tempuri.org/IHubService/${operation}`;
  const envelope = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>${wrapper}</e:Body></e:Envelope>`;
  try {
    const answer = await request(sandbox.url, {
      method: 'POST',
      headers: { 'content-type': 'text/xml; charset=utf-8', soapaction: `"${action}"` },
      body: envelope,
      signal: AbortSignal.timeout(timeout),
    });
    Object.assign(seen, { status: answer.statusCode, headers: answer.headers });
    let size = 0;
    for await (const part of answer.body as AsyncIterable<Buffer>) {
      parts.push(part);
      size += part.length;
      if (size > limit) break;
    }
  } catch (error) {
    seen.error = `${(error as { code?: string }).code} ${(error as Error).name}`;
  }
  seen.bytes = Buffer.concat(parts);
  seen.text = seen.bytes.toString('utf8');
  seen.milliseconds = performance.now() - started;
  return seen;
}
