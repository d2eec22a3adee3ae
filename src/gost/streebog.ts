/** The hash function GOST R 34.11-2012 («Стрибог») with 256 bits of result: RFC 6986. */
import { iterationConstants, matrix, substitution } from './streebog-table.ts';

const blockBytes = 64;

/**
 * Substitution, permutation and linear transformation of one byte as one look-up: eight tables of 256 words, for the byte's
 * place in its word, counted from the lowest. A 64-bit word is two halves of 32 bits, since BigInt is a hundred times slower.
 */
const low = new Uint32Array(8 * 256);
const high = new Uint32Array(8 * 256);
for (let place = 0; place < 8; place++)
  for (let byte = 0; byte < 256; byte++) {
    const row = multiplied(substitution[byte]!, place);
    low[place * 256 + byte] = Number(row & 0xffffffffn);
    high[place * 256 + byte] = Number(row >> 32n);
  }

function multiplied(byte: number, place: number): bigint {
  let sum = 0n;
  for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) sum ^= matrix[63 - (place * 8 + bit)]!;
  return sum;
}

/** A vector of 512 bits: sixteen words of 32 bits, the lowest first. */
type Vector = Uint32Array;

const constants = iterationConstants.map((hex) => vectorOf(Buffer.from(hex, 'hex').reverse(), 0));

function vectorOf(bytes: Uint8Array, offset: number): Vector {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, blockBytes);
  return Uint32Array.from({ length: 16 }, (_, word) => view.getUint32(word * 4, true));
}

/** LPS(a ⊕ b) of RFC 6986 §6. `into` may be one of them. */
function mix(a: Vector, b: Vector, into: Vector): void {
  const sum = scratch;
  for (let i = 0; i < 16; i++) sum[i] = a[i]! ^ b[i]!;
  for (let column = 0; column < 8; column++) {
    const half = column >> 2;
    const shift = (column & 3) * 8;
    let lowWord = 0;
    let highWord = 0;
    for (let place = 0; place < 8; place++) {
      const at = place * 256 + ((sum[place * 2 + half]! >>> shift) & 0xff);
      lowWord ^= low[at]!;
      highWord ^= high[at]!;
    }
    into[column * 2] = lowWord;
    into[column * 2 + 1] = highWord;
  }
}

const scratch: Vector = new Uint32Array(16);
const zero: Vector = new Uint32Array(16);

/** The compression function g_N(h, m), §8; changes `hash`. */
function compress(hash: Vector, count: Vector, message: Vector): void {
  const key = new Uint32Array(16);
  const state = Uint32Array.from(message);
  mix(hash, count, key);
  for (const constant of constants) {
    mix(key, state, state);
    mix(key, constant, key);
  }
  for (let i = 0; i < 16; i++) hash[i]! ^= key[i]! ^ state[i]! ^ message[i]!;
}

function add(sum: Vector, term: Vector): void {
  let carry = 0;
  for (let i = 0; i < 16; i++) {
    const digit = sum[i]! + term[i]! + carry;
    sum[i] = digit;
    carry = digit > 0xffffffff ? 1 : 0;
  }
}

const wordOf = (value: number): Vector => Uint32Array.from({ length: 16 }, (_, i) => (i === 0 ? value : 0));
const fullBlock = wordOf(blockBytes * 8);

/** @returns 32 bytes in the order of RFC 6986 §10, which is also that of openssl's gost engine and of X.509 */
export function streebog256(message: Uint8Array): Buffer {
  const hash: Vector = new Uint32Array(16).fill(0x01010101);
  const count: Vector = new Uint32Array(16);
  const sum: Vector = new Uint32Array(16);
  const whole = message.length - (message.length % blockBytes);
  for (let offset = 0; offset < whole; offset += blockBytes) {
    const block = vectorOf(message, offset);
    compress(hash, count, block);
    add(count, fullBlock);
    add(sum, block);
  }
  const rest = message.subarray(whole);
  const padded = new Uint8Array(blockBytes);
  padded.set(rest);
  padded[rest.length] = 1;
  const last = vectorOf(padded, 0);
  compress(hash, count, last);
  add(count, wordOf(rest.length * 8));
  add(sum, last);
  compress(hash, zero, count);
  compress(hash, zero, sum);
  return highHalf(hash);
}

function highHalf(hash: Vector): Buffer {
  const bytes = Buffer.alloc(32);
  for (let word = 0; word < 8; word++) bytes.writeUInt32LE(hash[8 + word]!, word * 4);
  return bytes;
}
