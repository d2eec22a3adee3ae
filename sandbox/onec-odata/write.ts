/** Writing as 1С does it: unknown fields are dropped, long texts cut, references not followed. protocols/onec.md §3.2, §3.3. */
import { randomUUID } from 'node:crypto';
import { cancelled, visitSet } from './reception.ts';
import { badBody, badValue, noSuchRow, refusedByHandler, unknownSegment } from './refusal.ts';
import { type Base, type EntitySet, type Field, noDate, nothing, type Row } from './row.ts';
import type { Traps } from './traps.ts';

export interface Written {
  readonly status: 200 | 201;
  readonly set: string;
  readonly row: Row;
}

/** @param target `Document_X` or `Document_X(guid'…')`, decoded @throws Refusal */
export function write(base: Base, traps: Traps, method: string, target: string, body: string): Written {
  const [, name = '', key] = /^([^(]+)(?:\(guid'([0-9a-f-]{36})'\))?$/.exec(target) ?? [];
  const set = base.get(name);
  if (set === undefined || traps.unpublished.includes(name)) throw unknownSegment(name, 404);
  const given = changesOf(set, traps, parse(body));
  if (method === 'POST') return { status: 201, set: name, row: add(set, traps, given) };
  const index = set.rows.findIndex((row) => row['Ref_Key'] === key);
  if (index < 0) throw noSuchRow();
  return { status: 200, set: name, row: put(set, traps, index, { ...set.rows[index]!, ...given }) };
}

function parse(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {}
  throw badBody();
}

const readOnly = ['Ref_Key', 'DataVersion'];

function changesOf(set: EntitySet, traps: Traps, given: Readonly<Record<string, unknown>>): Row {
  const known = set.fields.filter(({ name }) => Object.hasOwn(given, name) && !readOnly.includes(name));
  const kept = known.filter(({ name }) => !traps.drops.includes(name));
  return Object.fromEntries(kept.map((field) => [field.name, keptOf(field, given[field.name])]));
}

const shapes: Readonly<Record<Field['type'], (value: unknown) => boolean>> = {
  'Edm.Guid': (value) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(String(value)),
  'Edm.DateTime': (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(String(value)),
  'Edm.Boolean': (value) => typeof value === 'boolean',
  'Edm.Int16': (value) => Number.isInteger(value),
  'Edm.Int64': (value) => /^\d+$/.test(String(value)),
  'Edm.Double': (value) => typeof value === 'number',
  'Edm.String': (value) => typeof value === 'string',
};

function keptOf({ type, maxLength }: Field, value: unknown): string | boolean | number {
  if (!shapes[type](value)) throw badValue(value, type);
  return type === 'Edm.String' ? String(value).slice(0, maxLength) : (value as string | boolean | number);
}

const empty: Readonly<Record<Field['type'], string | boolean | number>> = {
  'Edm.Guid': nothing,
  'Edm.DateTime': noDate,
  'Edm.Boolean': false,
  'Edm.Int16': 0,
  'Edm.Int64': '0',
  'Edm.Double': 0,
  'Edm.String': '',
};

function add(set: EntitySet, traps: Traps, given: Row): Row {
  const blank = Object.fromEntries(set.fields.map(({ name, type }) => [name, empty[type]]));
  return put(set, traps, set.rows.length, { ...blank, ...given, Ref_Key: randomUUID() });
}

let version = 1n;

/** A stale version is as good as a fresh one. */
function put(set: EntitySet, traps: Traps, index: number, row: Row): Row {
  if (set.name === visitSet && traps.uniqueness === 'handler') refuseSecond(set, row);
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64LE(++version);
  const fresh = { ...row, DataVersion: counter.toString('base64') };
  set.rows[index] = fresh;
  return fresh;
}

const isLive = (row: Row): boolean => row['DeletionMark'] !== true && row['Состояние'] !== cancelled;

/** Without an end it lasts its minutes. */
function endOf({ Начало: start, Окончание: end, Минут: minutes }: Row): string {
  if (end !== noDate || start === noDate) return String(end);
  return new Date(Date.parse(`${start}Z`) + Number(minutes) * 60_000).toISOString().slice(0, 19);
}

function refuseSecond(set: EntitySet, row: Row): void {
  const isRival = (other: Row) =>
    other['Ref_Key'] !== row['Ref_Key'] &&
    other['Сотрудник_Key'] === row['Сотрудник_Key'] &&
    isLive(other) &&
    String(other['Начало']) < endOf(row) &&
    String(row['Начало']) < endOf(other);
  if (isLive(row) && set.rows.some(isRival)) throw refusedByHandler('Проверкина Аглая Тестовна');
}
