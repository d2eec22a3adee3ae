/**
 * JSON as FHIR sends it: what JSON.parse lets pass is refused, a member given twice, `__proto__` and endless nesting, and
 * decimals keep their digits. https://hl7.org/fhir/R4/json.html
 */
import { decimalOf } from './decimal.ts';
import type { IssueCode } from './issue.ts';
import { expressionOf, type Reading, type ReadingLimits, readingLimits } from './reading.ts';

/** Never throws: what is wrong is an issue, and the first one ends the reading. */
export function readJson(text: string, limits: Partial<ReadingLimits> = {}): Reading {
  const reader = new Reader(text, { ...readingLimits, ...limits });
  try {
    return { value: reader.readAll(), issues: [] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const expression = expressionOf(reader.root, reader.place);
    const said = `${expression}${error.message.startsWith(':') ? '' : ' '}${error.message}`;
    return { value: undefined, issues: [{ severity: 'error', code: error.code, text: said, expression }] };
  }
}

/** A number that JavaScript would write in other digits; also some text in quotes, which does no harm. */
const unusual = /(?:"\s*:|[[,])\s*(?:-?\d+[.eE]|-?\d{16}|-0)/;

/** JSON that has been read before and was written by ourselves: as fast as it can be, but with the digits of its decimals. */
export function parseKept(text: string): unknown {
  return unusual.test(text)
    ? readJson(text, { depth: 1000, values: Number.POSITIVE_INFINITY }).value
    : JSON.parse(text);
}

class Refusal extends Error {
  readonly code: IssueCode;

  constructor(code: IssueCode, message: string) {
    super(message);
    this.code = code;
  }
}

const blanks = /[ \t\n\r]*/y;
const plain = /[^"\\\u0000-\u001f]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const words: Readonly<Record<string, unknown>> = { t: true, f: false, n: null };

class Reader {
  root = 'Resource';
  readonly place: (string | number)[] = [];
  readonly #text: string;
  readonly #depth: number;
  #values: number;
  #at = 0;

  constructor(text: string, limits: ReadingLimits) {
    this.#text = text;
    this.#depth = limits.depth;
    this.#values = limits.values;
  }

  readAll(): unknown {
    this.#skip();
    if (this.#at === this.#text.length) throw new Refusal('structure', ': the body is empty; send JSON.');
    const value = this.#value(0);
    this.#skip();
    if (this.#at < this.#text.length) throw this.#malformed();
    return value;
  }

  #value(depth: number): unknown {
    if (this.#values-- <= 0) throw new Refusal('too-long', 'holds too many values; send less at once.');
    const first = this.#text[this.#at];
    if (first === '"') return this.#string();
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#list(depth);
    if (first !== undefined && Object.hasOwn(words, first)) return this.#word(words[first]);
    const digits = this.#match(number);
    if (digits === '') throw this.#malformed();
    return decimalOf(digits);
  }

  #object(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    if (this.#open(depth, '}')) return object;
    do {
      this.#skip();
      if (this.#text[this.#at] !== '"') throw this.#malformed();
      const name = this.#string();
      this.#checkName(object, name);
      this.place.push(name);
      this.#expect(':');
      const value = this.#value(depth + 1);
      object[name] = value;
      if (depth === 0 && name === 'resourceType' && isName(value)) this.root = value;
      this.place.pop();
    } while (this.#more('}'));
    return object;
  }

  #checkName(object: object, name: string): void {
    if (name === '__proto__')
      throw new Refusal(
        'structure',
        `has a member "__proto__", which R4 does not have (line ${this.#line()}); remove it.`,
      );
    if (!Object.hasOwn(object, name)) return;
    const shown = isName(name) ? `"${name}"` : 'a member';
    throw new Refusal('structure', `has ${shown} twice (line ${this.#line()}); keep one.`);
  }

  #list(depth: number): unknown[] {
    const list: unknown[] = [];
    if (this.#open(depth, ']')) return list;
    do {
      this.#skip();
      this.place.push(list.length);
      list.push(this.#value(depth + 1));
      this.place.pop();
    } while (this.#more(']'));
    return list;
  }

  /** @returns whether it is closed at once */
  #open(depth: number, close: string): boolean {
    if (depth >= this.#depth) throw new Refusal('too-long', `is nested deeper than ${this.#depth} levels; flatten it.`);
    this.#at++;
    this.#skip();
    if (this.#text[this.#at] !== close) return false;
    this.#at++;
    return true;
  }

  #more(close: string): boolean {
    this.#skip();
    const next = this.#text[this.#at];
    if (next !== ',' && next !== close) throw this.#malformed();
    this.#at++;
    return next === ',';
  }

  #expect(sign: string): void {
    this.#skip();
    if (this.#text[this.#at] !== sign) throw this.#malformed();
    this.#at++;
    this.#skip();
  }

  #string(): string {
    const begin = this.#at++;
    const simple = this.#match(plain);
    if (this.#text[this.#at] === '"') {
      this.#at++;
      return simple;
    }
    while (this.#text[this.#at] === '\\') {
      this.#at += 2;
      this.#match(plain);
    }
    if (this.#text[this.#at] !== '"') throw this.#malformed();
    return this.#unescape(this.#text.slice(begin, ++this.#at));
  }

  #unescape(text: string): string {
    try {
      return JSON.parse(text) as string;
    } catch {
      throw this.#malformed();
    }
  }

  #word(value: unknown): unknown {
    const text = String(value);
    if (!this.#text.startsWith(text, this.#at)) throw this.#malformed();
    this.#at += text.length;
    return value;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [''];
    this.#at += found.length;
    return found;
  }

  #skip(): void {
    const next = this.#text.charCodeAt(this.#at);
    if (next > 32) return;
    this.#match(blanks);
  }

  #line(): number {
    return this.#text.slice(0, this.#at).split('\n').length;
  }

  #malformed(): Refusal {
    const column = this.#at - this.#text.lastIndexOf('\n', this.#at - 1);
    return new Refusal('structure', `: this is not JSON at line ${this.#line()}, column ${column}.`);
  }
}

const isName = (text: unknown): text is string => typeof text === 'string' && /^[A-Za-z_][\w-]{0,63}$/.test(text);
