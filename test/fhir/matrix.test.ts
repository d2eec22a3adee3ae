/** The matrix of access (RELIABILITY §5.3): everybody asks for everything, and no answer holds what is not his. */
import { hash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type Plant, plantMutant } from '../support/mutant.ts';
import { exportAs } from './matrix/exported.ts';
import { type Ground, layGround } from './matrix/ground.ts';
import { type Request, requestsFor } from './matrix/requests.ts';
import { hiddenFrom, leaksIn, scan } from './matrix/scan.ts';
import * as support from './matrix/support.ts';

/** `MATRIX_SHARE=1` sends all 120,000. */
const share = Number(process.env['MATRIX_SHARE'] ?? '0.1');
const ground = await layGround(support);
afterAll(() => ground.hub.close());
const total = { sent: 0 };

const isChosen = ({ method, path }: Request, asker: string) =>
  Number.parseInt(hash('sha1', `${asker} ${method} ${path}`).slice(0, 6), 16) / 0x1000000 < share;

const versions = async () => {
  const { rows } = await ground.hub.pool.query<{ digest: string }>(
    `select md5(string_agg(type || id || version, ',' order by type, id)) as digest from document where id = any($1::uuid[])`,
    [ground.secrets.map((s) => s.id)],
  );
  return rows[0]!.digest;
};

describe.each(ground.askers.map((asker) => [asker.name, asker] as const))('%s', (_name, asker) => {
  const hidden = hiddenFrom(ground, asker);
  const shown = ground.secrets.filter((s) => asker.sees(s));

  test('learns nothing that is not for it, and changes nothing', async () => {
    const before = await versions();
    const requests = (await requestsFor(ground, hidden)).filter((r) => isChosen(r, asker.name));
    const { sent, found, own } = await scan(ground, asker, requests);
    total.sent += sent;
    expect(found.slice(0, 20)).toEqual([]);
    if (shown.length > 0) expect(own).toBeGreaterThan(0);
    expect(await versions()).toBe(before);
  }, 300_000);

  test('is exported what is its own', async () => {
    const text = await exportAs(ground.hub, asker.token, support.workOnce);
    if (text === undefined) return;
    expect([...leaksIn(text, { path: '' }, hidden)]).toEqual([]);
    const current = shown.filter((s) => !['Encounter', 'Communication'].includes(s.type));
    for (const { canary } of current) expect(text).toContain(canary);
  }, 60_000);
});

test('5,000 requests at least were sent', () => {
  console.log(`requests of the matrix: ${total.sent}, by ${ground.askers.length} askers`);
  expect(total.sent).toBeGreaterThan(5000);
});

describe('a predicate that is missing is found', () => {
  const plants: readonly (readonly [what: string, family: Request['family'] | 'export', plant: Plant])[] = [
    [
      'on what refers to the matches',
      'include',
      {
        file: 'src/fhir/search/include.sql.ts',
        find: "and ${referencing(include, c.parameters)} and ${s.visible('d')}`",
        replace: 'and ${referencing(include, c.parameters)}`',
      },
    ],
    [
      'on _has',
      'has',
      {
        file: 'src/fhir/search/condition.ts',
        find: 'const test = `${visibleRows(s, from)} and ${conditionOf(s, from, filter, c)}`;\n  if (from.slots)',
        replace: 'const test = `${conditionOf(s, from, filter, c)}`;\n  if (from.slots)',
      },
    ],
    [
      'on history',
      'history',
      {
        file: 'src/store/visibility.ts',
        find: 'slots ? openTo(alias, first) : rightsOn(alias, first)',
        replace: 'slots ? openTo(alias, first) : `(${rightsOn(alias, first)} or true)`',
      },
    ],
    [
      'on export',
      'export',
      {
        file: 'src/fhir/export/query.ts',
        find: 'visibleRows(s, rows),\n    ...(any',
        replace: '`(${visibleRows(s, rows)} or d.clinic > 0)`,\n    ...(any',
      },
    ],
    [
      'on types that are not within the scopes',
      'include',
      {
        file: 'src/store/visibility.ts',
        find: 'return `${keyFits(alias, keys)} and (${types} is null or ${alias}.type = any(${types}))`',
        replace: 'return `${keyFits(alias, keys)} and (${types} is null or true)`',
      },
    ],
    [
      'on the second key',
      'search',
      {
        file: 'src/store/visibility.ts',
        find: 'or ${alias}.under = any(${keys})',
        replace: 'or ${alias}.under is not null',
      },
    ],
  ];

  test.each(plants)(
    '%s',
    async (_what, family, plant) => {
      const program = await plantMutant([plant], ['test']);
      const planted = (await import(join(program, 'test/fhir/matrix/support.ts'))) as typeof support;
      const mutant = await layGround(planted);
      expect(await leaksOf(mutant, planted, family)).not.toEqual([]);
      await mutant.hub.close();
    },
    300_000,
  );
});

/** Until the first is found. */
async function leaksOf(on: Ground, planted: typeof support, family: Request['family'] | 'export'): Promise<unknown[]> {
  for (const asker of on.askers) {
    const hidden = hiddenFrom(on, asker);
    if (family === 'export') {
      const text = (await exportAs(on.hub, asker.token, planted.workOnce)) ?? '';
      const leaks = [...leaksIn(text, { path: '' }, hidden)];
      if (leaks.length > 0) return leaks;
      continue;
    }
    const all = await requestsFor(on, hidden);
    const requests = all.filter(
      (r) => r.family === family && (family !== 'search' || r.path.startsWith('Appointment')),
    );
    const { found } = await scan(on, asker, requests);
    if (found.length > 0) return [...found];
  }
  return [];
}
