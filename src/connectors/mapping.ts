/**
 * Mappings: MIS records ↔ FHIR, written as YAML in `mappings/<mis>/` (DESIGN.md §Mappings). Loading is all or nothing and
 * reports everything that is wrong at once; mapping itself is synchronous and compiled (protocols/r4.md §A).
 */
import type { MisRecord } from './connector.ts';
import type { CodeTables } from './mapping/codes.ts';
import { type Inspected, inspect, parseDocuments } from './mapping/folder-check.ts';
import type { MappingContext } from './mapping/function.ts';
import { MappingErrors, type Problem } from './mapping/problem.ts';
import {
  buildReader,
  buildWriter,
  type FhirResource,
  type Mapped,
  type Reader,
  type Writer,
} from './mapping/resource.ts';
import { buildSlowly } from './mapping/slow.ts';

export type { CodeTable, CodeTables, Coding } from './mapping/codes.ts';
export type { MappingContext } from './mapping/function.ts';
export { formatProblem, MappingError, MappingErrors, type Place, type Problem } from './mapping/problem.ts';
export type { FhirResource, Mapped } from './mapping/resource.ts';

export interface Mappings {
  /** Kinds of MIS record that are read. */
  readonly kinds: ReadonlySet<string>;
  /** FHIR types that are made of MIS records. */
  readonly resources: ReadonlySet<string>;
  /** FHIR types that can be written to the MIS. */
  readonly writable: ReadonlySet<string>;
  /** Kinds and types with a document marked `slow: true`, for which only the `…Slowly` functions work. */
  readonly slow: ReadonlySet<string>;
  /** Of codes.yaml. */
  readonly tables: CodeTables;
  /** Resources of a record, with `resourceType` and `id`; none for a kind that no document reads. @throws MappingError */
  toFhir(kind: string, record: MisRecord): FhirResource[];
  /** As `toFhir`, each resource with the MIS id that it was made of. */
  mirror(kind: string, record: MisRecord): Mapped[];
  /** @param input `{resource, patient, …}`, as the connector's mapping page says @throws MappingError */
  toMis(resourceType: string, input: object): MisRecord;
  /** As `mirror`, for any kind. */
  mirrorSlowly(kind: string, record: MisRecord): Promise<Mapped[]>;
  /** As `toMis`, for any type. */
  toMisSlowly(resourceType: string, input: object): Promise<MisRecord>;
}

/**
 * @param folders the MIS's folder, then the clinic's own, whose files replace whole files of the same name
 * @throws MappingErrors with everything that is wrong
 */
export function loadMappings(folders: readonly string[], context: MappingContext): Mappings {
  const inspected = inspect(folders);
  if (inspected.problems.some((problem) => problem.severity === 'error')) throw new MappingErrors(inspected.problems);
  return mappingsOf(inspected, context);
}

/** Everything that is wrong in a folder, warnings too, in the order of files and lines. */
export function checkMappings(...folders: readonly string[]): Problem[] {
  return inspect(folders).problems;
}

function mappingsOf(inspected: Inspected, context: MappingContext): Mappings {
  const documents = parseDocuments(inspected.files, inspected.tables, context, () => undefined);
  const readers = new Map<string, Reader[]>();
  const writers = new Map<string, Writer>();
  for (const document of documents) {
    const kind = document.reading?.from;
    if (kind !== undefined) readers.set(kind, [...(readers.get(kind) ?? []), buildReader(document, context.clinic)]);
    if (document.writing !== undefined) writers.set(document.resource, buildWriter(document));
  }
  const slow = new Set(documents.filter((d) => d.slow).flatMap((d) => [d.reading?.from ?? d.resource, d.resource]));
  const read = (kind: string, record: MisRecord) => readWith(readers.get(kind) ?? [], record);
  const write = (type: string, input: object) => writerOf(writers, type)(input);
  return {
    kinds: new Set(readers.keys()),
    resources: new Set(documents.filter((d) => d.reading !== undefined).map((d) => d.resource)),
    writable: new Set(writers.keys()),
    slow,
    tables: inspected.tables,
    toFhir: (kind, record) => read(kind, record).map(({ resource }) => resource),
    mirror: read,
    toMis: write,
    mirrorSlowly: (kind, record) => buildSlowly(() => read(kind, record)),
    toMisSlowly: (type, input) => buildSlowly(() => write(type, input)),
  };
}

function readWith(readers: readonly Reader[], record: MisRecord): Mapped[] {
  const made: Mapped[] = [];
  for (const reader of readers) {
    const mapped = reader(record);
    if (mapped !== undefined) made.push(mapped);
  }
  return made;
}

function writerOf(writers: ReadonlyMap<string, Writer>, type: string): Writer {
  const writer = writers.get(type);
  if (writer === undefined) throw new Error(`no document maps ${type} to the MIS`);
  return writer;
}
