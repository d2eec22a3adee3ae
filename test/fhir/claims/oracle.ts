/**
 * Which resources a search must find, said by somebody else: fhirpath.js evaluates the expression of the parameter, and the few
 * kinds of comparison that the trials need are written down here again. https://hl7.org/fhir/R4/search.html
 */
import fhirpath, { type Model } from 'fhirpath';
import r4 from 'fhirpath/fhir-context/r4/index.js';
import type { Resource } from '../../../src/store/resource.ts';

export interface Parameter {
  readonly code: string;
  readonly type: string;
  readonly expression: string;
  /** Of a composite: what is looked for together in each value of the expression. */
  readonly components: readonly { readonly type: string; readonly expression: string }[];
}

type Json = Record<string, unknown>;
type Evaluate = (resource: Resource) => unknown[];

const compiled = new Map<string, Evaluate>();

/** `resolve() is Patient` asks only what a reference says of itself: `Patient/…`. */
function evaluator(expression: string): Evaluate {
  let found = compiled.get(expression);
  if (found === undefined) {
    const own = expression.replace(/resolve\(\) is (\w+)/g, "reference.startsWith('$1/')");
    found = fhirpath.compile(own, r4 as Model) as unknown as Evaluate;
    compiled.set(expression, found);
  }
  return found;
}

/** Of a composite, each value is the list of its components' values. */
export function valuesOf({ expression, components, type }: Parameter, resource: Resource): unknown[] {
  const values = evaluator(expression)(resource);
  if (type !== 'composite') return values;
  const part = (i: number, inner: string) => evaluator(`(${expression})[${i}].select(${inner})`)(resource);
  return values.map((_, i) => components.map((c) => part(i, c.expression)));
}

/** What a search for a value says: some need two bounds. */
export type Criterion = readonly (readonly [name: string, value: string])[];

/** A search that finds a resource that has this value. */
export function criterionOf(parameter: Parameter, value: unknown): Criterion | undefined {
  const { code, type } = parameter;
  const one = (text: string | undefined): Criterion | undefined => (text === undefined ? undefined : [[code, text]]);
  switch (type) {
    case 'composite': {
      const parts = parameter.components.map((c, i) => {
        const [first] = (value as unknown[][])[i]!;
        return first === undefined ? undefined : criterionOf({ ...parameter, ...c }, first)?.[0]?.[1];
      });
      return parts.includes(undefined) ? undefined : one(parts.join('$'));
    }
    case 'token':
      return one(tokensOf(value).find((t) => t !== ''));
    case 'string':
      return one(stringsOf(value).map(escaped).at(0)?.toUpperCase());
    case 'reference':
      return one(referenceOf(value));
    case 'uri':
      return one(typeof value === 'string' ? escaped(value) : undefined);
    case 'date': {
      const range = rangeOf(value);
      if (typeof value === 'string') return [[code, value]];
      return range && [...bound(code, 'ge', range[0]), ...bound(code, 'lt', range[1])];
    }
    case 'quantity': {
      const { value: number, system, code: unit } = value as Json;
      return number === undefined ? undefined : [[code, `${number}|${system}|${unit}`]];
    }
    case 'special': {
      const { latitude, longitude } = value as Json;
      return [[code, `${latitude}|${longitude}|0.1|km`]];
    }
    default:
      return undefined;
  }
}

const bound = (code: string, prefix: string, at: number): Criterion =>
  Number.isFinite(at) ? [[code, `${prefix}${new Date(at).toISOString()}`]] : [];

/** Whether the resource is one that the criterion asks for. */
export function isMatch(parameter: Parameter, resource: Resource, criterion: Criterion): boolean {
  const values = valuesOf(parameter, resource);
  if (parameter.type !== 'composite')
    return criterion.every(([, text]) => values.some((v) => matches(parameter.type, v, text)));
  const texts = criterion[0]![1].split('$');
  const { components } = parameter;
  return (values as unknown[][][]).some((parts) =>
    components.every((c, i) => parts[i]!.some((v) => matches(c.type, v, texts[i]!))),
  );
}

function matches(type: string, value: unknown, text: string): boolean {
  switch (type) {
    case 'token':
      return tokensOf(value).includes(text);
    case 'string':
      return stringsOf(value).some((s) => fold(s).startsWith(fold(unescaped(text))));
    case 'reference':
      return referenceOf(value) === text;
    case 'uri':
      return value === unescaped(text);
    case 'date':
      return isWithin(rangeOf(value)!, text);
    case 'quantity':
      return `${(value as Json)['value']}` === text.split('|')[0];
    case 'special':
      return text.startsWith(`${(value as Json)['latitude']}|${(value as Json)['longitude']}|`);
    default:
      throw new Error(`no oracle for parameters of type ${type}`);
  }
}

const escaped = (text: string) => text.replace(/[\\,|$]/g, '\\$&');
const unescaped = (text: string) => text.replace(/\\(.)/g, '$1');
const fold = (text: string) =>
  text
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}]/gu, '');

/** All spellings by which a token is found. */
function tokensOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [escaped(String(value))];
  const { coding, system, code, value: text, use } = value as Json;
  if (Array.isArray(coding)) return (coding as Json[]).flatMap(tokensOf);
  // The system of a ContactPoint is none of tokens: phone, email.
  if (text !== undefined && (use !== undefined || system !== undefined) && !/^urn:|^http/.test(String(system)))
    return [escaped(String(text))];
  const token = escaped(String(code ?? text ?? ''));
  return [...(system === undefined ? [] : [`${escaped(String(system))}|${token}`]), token];
}

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  const { text, family, given, prefix, suffix, line, city, district, state, postalCode, country } = value as Json;
  const parts = [family, given, text, prefix, suffix, line, city, district, state, postalCode, country].flat();
  return parts.filter((part) => typeof part === 'string');
}

function referenceOf(value: unknown): string | undefined {
  if (typeof value === 'string') return escaped(value);
  const { reference } = value as Json;
  return typeof reference === 'string' ? reference : undefined;
}

/** `[low, high)` in milliseconds; a day is one of Moscow. */
function rangeOf(value: unknown): [low: number, high: number] | undefined {
  if (typeof value === 'string') return rangeOfText(value);
  const { start, end, event } = value as { start?: string; end?: string; event?: string[] };
  const ranges = [start, end, ...(event ?? [])].filter((t) => t !== undefined).map(rangeOfText);
  if (ranges.length === 0) return undefined;
  const low = start === undefined && event === undefined ? Number.NEGATIVE_INFINITY : ranges[0]![0];
  const high = end === undefined && event === undefined ? Number.POSITIVE_INFINITY : ranges.at(-1)![1];
  return [low, high];
}

function rangeOfText(text: string): [number, number] {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) {
    const low = Date.parse(`${text}T00:00:00+03:00`);
    return [low, low + 86_400_000];
  }
  const low = Date.parse(text);
  if (Number.isNaN(low)) throw new Error(`no oracle for the date ${text}`);
  return [low, low + (/\.\d/.test(text) ? 1 : 1000)];
}

function isWithin([low, high]: [number, number], text: string): boolean {
  const [, prefix = '', rest = ''] = /^(ge|lt)?(.*)$/.exec(text)!;
  const [from, to] = rangeOfText(rest);
  if (prefix === 'ge') return high > from;
  if (prefix === 'lt') return low < from;
  return from <= low && high <= to;
}
