/** Reads mapping folders from disk: `*.yaml`, `codes.yaml`, `examples/*.json`; a later folder replaces whole files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from './problem.ts';

export interface FolderFiles {
  /** Mapping files by name, sorted. */
  readonly mappings: ReadonlyMap<string, string>;
  readonly codes: string | undefined;
  /** Examples by name (`examples/….json`), sorted. */
  readonly examples: ReadonlyMap<string, string>;
}

export const codesFile = 'codes.yaml';

export function readFolders(folders: readonly string[], report: Report): FolderFiles {
  const files = new Map<string, string>();
  for (const folder of folders) for (const [name, text] of readFiles(folder, report)) files.set(name, text);
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  const mappings = new Map(sorted.filter(([name]) => name.endsWith('.yaml') && name !== codesFile));
  if (mappings.size === 0)
    report({ file: '.', path: '(folder)' }, 'holds no mapping: write one YAML file for each FHIR resource');
  return {
    mappings,
    codes: files.get(codesFile),
    examples: new Map(sorted.filter(([name]) => name.endsWith('.json'))),
  };
}

function readFiles(folder: string, report: Report): [string, string][] {
  const names = namesIn(folder);
  if (names === undefined) {
    report({ file: folder, path: '(folder)' }, 'is not a folder that can be read');
    return [];
  }
  for (const name of names)
    if (name.endsWith('.yml')) report({ file: name, path: '(file)' }, 'is not read: name it .yaml');
  const examples = (namesIn(join(folder, 'examples')) ?? []).map((name) => `examples/${name}`);
  const wanted = [
    ...names.filter((name) => name.endsWith('.yaml')),
    ...examples.filter((name) => name.endsWith('.json')),
  ];
  return wanted.map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
}

function namesIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder);
  } catch {
    return undefined;
  }
}
