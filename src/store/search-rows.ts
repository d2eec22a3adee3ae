/** The values that a resource is found by, as rows of `search_value` for Postgres. */
import { hash } from 'node:crypto';
import { Fault } from '../fault.ts';
import { foldString, type SearchValue } from '../r4/values.ts';
import type { ParameterIds, StoredParameter } from './parameters.ts';
import { isId, type Resource } from './resource.ts';

/** Kinds: t token (system, code, text), r reference (type, id), d date (low, high), s string (folded, exact), w search_rare. */
type Row = readonly [kind: string, parameter: number, a: string, b: string, c?: string];

/** An array of `search_value` as Postgres reads it. @throws Fault bad-value when it could not be written down */
export function searchRows(type: string, resource: Resource, zone: string, parameters: ParameterIds): string {
  const rows = new Set<string>();
  for (const value of parameters.extractorOf(type)(resource, { zone }))
    for (const row of rowsOf(value, parameters.of(type, value.code))) rows.add(quote(composite(row)));
  return `{${[...rows].join(',')}}`;
}

function rowsOf(value: SearchValue, { id, wider, aside }: StoredParameter): Row[] {
  switch (value.kind) {
    case 'token':
      return [tokenRow(id, value)];
    case 'typed':
      return [['t', aside!, indexable(typedSystem(value.system, value.type)), indexable(value.value)]];
    case 'uri':
      return [['t', id, '', indexable(value.uri)]];
    case 'reference':
      return referenceRows(value, id, wider !== undefined, aside!);
    case 'date':
      return [['d', id, timestamp(value.low), timestamp(value.high)]];
    case 'string':
      return [['s', id, clean(value.folded), clean(value.text)]];
    default:
      return [['w', id, JSON.stringify(rareRow(value)), '']];
  }
}

function tokenRow(id: number, { system = '', value = '', text }: Extract<SearchValue, { kind: 'token' }>): Row {
  const stem = ['t', id, indexable(system), indexable(value)] as const;
  return text === undefined ? stem : [...stem, foldText(text)];
}

/** How the system and the code of an Identifier's type stand in one column. */
export const typedSystem = (system: string, code: string) => `${system}|${code}`;

/** Texts of codes are compared as far as this; longer ones are not searched for. */
export const longestText = 200;

export const foldText = (text: string) => clean(foldString(text).slice(0, longestText));

type ReferenceValue = Extract<SearchValue, { kind: 'reference' }>;

/** Where another parameter has the rows of the same references, only what those rows cannot hold is written. */
function referenceRows(value: ReferenceValue, id: number, isPart: boolean, aside: number): Row[] {
  const { type = '', id: target, version, url, identifier } = value;
  const rows: Row[] = [];
  if (target !== undefined && !isId(target)) rows.push(['t', id, '', indexable(`${type}/${target}`)]);
  else if (target !== undefined && !isPart) rows.push(['r', id, type, target]);
  if (version !== undefined) rows.push(['t', id, '', indexable(`${type}/${target}/_history/${version}`)]);
  if (url !== undefined) rows.push(['t', id, '', indexable(url)]);
  if (identifier !== undefined)
    rows.push(['t', aside, indexable(identifier.system ?? ''), indexable(identifier.value)]);
  return rows;
}

/** A row of search_rare; all but numbers in the columns of the other tables, for the tests of those to read. */
function rareRow(value: SearchValue): object {
  switch (value.kind) {
    case 'composite':
      return { ...rareRow(value.value), item: value.item, place: value.place };
    case 'number':
      return { least: value.value, most: value.value };
    case 'quantity':
      return quantityRow(value);
    case 'position':
      return { latitude: value.latitude, longitude: value.longitude };
    case 'token':
      return {
        system: indexable(value.system ?? ''),
        code: indexable(value.value ?? ''),
        text: value.text && foldText(value.text),
      };
    case 'uri':
      return { system: '', code: indexable(value.uri) };
    case 'reference':
      return value.id !== undefined && isId(value.id)
        ? { type: value.type, target: value.id }
        : { system: '', code: indexable(value.url ?? '') };
    case 'date':
      return { low: timestamp(value.low), high: timestamp(value.high) };
    case 'string':
      return { folded: clean(value.folded), exact: clean(value.text) };
    default:
      return {};
  }
}

function quantityRow({ low, high, system = '', unit, label }: Extract<SearchValue, { kind: 'quantity' }>): object {
  return {
    least: numeric(low),
    most: numeric(high),
    system: clean(system),
    unit: unit && clean(unit),
    label: label && clean(label),
  };
}

const numeric = (value: number) => (Number.isFinite(value) ? value : String(value));

/** A row of a Postgres index has at most 2,704 bytes, and two values share it with a few numbers. */
const longestValue = 1000;

/**
 * A code or an address as it stands in the index and as it is looked for there: one that is too long as its beginning and a
 * digest, so that it is still found and nothing else with it.
 */
export function indexable(text: string): string {
  if (text.length * 3 <= longestValue || Buffer.byteLength(text) <= longestValue) return clean(text);
  return `${clean(text).slice(0, 200)}…${hash('sha256', text, 'hex')}`;
}

/** Known here and not from Postgres, so that nothing is begun that could not be written down. @throws Fault bad-value */
function clean(text: string): string {
  if (text.includes('\0')) throw new Fault('bad-value', 'A text holds the character U+0000.');
  return text;
}

const yearOne = Date.parse('0001-01-01T00:00:00Z');
const yearTenThousand = Date.parse('+010000-01-01T00:00:00Z');

/**
 * An open end is infinity, and so is what lies outside of FHIR's years 1 to 9999: the day 9999-12-31, by which many mean an
 * open end, ends in a year that ISO 8601 and Postgres write differently.
 */
function timestamp(instant: number): string {
  if (instant >= yearTenThousand) return 'infinity';
  return instant < yearOne ? '-infinity' : new Date(instant).toISOString();
}

const composite = ([kind, parameter, a, b, c]: Row) =>
  `(${kind},${parameter},${quoteField(a)},${quoteField(b)},${c === undefined ? '' : quoteField(c)})`;

/** Most are addresses and codes that need no quotes; each quote would be escaped twice more on its way. */
const quoteField = (text: string) => (/^[\w.:/+-]+$/.test(text) ? text : quote(text));

/** Quotes for a composite and, the same way, for an array element. */
const quote = (text: string) => `"${text.replace(/["\\]/g, (c) => `\\${c}`)}"`;
