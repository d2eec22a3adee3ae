/** The log of all hubs of a test file, at its most talkative: whatever is of a person or secret in it fails the file (RELIABILITY §5.4.35). */
import { Writable } from 'node:stream';
import type { Logger } from 'pino';
import { createLog } from '../../src/log.ts';

/** What no line of a log may hold, whichever test wrote it. */
const canaries: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['a СНИЛС of the test range', /000-?000-?[56]\d\d[- ]?\d\d(?!\d)/],
  ['a token', /eyJ[\w-]{10,}/],
  ['a bearer', /\bBearer +[\w.-]{20,}/i],
  ['a name', /Тестов|Мостов|Иванов|Петров/],
  ['an e-mail', /[\w.-]+@[\w-]+\.[a-z]{2,}/i],
  ['a telephone', /\+7[\s(-]*9\d\d/],
];

export const leaks: string[] = [];
export const lines: string[] = [];

export function scan(line: string): void {
  for (const [name, pattern] of canaries) if (pattern.test(line)) leaks.push(`${name}: ${line.slice(0, 2000)}`);
}

const stream = new Writable({
  write(chunk, _encoding, done) {
    const line = String(chunk);
    scan(line);
    if (lines.length < 10_000) lines.push(line);
    if (process.env['MEDMOST_LOG'] !== undefined) process.stdout.write(line);
    done();
  },
});

/** A bench measures no logging. */
export const scannedLog: Logger = createLog(process.env['VITEST'] === undefined ? 'silent' : 'trace', stream);
