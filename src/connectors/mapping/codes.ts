/** Code tables of codes.yaml: the MIS's words → FHIR codes; https://hl7.org/fhir/R4/conceptmap.html is what they export to. */

import { suggestion } from './nearest.ts';
import type { Place, Report } from './problem.ts';
import { entriesOf, readYaml, scalarOf, type YamlFile } from './yaml.ts';

export interface Coding {
  readonly system?: string;
  readonly code: string;
  readonly display?: string;
}

export interface CodeTable {
  readonly name: string;
  readonly place: Place;
  /** URI of the system that the codes are of. */
  readonly system?: string;
  /** URI of the system under which FHIR shows the MIS's own words, where it does. */
  readonly source?: string;
  /** What a value without an entry means: the record cannot be mapped, or the element is absent. */
  readonly otherwise: 'fail' | 'unknown';
  /** A coding for Coding elements, a plain text for `code` elements. */
  readonly codes: ReadonlyMap<string, Coding | string>;
}

export type CodeTables = ReadonlyMap<string, CodeTable>;

/** @param text of codes.yaml; no text, no tables */
export function readCodes(file: string, text: string | undefined, report: Report): CodeTables {
  const tables = new Map<string, CodeTable>();
  if (text === undefined) return tables;
  const yaml = readYaml(file, text, report);
  for (const root of yaml.roots) {
    for (const { name, key, value } of entriesOf(root) ?? []) {
      const place = { file, line: yaml.lineOf(key), path: name };
      if (name !== 'tables') report(place, `codes.yaml has no key "${name}": it holds "tables" only`);
      else for (const entry of entriesOf(value) ?? []) tables.set(entry.name, readTable(entry, yaml, report));
    }
  }
  return tables;
}

type Entry = NonNullable<ReturnType<typeof entriesOf>>[number];

function readTable({ name, key, value }: Entry, yaml: YamlFile, report: Report): CodeTable {
  const place = { file: yaml.file, line: yaml.lineOf(key), path: name };
  const fields = new Map((entriesOf(value) ?? []).map((entry) => [entry.name, entry]));
  const known = ['system', 'source', 'otherwise', 'codes'];
  for (const field of fields.values())
    if (!known.includes(field.name))
      report(
        { ...place, line: yaml.lineOf(field.key), path: `${name}.${field.name}` },
        `a code table has no key "${field.name}": it holds ${known.join(', ')}${suggestion(field.name, known)}`,
      );
  const system = scalarOf(fields.get('system')?.value);
  const source = scalarOf(fields.get('source')?.value);
  const otherwise = scalarOf(fields.get('otherwise')?.value) ?? 'fail';
  if (otherwise !== 'fail' && otherwise !== 'unknown')
    report({ ...place, path: `${name}.otherwise` }, 'must be "fail" (the record is refused) or "unknown" (left out)');
  const entries = entriesOf(fields.get('codes')?.value);
  if (entries === undefined)
    report(place, 'has no codes: write "codes:" and below it the MIS\'s words with their codes');
  const read = (entries ?? []).map((entry) => readEntry(entry, name, system, yaml, report));
  return {
    name,
    place,
    ...(typeof system === 'string' && { system }),
    ...(typeof source === 'string' && { source }),
    otherwise: otherwise === 'unknown' ? 'unknown' : 'fail',
    codes: new Map(read),
  };
}

function readEntry(
  { name, key, value }: Entry,
  table: string,
  system: unknown,
  yaml: YamlFile,
  report: Report,
): [string, Coding | string] {
  const place = { file: yaml.file, line: yaml.lineOf(key), path: `${table}[${JSON.stringify(name)}]` };
  const plain = scalarOf(value);
  if (plain !== undefined && plain !== null) {
    checkText(plain, place, report);
    return [name, String(plain)];
  }
  const fields = new Map((entriesOf(value) ?? []).map((entry) => [entry.name, scalarOf(entry.value)]));
  for (const field of fields.keys())
    if (field !== 'code' && field !== 'display')
      report(place, `has no key "${field}": write {code: …, display: …} or a text`);
  if (fields.get('code') == null) report(place, 'has no code: write {code: …, display: …} or a plain text');
  else checkText(fields.get('code'), place, report);
  if (typeof system !== 'string')
    report(place, `is a coding, so the table needs "system:" with the URI of its code system`);
  const display = fields.get('display');
  return [
    name,
    {
      ...(typeof system === 'string' && { system }),
      code: String(fields.get('code') ?? ''),
      ...(display != null && { display: String(display) }),
    },
  ];
}

/** YAML reads 049 as the number 49. */
function checkText(code: unknown, place: Place, report: Report): void {
  if (typeof code !== 'string')
    report(place, `has the code ${code}, which YAML reads as a ${typeof code}: put it in quotes`);
}

/** Thrown for a value without an entry in a table that says `otherwise: fail`. */
export class CodeMissing extends Error {
  readonly table: string;
  readonly value: unknown;

  constructor(table: CodeTable, value: unknown) {
    super(
      `${table.place.file}: table "${table.name}" has no entry for the value found here; add one, or say "otherwise: unknown"`,
    );
    this.name = 'CodeMissing';
    this.table = table.name;
    this.value = value;
  }
}

/** The code of a value, the codes of a list of values. A missing table is the check's to report. @throws CodeMissing */
export function codeOf(table: CodeTable | undefined, value: unknown): unknown {
  if (table === undefined || value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value.map((item) => codeOf(table, item)).filter((code) => code !== undefined);
  const code = table.codes.get(String(value));
  if (code === undefined && table.otherwise === 'fail') throw new CodeMissing(table, value);
  return code;
}
