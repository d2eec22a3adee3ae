/** Bodies packed and unpacked. https://www.rfc-editor.org/rfc/rfc9110#section-8.4 */
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { Fault } from '../fault.ts';
import { choose, type Wish, wishesOf } from './accept.ts';

export type Encoding = 'br' | 'gzip';

/** Fewer bytes fit into one packet as they are. */
const leastBytes = 1000;

/**
 * A page of 50 slots, 31 kB: brotli 1 makes 3.1 kB of it in 45 µs, gzip 3 in 70 µs, brotli 5 2.7 kB in 400 µs, and a thread of
 * the pool costs 150 µs more than it takes away up to here, which is 0.4 ms of work.
 */
const mostBytesAtOnce = 256 * 1024;
const brotli = { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1, [zlib.constants.BROTLI_PARAM_LGWIN]: 18 } };
const gzip = { level: 3 };

/**
 * @param offered the encodings that can be had
 * @returns undefined when the body is to go as it is: too small, or not wished packed
 */
export function encodingFor(
  acceptEncoding: string | undefined,
  bytes: number,
  offered: readonly Encoding[] = ['br', 'gzip'],
): Encoding | undefined {
  if (acceptEncoding === undefined || bytes < leastBytes) return undefined;
  const wishes = wishesOf(acceptEncoding);
  const chosen = choose<Encoding>(offered, wishes, specificity);
  const asItIs = wishes.find((w) => w.name === 'identity')?.quality ?? 0;
  const wished = wishes.find((w) => w.name === chosen) ?? wishes.find((w) => w.name === '*');
  return asItIs > (wished?.quality ?? 0) ? undefined : chosen;
}

function specificity({ name }: Wish, encoding: Encoding): number {
  if (name === '*') return 1;
  return name === encoding || name === `x-${encoding}` ? 2 : 0;
}

/** Small ones at once, large ones in a thread of the pool. */
export function pack(body: Buffer, encoding: Encoding): Buffer | Promise<Buffer> {
  if (body.length <= mostBytesAtOnce)
    return encoding === 'br' ? zlib.brotliCompressSync(body, brotli) : zlib.gzipSync(body, gzip);
  return encoding === 'br'
    ? promisify(zlib.brotliCompress)(body, brotli)
    : promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gzip)(body, gzip);
}

type Unpack = (body: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const unpackers: Readonly<Record<string, Unpack>> = {
  gzip: promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip),
  'x-gzip': promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.gunzip),
  deflate: promisify<Buffer, zlib.ZlibOptions, Buffer>(zlib.inflate),
  br: promisify<Buffer, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress),
};

/**
 * A body as it was before Content-Encoding. At most `limit` bytes are ever made of it.
 * @throws Fault unsupported-media-type for another encoding, too-large, or bad-structure for one that is broken
 */
export async function unpack(body: Buffer, contentEncoding: string, limit: number): Promise<Buffer> {
  const name = contentEncoding.trim().toLowerCase();
  if (name === '' || name === 'identity') return body;
  const unpacker = Object.hasOwn(unpackers, name) ? unpackers[name] : undefined;
  if (unpacker === undefined)
    throw new Fault('unsupported-media-type', 'Pack the body with gzip, deflate or br, once, or not at all.', {
      expression: 'http.content-encoding',
    });
  try {
    return await unpacker(body, { maxOutputLength: limit });
  } catch (cause) {
    if ((cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE')
      throw new Fault('too-large', 'The body is larger than 2 MB when unpacked.', { cause });
    throw new Fault('bad-structure', `The body is not ${name}.`, { expression: 'http.content-encoding', cause });
  }
}
