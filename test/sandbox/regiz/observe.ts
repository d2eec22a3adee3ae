/** One raw call to the pretend РЕГИЗ. */
import type { Sandbox } from '../../../sandbox/regiz/server.ts';
import { observePost, type Seen } from '../observe.ts';

export type { Seen } from '../observe.ts';

/** @param wrapper XML of the operation with its parameters; up to `limit` bytes of the answer are taken */
export function observe({ url }: Sandbox, wrapper: string, timeout?: number, limit?: number): Promise<Seen> {
  const action = `http://tempuri.org/IHubService/${/<(\w+)/.exec(wrapper)![1]!}`;
  const headers = { 'content-type': 'text/xml; charset=utf-8', soapaction: `"${action}"` };
  const body = `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>${wrapper}</e:Body></e:Envelope>`;
  return observePost({ url, headers, body }, timeout, limit);
}
