/** RFC 6986 §10, and openssl's gost engine as a witness over every length around a block. */
import { describe, expect, test } from 'vitest';
import { streebog256 } from '../../src/gost/streebog.ts';
import { openGostEngine } from '../support/gost-engine.ts';

/** The examples of the RFC print the bytes from the last to the first. */
const reversed = (hex: string) => Buffer.from(hex, 'hex').reverse();

test('M1 of RFC 6986 §10.1', () => {
  const message = reversed(
    '323130393837363534333231303938373635343332313039383736353433323130393837363534333231303938373635343332313039383736353433323130',
  );
  expect(streebog256(message)).toEqual(reversed('00557be5e584fd52a449b16b0251d05d27f94ab76cbaa6da890b59d8ef1e159d'));
});

test('M2 of RFC 6986 §10.2, longer than a block', () => {
  const message = reversed(
    'fbe2e5f0eee3c820fbeafaebef20fffbf0e1e0f0f520e0ed20e8ece0ebe5f0f2f120fff0eeec20f120faf2fee5e2202ce8f6f3ede220e8e6eee1e8f0f2d1202ce8f0f2e5e220e5d1',
  );
  expect(streebog256(message)).toEqual(reversed('508f7e553c06501d749a66fc28c6cac0b005746d97537fa85d9e40904efed29d'));
});

const engine = openGostEngine();

describe.skipIf(engine === undefined)('as the engine', () => {
  test.each([0, 1, 31, 32, 62, 63, 64, 65, 127, 128, 129, 4096, 10_001])('%d bytes', (length) => {
    const message = Buffer.from(Array.from({ length }, (_, i) => (i * 167 + 13) % 256));
    const told = engine!.run(['dgst', '-md_gost12_256', '-binary'], message);
    expect(streebog256(message)).toEqual(told);
  });

  // Sums of 512 bits that carry through all words.
  test('blocks of ones', () => {
    const message = Buffer.alloc(64 * 5 + 63, 0xff);
    expect(streebog256(message)).toEqual(engine!.run(['dgst', '-md_gost12_256', '-binary'], message));
  });
});
