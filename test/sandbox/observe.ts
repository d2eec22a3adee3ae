/** One raw POST to a pretend system, good or bad: what came, how far it came, and why it did not. */
import { request } from 'undici';

export interface Seen {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  bytes: Buffer;
  text: string;
  /** Why the answer did not come, or not whole. */
  error: string | undefined;
  milliseconds: number;
}

export interface Posted {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** @param limit bytes of the answer that are taken */
export async function observePost({ url, headers, body }: Posted, timeout = 10_000, limit = 3e6): Promise<Seen> {
  const started = performance.now();
  const seen: Seen = { status: 0, headers: {}, bytes: Buffer.alloc(0), text: '', error: undefined, milliseconds: 0 };
  const parts: Buffer[] = [];
  try {
    const answer = await request(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(timeout) });
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
