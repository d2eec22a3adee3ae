/**
 * Access codes. To be typed: 16 digits in fours, as people know them from bank cards: 15 at random (49 bits) and one that finds
 * every wrong digit and every swap of neighbours. To be scanned: 128 random bits.
 */
import { createHmac, randomBytes, randomInt } from 'node:crypto';

export interface NewCode {
  /** `1234 5678 9012 3456` */
  readonly typed: string;
  /** Base64url, 22 characters. */
  readonly scanned: string;
}

export function makeCode(): NewCode {
  const digits = Array.from({ length: 15 }, () => randomInt(10)).join('');
  return { typed: grouped(digits + dammDigit(digits)), scanned: randomBytes(16).toString('base64url') };
}

const grouped = (digits: string) => digits.replace(/(\d{4})(?=\d)/g, '$1 ');

/** @returns the digits; undefined for what cannot be a code: a mistake in typing */
export function readCode(text: string): string | undefined {
  const digits = text.replace(/[\s\u2010-\u2015-]/g, '');
  return /^\d{16}$/.test(digits) && dammDigit(digits) === '0' ? digits : undefined;
}

export const isScanned = (text: string): boolean => /^[\w-]{22}$/.test(text);

/** H. M. Damm's quasigroup of order 10 (2004, p. 111): its diagonal is zero, so that a number with its digit behind it gives 0. */
const table = [
  '0317598642',
  '7092154863',
  '4206871359',
  '1750983426',
  '6123045978',
  '3674209581',
  '5869720134',
  '8945362017',
  '9438617205',
  '2581436790',
];

function dammDigit(digits: string): string {
  return [...digits].reduce((interim, digit) => table[Number(interim)]![Number(digit)]!, '0');
}

/** As it is kept. @param text the digits, or what was scanned */
export const digestOf = (key: Uint8Array, text: string): Buffer =>
  createHmac('sha256', key).update('access code\n').update(text).digest();
