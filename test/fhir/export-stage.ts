/** A hub whose exports are run by the test itself, so that nothing waits for a time; and what a client does with them. */
import { expect } from 'vitest';
import { workOnce } from '../../src/fhir/export/exporter.ts';
import { writeTick } from '../../src/store/history.sql.ts';
import { passHorizon } from '../support/database.ts';
import { ask } from '../support/hub.ts';
import { createTarget } from './target.ts';

interface File {
  type: string;
  url: string;
  count: number;
  fileSize: number;
}
interface Manifest {
  transactionTime: string;
  request: string;
  requiresAccessToken: boolean;
  output: File[];
  deleted: File[];
  error: File[];
}
export interface Resource {
  resourceType: string;
  id: string;
  meta: { versionId: string; lastUpdated: string };
  [element: string]: unknown;
}

export const prefer = { prefer: 'respond-async' };
export const pathOf = (url: string | undefined) => url!.replace('http://hub.test/fhir/', '');
export const keysOf = (resources: readonly Resource[]) => resources.map((r) => `${r.resourceType}/${r.id}`).sort();

export async function openExportStage() {
  const target = await createTarget();
  const { hub, token } = target;
  await writeTick(hub.pool, 0);
  await passHorizon(hub.pool);
  const never = new AbortController().signal;
  const runDue = () => workOnce(hub.context, hub.sync.pool, never);

  const kickOff = (path: string, as = token) => ask(hub, 'GET', path, { token: as, headers: prefer });

  /** @returns the path of its status */
  async function begin(path: string, as = token): Promise<string> {
    const answer = await kickOff(path, as);
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
    return pathOf(answer.headers['content-location']);
  }

  async function manifestOf(status: string, as = token): Promise<Manifest> {
    const answer = await ask(hub, 'GET', status, { token: as });
    expect(answer.status).toBe(200);
    return answer.body as unknown as Manifest;
  }

  async function exported(path: string, as = token): Promise<Manifest> {
    const status = await begin(path, as);
    expect(await runDue()).toBe(true);
    return manifestOf(status, as);
  }

  const fetchFile = (url: string, as = token, headers: Record<string, string> = {}) =>
    hub.app.inject({ url: `/fhir/${pathOf(url)}`, headers: { authorization: `Bearer ${as}`, ...headers } });

  async function linesOf(file: File, as = token): Promise<Resource[]> {
    const { statusCode, body } = await fetchFile(file.url, as);
    expect(statusCode).toBe(200);
    expect(body.endsWith('\n')).toBe(true);
    return body
      .slice(0, -1)
      .split('\n')
      .map((line) => JSON.parse(line) as Resource);
  }

  async function resourcesOf(manifest: Manifest, as = token): Promise<Resource[]> {
    return (await Promise.all(manifest.output.map((file) => linesOf(file, as)))).flat();
  }

  async function deletedOf({ deleted }: Manifest, as = token): Promise<string[]> {
    const bundles = (await Promise.all(deleted.map((file) => linesOf(file, as)))).flat();
    expect(bundles.map((b) => [b.resourceType, b['type']])).toEqual(bundles.map(() => ['Bundle', 'transaction']));
    return bundles.flatMap((b) =>
      (b['entry'] as { request: { method: string; url: string } }[]).map((e) => `${e.request.method} ${e.request.url}`),
    );
  }

  async function create(family: string, as = token): Promise<string> {
    const body = { resourceType: 'Patient', name: [{ family, given: ['Анна'] }] };
    const answer = await ask(hub, 'POST', 'Patient', { token: as, body });
    expect(answer.status).toBe(201);
    return answer.body.id!;
  }
  /** Until somebody waits for a lock on a table, which is then sure to be held. */
  async function untilWaiting(table: string): Promise<void> {
    const text = 'select from pg_locks where relation = $1::regclass and not granted';
    while ((await hub.pool.query(text, [table])).rowCount === 0);
  }

  return {
    ...{ target, hub, token, runDue, untilWaiting },
    ...{ kickOff, begin, manifestOf, exported, fetchFile, linesOf, resourcesOf, deletedOf, create },
    /** Nobody has exported anything. */
    forget: () => hub.pool.query('delete from export'),
    close: target.close,
  };
}
