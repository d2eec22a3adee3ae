/** Finds the operation files: an operation is added by adding a file to `operations/`. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { OperationDeclaration } from './operation.ts';
import type { Declarations } from './search/request.ts';

export type Level = OperationDeclaration['levels'][number];

export interface Operations {
  readonly all: readonly OperationDeclaration[];
  /** @param type undefined at the level of the system */
  find(code: string, level: Level, type: string | undefined): OperationDeclaration | undefined;
}

const folder = join(import.meta.dirname, 'operations');

/** @param declarations an operation without types, called on a type or an instance, is for every type of these */
export async function loadOperations(declarations: Declarations): Promise<Operations> {
  const files = (await readdir(folder)).filter((f) => f.endsWith('.ts')).sort();
  const modules = (await Promise.all(files.map((f) => import(join(folder, f))))) as { default: OperationDeclaration }[];
  return indexOperations(
    modules.map((m) => m.default),
    declarations,
  );
}

export function indexOperations(all: readonly OperationDeclaration[], declarations: Declarations): Operations {
  return {
    all,
    find: (code, level, type) =>
      all.find(
        (o) =>
          o.code === code &&
          o.levels.includes(level) &&
          (type === undefined || (o.types.length === 0 ? declarations.has(type) : o.types.includes(type))),
      ),
  };
}
