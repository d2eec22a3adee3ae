/** Bodies of a fuzzed request: valid ones mutated as values, as texts and as bytes, in every format and packing. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import type { Json } from '../../src/r4/json.ts';
import { writeXml } from '../../src/r4/xml/write.ts';
import { chance, type Draw, even, nastyTexts, nastyValue, oneOf, rawText } from './fuzz-value.ts';

export interface Body {
  readonly bytes: Buffer;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** @param sensible values that belong somewhere else */
export function fuzzBody(draw: Draw, base: unknown, sensible: readonly unknown[]): Body {
  let value = base;
  for (let n = draw(even, 4); n > 1; n--) value = mutate(draw, value, sensible);
  const { text, type } = textOf(draw, value);
  const bytes = spoilBytes(draw, Buffer.from(chance(draw, 15) ? spoilText(draw, text) : text, encodingOf(draw)));
  return packed(draw, bytes, chance(draw, 6) ? oneOf(draw, contentTypes) : type);
}

export const contentTypes = [
  'application/fhir+json',
  'application/fhir+xml',
  'application/json',
  'application/xml',
  'text/xml',
  'text/json',
  'text/plain',
  'application/json-patch+json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/octet-stream',
  'application/fhir+json; charset=utf-16',
  'application/fhir+json; charset="UTF-8"',
  'application/fhir+json; fhirVersion=4.0',
  'application/fhir+xml; fhirVersion=3.0',
  'application/fhir+ndjson',
  'a',
  ';;;',
  '',
];

/** Changes something somewhere: each step goes into a member of where one is. */
function mutate(draw: Draw, value: unknown, sensible: readonly unknown[], depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > 6 || chance(draw, 8)) return nastyValue(draw, sensible);
  const keys = Object.keys(value);
  const key = keys.length === 0 ? 'x' : oneOf(draw, keys);
  const member = (value as Record<string, unknown>)[key];
  if (chance(draw, 70)) return withMember(value, key, mutate(draw, member, sensible, depth + 1));
  if (Array.isArray(value)) return oneOf(draw, [[...value, member], value.slice(1), [], [value], [null, ...value]]);
  const { [key]: _, ...rest } = value as Record<string, unknown>;
  const name = oneOf(draw, [
    'extension',
    'id',
    'meta',
    'contained',
    'text',
    `_${key}`,
    'x',
    key.toUpperCase(),
    '__proto__x',
  ]);
  return oneOf<unknown>(draw, [rest, { ...rest, [name]: member }, { ...value, [name]: nastyValue(draw, sensible) }]);
}

function withMember(value: object, key: string, member: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? [member] : value.with(Number(key), member);
  return { ...value, [key]: member };
}

function textOf(draw: Draw, value: unknown): { text: string; type: string } {
  const json = rawText(JSON.stringify(value, null, chance(draw, 10) ? 2 : 0) ?? '');
  const isPatch = Array.isArray(value) && chance(draw, 90);
  const type = isPatch ? 'application/json-patch+json' : 'application/fhir+json';
  if (isPatch || chance(draw, 55)) return { text: json, type };
  try {
    return { text: writeXml(value as Json, chance(draw, 20)), type: 'application/fhir+xml' };
  } catch {
    return { text: json, type };
  }
}

/** Cuts, doubles and inserts at signs that mean something to a parser. */
function spoilText(draw: Draw, text: string): string {
  const at = draw(even, Math.max(text.length - 1, 0));
  const piece = text.slice(at, at + 1 + draw(even, 30));
  const insert = oneOf(draw, [
    ...'{}[],:"\\<>/&=;\n\0',
    '<!DOCTYPE a>',
    '<?x?>',
    '<![CDATA[',
    '"__proto__":{},',
    '&a;',
    ...nastyTexts,
  ]);
  return oneOf(draw, [
    text.slice(0, at),
    text.slice(0, at) + text.slice(at + piece.length),
    text.slice(0, at) + piece + text.slice(at),
    text.slice(0, at) + insert + text.slice(at),
    text + text,
    text.replace(/"(\w+)":/, '"$1":null,"$1":'),
    text.replaceAll('"', "'"),
  ]);
}

const encodingOf = (draw: Draw): BufferEncoding =>
  chance(draw, 97) ? 'utf8' : oneOf(draw, ['utf16le', 'latin1'] as const);

function spoilBytes(draw: Draw, bytes: Buffer): Buffer {
  if (chance(draw, 3)) return Buffer.concat([Buffer.from('\ufeff'), bytes]);
  if (bytes.length === 0 || !chance(draw, 8)) return bytes;
  const spoilt = Buffer.from(bytes);
  for (let n = 1 + draw(even, 3); n > 0; n--) spoilt[draw(even, spoilt.length - 1)] = draw(even, 255);
  return spoilt;
}

function packed(draw: Draw, bytes: Buffer, type: string): Body {
  const headers: [string, string][] = [['content-type', type]];
  if (!chance(draw, 8)) return { bytes, headers };
  const encoding = oneOf(draw, ['gzip', 'deflate', 'br', 'zstd', 'identity', 'gzip, br', 'x']);
  const pack = oneOf(draw, [gzipSync, deflateSync, brotliCompressSync, (b: Buffer) => b]);
  return { bytes: pack(bytes), headers: [...headers, ['content-encoding', encoding]] };
}
