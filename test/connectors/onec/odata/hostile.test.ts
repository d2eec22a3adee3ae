/** Whatever stands in a row of 1С: a reading is whole or fails, a booking has an outcome, and "booked" is true. */
import { afterAll, expect, test } from 'vitest';
import type { Row } from '../../../../sandbox/onec-odata/row.ts';
import { MisReadError } from '../../../../src/connectors/connector.ts';
import { now } from '../connect.ts';
import { requestOf } from '../stage.ts';
import { bookable, openOdataStage, soon } from './stage.ts';

const stage = await openOdataStage({ traps: { filter: 'ignored', licences: 100 } });
const { operations } = stage.open(bookable);
const day = { start: now, end: now + 86_400_000 };
const { schedule, slot } = await operations.schedule!.read(day, undefined, soon());
const free = slot!.filter(({ status }) => status === 'free').values();
afterAll(() => stage.close());

const odd: readonly unknown[] = [
  ...[null, true, -1, 1e300, '', ' ', 'нет', '0001-01-01T00:00:00', '9999-12-31T23:59:59', '2026-02-30T10:00:00'],
  ...['2026-12-01T09:00:00Z', '00000000-0000-0000-0000-000000000000', [], {}, [[]], { value: 1 }],
  ...['x'.repeat(100_000), '\u0000', '\ud800', "'; drop", '__proto__'],
];

const { visits, hours, patients } = bookable.entities;
const fields = [visits, hours, patients]
  .flatMap(({ set, fields }) =>
    ['Ref_Key', 'DeletionMark', ...Object.values(fields)].map((field) => [set, field] as const),
  )
  .filter(([set, field]) => stage.sandbox.base.get(set)!.fields.some(({ name }) => name === field))
  .map(([set, field], i) => [set, field, odd[i % odd.length]] as const);

const read = (set: string): Promise<unknown> =>
  set === patients.set
    ? operations.patientIndex!.find({ PatientSurname: 'Проверкина', Birthday: '1990-02-03' }, soon())
    : operations.schedule!.read(day, undefined, soon());

const isLive = (row: Row) => row['DeletionMark'] !== true && row['Состояние'] !== 'Отменена';

test.each(fields)('%s.%s', async (name, field, chosen) => {
  const { rows } = stage.sandbox.base.get(name)!;
  const [first] = rows;
  for (const value of odd) {
    rows[0] = { ...first, [field]: value } as Row;
    const came = await read(name).catch((error: unknown) => error);
    if (came instanceof Error) expect(came).toBeInstanceOf(MisReadError);
  }
  rows[0] = { ...first, [field]: chosen } as Row;
  const at = free.next().value!;
  const request = requestOf({ slot: at, schedule: schedule!.find(({ key }) => key === at['schedule'])! }, 'b-1');
  let kept: string | undefined;
  const keep = async (reference: string) => {
    kept = reference;
  };
  const outcome = await operations.booking!.book(request, undefined, keep, { signal: soon(), booking: 'b-1' });
  rows[0] = first!;
  const mark = kept?.split(';')[1];
  const ours = stage.sandbox.desk
    .visits()
    .filter((row) => mark !== undefined && String(row['Комментарий']).includes(mark));
  const told = `${JSON.stringify(chosen).slice(0, 50)}: ${JSON.stringify(outcome)}`;
  if (outcome.outcome === 'confirmed') expect(ours.filter(isLive), told).toHaveLength(1);
  if (outcome.outcome === 'rejected') expect(ours.filter(isLive), told).toHaveLength(0);
});
