/** Everything that can be said of a mapping folder without a MIS: parsing, structure, codes, references, examples. */
import { hash } from 'node:crypto';
import { resourceTypes } from '../../r4/table.ts';
import { createRecent } from '../../recent.ts';
import { callsOf } from './binding.ts';
import { checkCalls, leavesOfDocument } from './call.ts';
import { type CodeTables, readCodes } from './codes.ts';
import { type MappingDocument, readDocuments } from './document.ts';
import { exampleContext, readExample } from './example.ts';
import { codesFile, type FolderFiles, readFolders } from './folder.ts';
import { functionsOf, type MappingContext } from './function.ts';
import { suggestion } from './nearest.ts';
import type { Problem, Report } from './problem.ts';
import { proveByExamples } from './proof.ts';
import { checkShape } from './structure.ts';

export interface Inspected {
  readonly files: FolderFiles;
  readonly tables: CodeTables;
  /** In the order of files and lines. */
  readonly problems: Problem[];
}

/** Clinics of one MIS share a folder, which takes 30 ms to inspect: what was seen in these very files is known. */
const known = createRecent<string, Inspected>(16);

export function inspect(folders: readonly string[]): Inspected {
  const { problems, report } = collector();
  const files = readFolders(folders, report);
  if (problems.length > 0) return inspectFiles(files, problems, report);
  const digest = hash('sha1', JSON.stringify([[...files.mappings], files.codes, [...files.examples]]));
  const found = known.get(digest) ?? inspectFiles(files, problems, report);
  known.set(digest, found);
  return found;
}

function inspectFiles(files: FolderFiles, problems: Problem[], report: Report): Inspected {
  const tables = readCodes(codesFile, files.codes, report);
  const documents = parseDocuments(files, tables, exampleContext, report).map((document) => {
    const before = problems.length;
    checkDocument(document, tables, report);
    return { ...document, broken: document.broken || problems.length > before };
  });
  checkTogether(documents, report);
  const examples = [...files.examples].map(([file, text]) => readExample(file, text, report));
  const found = examples.filter((example) => example !== undefined);
  proveByExamples(documents, found, unlessReported([...problems], report));
  return { files, tables, problems: problems.sort(byPlace) };
}

/** What the examples say of a place that is known to be wrong is a consequence, and is left out. */
function unlessReported(known: readonly Problem[], report: Report): Report {
  const isWrong = (file: string, path: string) =>
    known.some((p) => p.file === file && (path === p.path || path.startsWith(`${p.path}[`)) && p.severity === 'error');
  return (place, message, severity) => {
    if (!isWrong(place.file, place.path)) report(place, message, severity);
  };
}

/** Keeps each problem once: several examples may run into the same one. */
function collector(): { problems: Problem[]; report: Report } {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const report: Report = (place, message, severity = 'error') => {
    const key = `${place.file} ${place.line} ${place.path} ${message}`;
    if (!seen.has(key)) problems.push({ ...place, message, severity });
    seen.add(key);
  };
  return { problems, report };
}

function byPlace(a: Problem, b: Problem): number {
  return a.file < b.file ? -1 : a.file > b.file ? 1 : (a.line ?? 0) - (b.line ?? 0);
}

export function parseDocuments(
  files: FolderFiles,
  tables: CodeTables,
  context: MappingContext,
  report: Report,
): MappingDocument[] {
  const own = functionsOf(context, tables);
  return [...files.mappings].flatMap(([file, text]) => readDocuments(file, text, own, report));
}

function checkDocument(document: MappingDocument, tables: CodeTables, report: Report): void {
  const { resource, reading, place } = document;
  if (!resourceTypes.has(resource))
    report(
      { ...place, path: 'resource' },
      `R4 has no resource "${resource}" that the hub knows${suggestion(resource, resourceTypes)}`,
    );
  else if (reading !== undefined) checkShape(reading.template, resource, { tables, report });
  checkCalls(document, tables, report);
}

/** What can be seen only with all documents at hand: two that make the same, references to what nobody makes. */
function checkTogether(documents: readonly MappingDocument[], report: Report): void {
  const made = new Map<string, string>();
  for (const { place, resource, reading, writing } of documents) {
    const claims = [
      ...(reading ? [`${resource} from ${reading.from}`] : []),
      ...(writing ? [`${resource} toMis`] : []),
    ];
    for (const claim of claims) {
      const first = made.get(claim);
      if (first !== undefined) report(place, `a second mapping of ${claim}: ${first} has one already`);
      else made.set(claim, `${place.file}:${place.line}`);
    }
  }
  const types = new Set(documents.filter((d) => d.reading !== undefined).map((d) => d.resource));
  for (const document of documents) warnOfDangling(document, types, report);
}

function warnOfDangling(document: MappingDocument, types: ReadonlySet<string>, report: Report): void {
  for (const leaf of leavesOfDocument(document)) {
    const named =
      leaf.node === undefined ? [] : callsOf(leaf.node, 'ref').map((call) => String(call.arguments?.[0]?.value));
    for (const type of named)
      if (resourceTypes.has(type) && !types.has(type))
        report(leaf.place, `refers to ${type}, which no document of this folder makes`, 'warning');
  }
}
