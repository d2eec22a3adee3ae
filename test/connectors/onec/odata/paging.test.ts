/** A list that may have been cut is not believed. protocols/onec.md §3.3.11. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OdataStage, openOdataStage, soon } from './stage.ts';

let stage: OdataStage;
beforeEach(async () => {
  stage = await openOdataStage();
});
afterEach(() => stage.close());

const read = (paging: Record<string, unknown>) => stage.open({ paging }).operations.directory!(soon());
const staffQueries = () =>
  stage.sandbox.asked.filter(({ query }) => query.includes(encodeURIComponent('Сотрудники'))).map(({ query }) => query);

test('by default all is asked for at once, and the count must agree', async () => {
  expect((await read({}))['employee']).toHaveLength(10);
  expect(staffQueries()).toHaveLength(1);
  expect(staffQueries()[0]).toMatch(/\$top=2000&\$inlinecount=allpages$/);
});

test('a full page without a way to read on fails, and asking again is no use', async () => {
  await expect(read({ rows: 4 })).rejects.toMatchObject({
    name: 'MisReadError',
    retryable: false,
    message: '1С: 4 rows of Catalog_Сотрудники came of 10; set paging',
  });
});

test('a count says that a full page is all there is; without it a full page is not believed', async () => {
  expect((await read({ rows: 10 }))['employee']).toHaveLength(10);
  await expect(read({ rows: 10, count: false })).rejects.toThrow('10 rows of Catalog_Сотрудники came, a full page');
  expect((await read({ rows: 11, count: false }))['employee']).toHaveLength(10);
});

test.each([1, 3, 4, 5])('by key, %i at a time: everybody comes once', async (rows) => {
  const whole = await read({});
  const { employee } = await read({ by: 'key', rows });
  const byKey = (one: object, other: object) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);
  expect(employee!.toSorted(byKey)).toEqual(whole['employee']!.toSorted(byKey));
  expect(staffQueries().filter((query) => query.includes('%20gt%20guid'))).not.toHaveLength(0);
});

test('by $skip, where the base has it', async () => {
  stage.sandbox.traps.skip = 'served';
  expect((await read({ by: 'skip', rows: 4 }))['employee']).toHaveLength(10);
  expect(staffQueries().map((query) => new URLSearchParams(query).get('$skip'))).toEqual([null, '4', '8']);
  expect((await read({ by: 'skip', rows: 5, count: false }))['employee']).toHaveLength(10);
});

test('a base without $skip: 501 names the setting', async () => {
  await expect(read({ by: 'skip', rows: 4 })).rejects.toMatchObject({
    retryable: false,
    message: '1С: HTTP status 501, code -1: it has no $skip; set paging.by to "key"',
  });
});

test('a base that ignores $skip, or the condition on the key, gives the same page again: not believed', async () => {
  stage.sandbox.traps.skip = 'ignored';
  await expect(read({ by: 'skip', rows: 4 })).rejects.toThrow('comes twice');
  stage.sandbox.traps.filter = 'ignored';
  await expect(read({ by: 'key', rows: 3 })).rejects.toThrow('comes twice');
});

test('a base that gives no count', async () => {
  stage.sandbox.traps.count = 'absent';
  await expect(read({})).rejects.toMatchObject({ retryable: false, message: /set paging.count to false/ });
  expect((await read({ count: false }))['employee']).toHaveLength(10);
});

test('paging by key without the count is refused with the settings', () => {
  expect(() => stage.open({ paging: { by: 'key', count: false } })).toThrow('paging by key needs the count');
});
