/** What an interaction answers, before it is written as JSON or XML to HTTP or into an entry of a Bundle. */
import type { ByteString } from './byte-string.ts';

export interface Reply {
  readonly status: number;
  /** Lower-case names: etag, last-modified, location, content-location, retry-after, … */
  readonly headers: Readonly<Record<string, string>>;
  /** A resource as JSON text, its UTF-8 one character a byte; undefined for an answer without body. */
  readonly body: ByteString | undefined;
}
