/** Reading and writing DER (X.690), as much of it as certificates, keys and signatures need. */

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Tag of `[number]`, constructed. */
export const contextTag = (number: number): number => 0xa0 | number;

export class DerError extends Error {
  override name = 'DerError';
}

export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  /** Tag, length and content as they were read: what signatures are made of. */
  readonly whole: Uint8Array;
}

/** @throws DerError when there is not exactly one value, or its length is not DER */
export function readDer(bytes: Uint8Array): DerValue {
  const value = readAt(bytes, 0);
  if (value.whole.length !== bytes.length) throw new DerError('bytes follow the DER value');
  return value;
}

/** @throws DerError unless the value has that tag and its content is values */
export function partsOf(value: DerValue | undefined, tag: number): DerValue[] {
  const { content } = expectTag(value, tag);
  const parts: DerValue[] = [];
  for (let offset = 0; offset < content.length; offset += parts.at(-1)!.whole.length)
    parts.push(readAt(content, offset));
  return parts;
}

/** @throws DerError */
export function expectTag(value: DerValue | undefined, tag: number): DerValue {
  if (value?.tag !== tag) throw new DerError(`expected DER tag ${tag}, found ${value?.tag ?? 'nothing'}`);
  return value;
}

/** @throws DerError */
export function oidOf(value: DerValue | undefined): string {
  const { content } = expectTag(value, tags.oid);
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of content) {
    arc = arc * 128 + (byte & 0x7f);
    if (!Number.isSafeInteger(arc)) throw new DerError('an OID has too large a number');
    if (byte & 0x80) continue;
    arcs.push(arc);
    arc = 0;
  }
  const [first, ...rest] = arcs;
  if (first === undefined || (content.at(-1)! & 0x80) !== 0) throw new DerError('an OID is cut off');
  const root = Math.min(Math.floor(first / 40), 2);
  return [root, first - root * 40, ...rest].join('.');
}

/** Bytes of a BIT STRING without unused bits. @throws DerError */
export function bitsOf(value: DerValue | undefined): Uint8Array {
  const { content } = expectTag(value, tags.bitString);
  if (content[0] !== 0) throw new DerError('a BIT STRING has unused bits');
  return content.subarray(1);
}

function readAt(bytes: Uint8Array, offset: number): DerValue {
  const tag = bytes[offset];
  const first = bytes[offset + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw new DerError('no DER value');
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  // 0x80 is an indefinite length; four bytes are 4 GB.
  if (first === 0x80 || lengthBytes > 4) throw new DerError('a length is not DER');
  const start = offset + 2 + lengthBytes;
  let length = lengthBytes === 0 ? first : 0;
  for (const byte of bytes.subarray(offset + 2, start)) length = length * 256 + byte;
  if (lengthBytes > 0 && (bytes[offset + 2] === 0 || length < 0x80)) throw new DerError('a length is not the shortest');
  if (start + length > bytes.length) throw new DerError('a DER value is cut off');
  return { tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(offset, start + length) };
}

export function writeDer(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const hex = content.length.toString(16);
  const length = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content]);
}

export function writeOid(oid: string): Buffer {
  const [root = 0, second = 0, ...rest] = oid.split('.').map(Number);
  return writeDer(tags.oid, ...[root * 40 + second, ...rest].map(base128));
}

function base128(arc: number): Buffer {
  const digits = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) digits.unshift(0x80 | (left % 128));
  return Buffer.from(digits);
}

/** @param value not negative */
export function writeInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return writeDer(tags.integer, bytes[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

export function writeBits(bytes: Uint8Array): Buffer {
  return writeDer(tags.bitString, Buffer.of(0), bytes);
}
