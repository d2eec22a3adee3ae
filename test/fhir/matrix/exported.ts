/** What an asker is given by $export: every file, read as text. */
import type { workOnce } from '../../../src/fhir/export/exporter.ts';
import { writeTick } from '../../../src/store/history.sql.ts';
import { passHorizon } from '../../support/database.ts';
import type { MemoryHub } from '../../support/memory-hub.ts';

/** @returns undefined when it is refused */
export async function exportAs(hub: MemoryHub, token: string, work: typeof workOnce): Promise<string | undefined> {
  await writeTick(hub.pool, 0);
  await passHorizon(hub.pool);
  const call = (url: string, headers = {}) =>
    hub.app.inject({ url, headers: { authorization: `Bearer ${token}`, ...headers } });
  const begun = await call('/fhir/$export?_since=2000-01-01T00:00:00Z', { prefer: 'respond-async' });
  if (begun.statusCode !== 202) return undefined;
  const at = new URL(begun.headers['content-location'] as string).pathname;
  while (await work(hub.context, hub.sync.pool, new AbortController().signal));
  const manifest = JSON.parse((await call(at)).payload) as Record<'output' | 'deleted', { url: string }[]>;
  const files = [...manifest.output, ...manifest.deleted].map(
    async ({ url }) => (await call(new URL(url).pathname)).payload,
  );
  return (await Promise.all(files)).join('\n');
}
