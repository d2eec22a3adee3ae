/** Bytes of a slot: they are put together from a short text that Postgres makes, so every shape of that text is tried. */
import { afterAll, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { slotReasons, slotStatuses } from '../../src/store/slot.ts';
import { ask, createTestHub } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { begin, createMemoryMis, openMemoryClinic, quarterSlots, schedules } from '../support/memory-mis.ts';

const at = (minutes: number) => `${new Date(begin + minutes * 60_000).toISOString().slice(0, 19)}Z`;

const hub = await createMemoryHub({ slots: quarterSlots(schedules[0].key, begin, 1) });
await hub.read();
afterAll(() => hub.close());

const id = idOf('demo', 'Slot', `${schedules[0].key};${at(0)}`);
const extension = (valueCode: string) => [
  { url: 'https://medmost.ru/fhir/StructureDefinition/slot-reason', valueCode },
];

type Expected = Record<string, unknown>;

/** Row → what a client reads. */
const cases: [row: string, expected: Expected][] = [
  ...['', '.1', '.12', '.123', '.123456', '.999999'].map((fraction): [string, Expected] => [
    `updated = '2026-11-21 23:59:59${fraction}+00'`,
    { meta: { versionId: '1', lastUpdated: `2026-11-21T23:59:59.${fraction.slice(1, 4).padEnd(3, '0')}Z` } },
  ]),
  [`version = 123456`, { meta: { versionId: '123456', lastUpdated: '2026-11-21T23:59:59.999Z' } }],
  ...slotStatuses.map((status, i): [string, Expected] => [`status = ${i}`, { status }]),
  [`start_at = '0001-01-01 00:00:00+00'`, { start: '0001-01-01T00:00:00Z' }],
  [`start_at = '${at(0)}'`, { start: at(0) }],
  [`start_at = start_at + interval '0.4 s', end_at = end_at + interval '0.4 s'`, { start: at(0), end: at(15) }],
  ...slotReasons
    .slice(1)
    .map((reason, i): [string, Expected] => [`reason = ${i + 1}`, { extension: extension(reason) }]),
];

test.each(cases)('%s', async (row, expected) => {
  await hub.pool.query(`update slot set ${row}`);
  const { body } = await ask(hub, 'GET', `Slot/${id}`);
  expect(body).toMatchObject({ resourceType: 'Slot', id, start: at(0), end: at(15), ...expected });
  expect(body['extension']).toEqual(expected['extension']);
  const { body: page } = await ask(hub, 'GET', 'Slot');
  const fullUrl = `http://hub.test/fhir/Slot/${id}`;
  expect(page['entry']).toEqual([{ fullUrl, resource: body, search: { mode: 'match' } }]);
});

test('neither the zone nor the style of dates of the database changes an answer', async () => {
  const before = await ask(hub, 'GET', 'Slot');
  const { rows } = await hub.pool.query<{ name: string }>('select current_database() as name');
  const name = rows[0]!.name;
  await hub.pool.query(`alter database ${name} set timezone = 'Asia/Tokyo'`);
  await hub.pool.query(`alter database ${name} set datestyle = 'German'`);
  const mis = createMemoryMis();
  const later = await createTestHub(hub.url, (n) => [openMemoryClinic('demo', n.get('demo')!, mis)]);
  expect((await ask(later, 'GET', 'Slot')).body).toEqual(before.body);
  await later.close();
});
