/**
 * Signatures of GOST R 34.10-2012 with 256-bit keys: RFC 7091. BigInt arithmetic does not take the same time for every key:
 * good for verifying and for test keys, not for the key of a clinic.
 */
import { randomBytes } from 'node:crypto';
import type { Curve, Point } from './curve.ts';
import { streebog256 } from './streebog.ts';

export interface PublicKey {
  readonly curve: Curve;
  readonly point: Point;
}

export interface PrivateKey {
  readonly curve: Curve;
  readonly scalar: bigint;
}

const halfBytes = 32;
export const signatureBytes = 2 * halfBytes;

export function makePrivateKey(curve: Curve): PrivateKey {
  return { curve, scalar: randomScalar(curve) };
}

export function publicKeyOf({ curve, scalar }: PrivateKey): PublicKey {
  return { curve, point: curve.Point.BASE.multiply(scalar) };
}

/** @returns s ‖ r, each 32 bytes, highest byte first: as X.509, CMS, openssl's gost engine and ЕСИА write it */
export function sign(message: Uint8Array, { curve, scalar }: PrivateKey): Buffer {
  const e = digestOf(message, curve);
  for (;;) {
    const k = randomScalar(curve);
    const r = modulo(curve.Point.BASE.multiply(k).x, curve.order);
    const s = modulo(r * scalar + k * e, curve.order);
    if (r !== 0n && s !== 0n) return Buffer.concat([bytesOf(s), bytesOf(r)]);
  }
}

/** @param signature s ‖ r; anything that is no signature is false */
export function verify(message: Uint8Array, signature: Uint8Array, { curve, point }: PublicKey): boolean {
  if (signature.length !== signatureBytes) return false;
  const s = numberOf(signature.subarray(0, halfBytes));
  const r = numberOf(signature.subarray(halfBytes));
  if (s <= 0n || s >= curve.order || r <= 0n || r >= curve.order) return false;
  const inverse = invert(digestOf(message, curve), curve.order);
  const sum = curve.Point.BASE.mulAddUnsafe(modulo(s * inverse, curve.order), point, modulo(-r * inverse, curve.order));
  return !sum.equals(curve.Point.ZERO) && modulo(sum.x, curve.order) === r;
}

/** The digest is a number whose lowest byte comes first; 0 stands for 1 (RFC 7091 §6.1). */
function digestOf(message: Uint8Array, curve: Curve): bigint {
  const e = modulo(numberOf(streebog256(message).reverse()), curve.order);
  return e === 0n ? 1n : e;
}

/** 64 bits more than the order has: the remainder favours no scalar. */
function randomScalar(curve: Curve): bigint {
  return modulo(numberOf(randomBytes(halfBytes + 8)), curve.order - 1n) + 1n;
}

const modulo = (value: bigint, order: bigint) => ((value % order) + order) % order;

/** The order is a prime. */
function invert(value: bigint, order: bigint): bigint {
  let [a, b, x, y] = [value, order, 1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b, x, y] = [b, a - quotient * b, y, x - quotient * y];
  }
  return modulo(x, order);
}

/** Highest byte first. */
export function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`);
}

/** 32 bytes, highest first. */
export function bytesOf(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(2 * halfBytes, '0'), 'hex');
}
