/**
 * The functions of JSONata that a mapping may call, with jsonata 2.2.2's results; https://docs.jsonata.org/string-functions.
 * Regular expressions and functions as arguments are not taken: the compiler refuses them earlier.
 */
import { toBoolean, toNumber, toText } from './coercion.ts';
import { failure } from './failure.ts';
import { type Signature, signatureOf } from './signature.ts';

export interface Builtin {
  readonly signature: Signature;
  /** `typeof` of arguments (or `any`) with which the signature need not be asked: the hot path. */
  readonly quick: readonly string[];
  run(...args: never[]): unknown;
}

function builtin(parameters: string, quick: string, run: (...args: never[]) => unknown): Builtin {
  return { signature: signatureOf(parameters), quick: quick === '' ? [] : quick.split(' '), run };
}

export const builtins: ReadonlyMap<string, Builtin> = new Map(
  Object.entries({
    exists: builtin('any', 'any', (value: unknown) => value !== undefined),
    boolean: builtin('any-', 'any', toBoolean),
    not: builtin('any-', 'any', (value: unknown) => (value === undefined ? undefined : !toBoolean(value))),
    string: builtin('any- boolean?', 'any', textOf),
    number: builtin('castable-', 'string', toNumber),
    uppercase: builtin('text-', 'string', (text?: string) => text?.toUpperCase()),
    lowercase: builtin('text-', 'string', (text?: string) => text?.toLowerCase()),
    trim: builtin('text-', 'string', trim),
    substring: builtin('text- number number?', 'string number number', substring),
    substringBefore: builtin('text- text', 'string string', substringBefore),
    substringAfter: builtin('text- text', 'string string', substringAfter),
    contains: builtin('text- text', 'string string', contains),
    replace: builtin('text- text text number?', 'string string string', replace),
    split: builtin('text- text number?', 'string string', split),
    count: builtin('list', '', (list?: readonly unknown[]) => list?.length ?? 0),
    join: builtin('texts text?', '', (texts?: readonly string[], separator = '') => texts?.join(separator)),
  }),
);

function textOf(value: unknown, pretty?: boolean): string | undefined {
  if (value === undefined) return undefined;
  const text = toText(value);
  const nested = typeof value === 'object' && value !== null && pretty === true;
  return nested ? JSON.stringify(JSON.parse(text), null, 2) : text;
}

function trim(text?: string): string | undefined {
  return text?.replace(/[ \t\n\r]+/g, ' ').replace(/^ | $/g, '');
}

/** Counts characters, not UTF-16 units; a negative start counts from the end. */
function substring(text: string | undefined, start: number, length?: number): string | undefined {
  if (text === undefined) return undefined;
  const characters = Array.from(text);
  const from = characters.length + start < 0 ? 0 : start;
  if (length === undefined) return characters.slice(from).join('');
  if (length <= 0) return '';
  return characters.slice(from, from >= 0 ? from + length : characters.length + from + length).join('');
}

function substringBefore(text: string | undefined, mark: string): string | undefined {
  const at = text?.indexOf(mark) ?? -1;
  return at > -1 ? text?.slice(0, at) : text;
}

function substringAfter(text: string | undefined, mark: string): string | undefined {
  const at = text?.indexOf(mark) ?? -1;
  return at > -1 ? text?.slice(at + mark.length) : text;
}

function contains(text: string | undefined, part: string | undefined): boolean | undefined {
  return text === undefined || part === undefined ? undefined : text.includes(part);
}

function replace(text: string | undefined, from: string | undefined, to: string, limit?: number): string | undefined {
  if (text === undefined) return undefined;
  if (from === '') throw failure('D3010');
  if (limit !== undefined && limit < 0) throw failure('D3011');
  if (limit === 0) return text;
  if (from === undefined) throw new TypeError('$replace was given nothing to search for');
  const parts = text.split(from);
  const times = Math.min(parts.length - 1, Math.ceil(limit ?? Number.POSITIVE_INFINITY));
  return (
    parts.slice(0, times + 1).join(String(to)) +
    parts
      .slice(times + 1)
      .map((part) => from + part)
      .join('')
  );
}

function split(text: string | undefined, separator: string | undefined, limit?: number): string[] | undefined {
  if (text === undefined) return undefined;
  if (limit !== undefined && limit < 0) throw failure('D3020');
  if (limit === 0) return [];
  if (separator === undefined) throw new TypeError('$split was given no separator');
  return text.split(separator, limit);
}
