/** The MIS that the hub speaks to: every folder here with an `index.ts`. Adding a MIS is adding a folder (DESIGN.md §Laws 4). */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Connector } from './connector.ts';

/** Folders beside the connectors that are none of a MIS: the mapping engine, and ЕСИА, which knows people alone. */
const others = ['mapping', 'esia'];

/** Names of the connectors' folders, also of those that are empty yet. */
export function connectorNames(folder: string = import.meta.dirname): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !others.includes(entry.name))
    .map((entry) => entry.name)
    .sort();
}

/** @throws Error naming the known connectors when there is none of that name, or what it lacks */
export async function loadConnector(name: string, folder: string = import.meta.dirname): Promise<Connector> {
  const names = connectorNames(folder);
  if (!names.includes(name)) throw new Error(`there is no connector "${name}"; known are: ${names.join(', ')}`);
  const module = (await import(pathToFileURL(join(folder, name, 'index.ts')).href)) as { default?: Connector };
  const missing = missingIn(module.default, name);
  if (missing.length > 0) throw new Error(`src/connectors/${name}/index.ts: ${missing.join('; ')}`);
  return module.default!;
}

/** What keeps a default export from being the connector of that folder. */
export function missingIn(connector: Partial<Connector> | undefined, name: string): string[] {
  if (connector === undefined) return ['it must export the connector as its default'];
  const missing: string[] = [];
  if (connector.name !== name) missing.push(`its "name" must be that of the folder, "${name}"`);
  if (!connector.title) missing.push('"title" must tell an operator which MIS it is');
  if (typeof connector.settings?.safeParse !== 'function') missing.push('"settings" must be a zod schema');
  if (!Array.isArray(connector.secrets)) missing.push('"secrets" must list the paths of secret settings (or be [])');
  if (typeof connector.connect !== 'function') missing.push('"connect" must open the connection');
  return missing;
}
