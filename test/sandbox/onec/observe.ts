/** One raw call to the pretend 1С. */
import { observePost, type Seen } from '../observe.ts';
import { authorizationOf, requestOf, type Target } from './client.ts';

export type { Seen } from '../observe.ts';

/** Up to `limit` bytes of the answer are taken. */
export function observe(
  target: Target,
  operation: string,
  fields: Record<string, string>,
  timeout?: number,
  limit?: number,
): Promise<Seen> {
  const headers = { authorization: authorizationOf(target), 'content-type': 'text/xml; charset=utf-8' };
  const body = requestOf(operation, fields, { version: '1.1' });
  return observePost({ url: target.url, headers, body }, timeout, limit);
}
