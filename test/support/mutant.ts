/** The program with a fault planted: a copy of the sources in which a text is replaced. */
import { cp, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './process.ts';

export interface Plant {
  /** Path below the project. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** @param folders to be copied beside the sources: what stands on them. @returns the folder of the copy. @throws Error when a text is not there exactly once: the mutant would prove nothing */
export async function plantMutant(plants: readonly Plant[], folders: readonly string[] = []): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'medmost-mutant-'));
  for (const name of ['src', 'mappings', 'package.json', ...folders])
    await cp(join(root, name), join(folder, name), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const { file, find, replace } of plants) {
    const text = await readFile(join(folder, file), 'utf8');
    if (text.split(find).length !== 2) throw new Error(`${file} does not hold this exactly once: ${find}`);
    await writeFile(
      join(folder, file),
      text.replace(find, () => replace),
    );
  }
  return folder;
}
