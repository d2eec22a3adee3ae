/** Faults of bytes: charset, byte order mark, size and compression. */
import { gzipSync } from 'node:zlib';
import { bodyOf, type Call, sendBody, sendPieces } from '../call.ts';
import { all, type Fault, type FaultParams } from './fault.ts';

export const encodingFaults: readonly Fault[] = [
  {
    name: 'wrong-charset',
    sentence:
      'Executed; windows-1251 body: variant `none` (default) without charset, `utf-8` with a wrong one, `right`.',
    committed: 'yes',
    operations: all,
    play(call, params) {
      const charsets = { none: '', 'utf-8': '; charset=utf-8', right: '; charset=windows-1251' };
      const charset = charsets[(params.variant ?? 'none') as keyof typeof charsets] ?? '';
      sendBody(call, 200, call.wire.type(charset), inCyrillicBytes(bodyOf(call, call.run())));
    },
  },
  {
    name: 'utf8-bom',
    sentence: 'Executed; a good answer behind a byte order mark, outside and inside. To be understood.',
    committed: 'yes',
    operations: all,
    play: (call) => sendBody(call, 200, call.wire.type(), `\ufeff${bodyOf(call, `\ufeff${call.run()}`)}`),
  },
  {
    name: 'huge',
    sentence: 'Executed; the answer is stuffed up to `bytes` (200 MB) with blanks.',
    committed: 'yes',
    operations: all,
    play: (call, params) => stuffed(call, params, { 'content-type': call.wire.type() }, (part) => part, 200e6),
  },
  {
    name: 'gzip-bomb',
    sentence: 'Executed; a small gzip body that unpacks to `bytes` (1 GB).',
    committed: 'yes',
    operations: all,
    play: (call, params) =>
      stuffed(
        call,
        params,
        { 'content-type': call.wire.type(), 'content-encoding': 'gzip' },
        (part) => gzipSync(part),
        1e9,
      ),
  },
];

/** The good answer with blanks where they mean nothing. A gzip body may consist of several members. */
function stuffed(
  call: Call,
  params: FaultParams,
  headers: { [name: string]: string },
  pack: (part: Buffer) => Buffer,
  usual: number,
): Promise<void> {
  const body = bodyOf(call, call.run());
  const at = call.wire.roomIn(body);
  const blank = pack(Buffer.alloc(1_000_000, 0x20));
  const pieces = function* () {
    yield pack(Buffer.from(body.slice(0, at), 'utf8'));
    for (let sent = 0; sent < (params.bytes ?? usual); sent += 1_000_000) yield blank;
    yield pack(Buffer.from(body.slice(at), 'utf8'));
  };
  return sendPieces(call, headers, pieces());
}

/** windows-1251; Node decodes it but does not encode, so the table is turned round. */
export function inCyrillicBytes(text: string): Buffer {
  const letters = new TextDecoder('windows-1251').decode(Uint8Array.from({ length: 256 }, (_, n) => n));
  return Buffer.from(Array.from(text, (letter) => Math.max(letters.indexOf(letter), 0) || 0x3f));
}
