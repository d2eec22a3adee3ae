/** Passwords: what may be one, and how it is kept: argon2id in PHC form. https://cheatsheetseries.owasp.org, Password Storage */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { Fault } from '../../fault.ts';
import { commonPasswords } from './common-passwords.ts';

const derive = promisify(argon2);

/** OWASP's: 19 MiB, two passes, one lane; ≈ 20 ms. Memory in KiB. */
const current = { memory: 19_456, passes: 2, parallelism: 1 } as const;
const saltBytes = 16;
const hashBytes = 32;

interface Parameters {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

const form = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;

/** @returns `$argon2id$v=19$m=…,t=…,p=…$salt$hash` */
export async function hashPassword(password: string, parameters: Parameters = current): Promise<string> {
  const nonce = randomBytes(saltBytes);
  const derived = await deriveFrom(password, nonce, hashBytes, parameters);
  const { memory, passes, parallelism } = parameters;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(nonce)}$${unpadded(derived)}`;
}

/** @param kept as hashPassword made it. @throws Error for another form: a row that only we write is broken */
export async function verifyPassword(password: string, kept: string): Promise<boolean> {
  const { parameters, salt, derived } = parse(kept);
  return timingSafeEqual(await deriveFrom(password, salt, derived.length, parameters), derived);
}

/** It was made with other parameters than are used now. */
export function isOutdated(kept: string): boolean {
  const { memory, passes, parallelism } = parse(kept).parameters;
  return memory !== current.memory || passes !== current.passes || parallelism !== current.parallelism;
}

function parse(kept: string): { parameters: Parameters; salt: Buffer; derived: Buffer } {
  const [, m, t, p, salt, derived] = form.exec(kept) ?? [];
  if (salt === undefined || derived === undefined) throw new Error('a password is not kept as argon2id in PHC form');
  const parameters = { memory: Number(m), passes: Number(t), parallelism: Number(p) };
  return { parameters, salt: Buffer.from(salt, 'base64'), derived: Buffer.from(derived, 'base64') };
}

/** The same letter typed on another keyboard is the same password (RFC 8265, 4.2.2: NFC). */
const deriveFrom = (password: string, nonce: Buffer, tagLength: number, parameters: Parameters) =>
  derive('argon2id', { ...parameters, message: password.normalize('NFC'), nonce, tagLength });

const unpadded = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '');

/** What the password of a login that nobody has is compared with, so that it takes as long as any other. */
export const decoy = await hashPassword(randomBytes(16).toString('base64'));

const leastLength = 8;
/** ASVS 6.2.9: at least 64 are taken. */
const mostLength = 200;

/**
 * ASVS 5.0 6.2: length decides; no rules on kinds of characters, no expiry. Refused are those that are guessed first.
 * @param context what an attacker would try beside: the e-mail, names
 * @throws Fault business-rule `password-weak`; its text is for the person, in Russian
 */
export function checkPassword(password: string, context: readonly string[]): void {
  const characters = [...password].length;
  if (characters < leastLength) throw weak(`Пароль короче ${leastLength} знаков; лучше не меньше 12.`);
  if (characters > mostLength) throw weak(`Пароль длиннее ${mostLength} знаков.`);
  if (isGuessable(password.toLowerCase(), context))
    throw weak('Такой пароль подбирают одним из первых: придумайте другой.');
}

function isGuessable(folded: string, context: readonly string[]): boolean {
  const letters = folded.replace(/[\s\d\p{P}\p{S}]+$/u, '');
  if (commonPasswords.has(folded) || commonPasswords.has(letters)) return true;
  if (new Set(folded).size < 4 || isRun(folded) || isRepetition(folded)) return true;
  return context.some((word) => word.length >= 4 && isMostly(folded, word.toLowerCase()));
}

/** Nothing but the word and a few characters around it. */
const isMostly = (password: string, word: string) => password.includes(word) && password.length - word.length <= 4;

/** `12345678`, `87654321`, `abcdefgh`, `йцукенгш`, `qwertyui`. */
function isRun(password: string): boolean {
  const codes = [...password].map((c) => c.codePointAt(0)!);
  const steps = codes.slice(1).map((code, i) => code - codes[i]!);
  if (steps.every((s) => s === steps[0]) && Math.abs(steps[0]!) <= 1) return true;
  const backwards = [...password].reverse().join('');
  return rows.some((row) => row.includes(password) || row.includes(backwards));
}

const rows = [
  '1234567890',
  'qwertyuiopasdfghjklzxcvbnm',
  'йцукенгшщзхъфывапролджэячсмитьбю',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
];

const isRepetition = (password: string) => /^(.{1,4})\1+$/u.test(password);

const weak = (text: string) => new Fault('business-rule', text, { code: 'password-weak', expression: 'http.password' });
