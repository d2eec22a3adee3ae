/** Finds the resource files: a resource is added by adding a file to `resources/`. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ResourceDeclaration } from './resource.ts';
import type { Declarations } from './search/request.ts';

const folder = join(import.meta.dirname, 'resources');

export async function loadResources(): Promise<Declarations> {
  const files = (await readdir(folder)).filter((f) => f.endsWith('.ts')).sort();
  const modules = (await Promise.all(files.map((f) => import(join(folder, f))))) as { default: ResourceDeclaration }[];
  return new Map(modules.map((m) => [m.default.type, m.default]));
}
