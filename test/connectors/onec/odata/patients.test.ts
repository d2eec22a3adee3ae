/** Whose card a booking is written for, and whom Patient/$match is told of. protocols/onec.md §3.3, §5. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { guidOf } from '../../../../sandbox/onec-odata/row.ts';
import { now } from '../connect.ts';
import { mappings, requestOf } from '../stage.ts';
import { bookable, type OdataStage, openOdataStage, soon } from './stage.ts';

let stage: OdataStage;
beforeEach(async () => {
  stage = await openOdataStage();
});
afterEach(() => stage.close());

const day = { start: now, end: now + 86_400_000 };

/** Books the first free time for that person. @returns the outcome and the card that the visit is of */
async function book(person: object, settings: object = {}) {
  const { operations, exchanges } = stage.open({ ...bookable, ...settings });
  const { schedule, slot } = await operations.schedule!.read(day, undefined, soon());
  const first = slot!.find(({ status }) => status === 'free')!;
  const request = { ...requestOf({ slot: first, schedule: schedule![0]! }, 'b-1'), ...person };
  const outcome = await operations.booking!.book(request, undefined, async () => {}, {
    signal: soon(),
    booking: 'b-1',
  });
  const card = outcome.outcome === 'confirmed' ? outcome.reference.split(';')[0] : undefined;
  return { outcome, card, exchanges };
}

const twin = {
  PatientSurname: 'Двойникова',
  PatientName: 'Ида',
  PatientFatherName: 'Петровна',
  Birthday: '1985-05-05',
};
const stranger = { PatientSurname: 'Новичков', PatientName: 'Ян', PatientFatherName: '', Birthday: '2001-01-02' };
const refusal = (text: string) => ({ outcome: 'rejected', reason: 'rule', text: expect.stringContaining(text) });

describe('the card of a booking', () => {
  test('by date of birth and name, in capitals or not; only the date goes into an address', async () => {
    expect((await book({ PatientSurname: 'ПРОВЕРКИНА' })).card).toBe(guidOf('e', 1));
    const asked = stage.sandbox.asked.map(({ query }) => decodeURIComponent(query)).join('\n');
    expect(asked).toContain("ДатаРождения eq datetime'1990-02-03T00:00:00'");
    expect(asked).not.toMatch(/Проверкин|79000000001/i);
  });

  test('of namesakes born on one day by СНИЛС or phone; without them nobody is guessed', async () => {
    expect((await book({ ...twin, Phone: '', Snils: '00000060005' })).card).toBe(guidOf('e', 3));
    expect((await book({ ...twin, Phone: '+79000000004' })).card).toBe(guidOf('e', 4));
    expect((await book({ ...twin, Phone: '' })).outcome).toMatchObject(refusal('несколько карт'));
    const { rows } = stage.sandbox.base.get('Catalog_Картотека')!;
    rows[2] = { ...rows[2]!, Телефон: '+79000000004' };
    expect((await book({ ...twin, Phone: '+79000000004' })).outcome).toMatchObject(refusal('несколько карт'));
  });

  test('another СНИЛС on the card is another person, and so is a deleted card', async () => {
    expect((await book({ Snils: '00000060099' })).outcome).toMatchObject(refusal('не нашла вашу карту'));
    const gone = { PatientSurname: 'Удалённая', PatientName: 'Нина', PatientFatherName: '', Birthday: '1979-09-09' };
    expect((await book(gone)).outcome).toMatchObject(refusal('не нашла вашу карту'));
    stage.sandbox.traps.filter = 'ignored';
    expect((await book(gone)).outcome).toMatchObject(refusal('не нашла вашу карту'));
  });

  test('nobody: refused, and nothing is written', async () => {
    expect((await book(stranger)).outcome).toMatchObject(refusal('не нашла вашу карту'));
    expect(stage.sandbox.base.get('Catalog_Картотека')!.rows).toHaveLength(7);
  });
});

describe('a card that is made', () => {
  const patients = { add: true, create: { Parent_Key: guidOf('e', 90) } };
  const cards = () => stage.sandbox.base.get('Catalog_Картотека')!.rows;

  test('once, read back, and used', async () => {
    const { card, exchanges } = await book({ ...stranger, Snils: '00000060006' }, { patients });
    expect(cards().at(-1)).toMatchObject({
      ...{ Ref_Key: card, Description: 'Новичков Ян', ДатаРождения: '2001-01-02T00:00:00', СНИЛС: '00000060006' },
      ...{ Телефон: '+79000000001', Parent_Key: guidOf('e', 90) },
    });
    expect((await book(stranger, { patients })).card).toBe(card);
    expect(cards()).toHaveLength(8);
    for (const word of ['Новичков', '2001-01-02', '00000060006'])
      expect(JSON.stringify(exchanges.map((e) => e.request + e.response))).not.toContain(word);
  });

  test('what 1С drops makes it nobody’s; a refusal is one; a lost answer sends nobody away for good', async () => {
    stage.sandbox.traps.drops = ['ДатаРождения'];
    expect((await book(stranger, { patients })).outcome).toMatchObject(refusal('не завела карту'));
    stage.sandbox.traps.drops = [];
    stage.sandbox.fault('handler-500', 1, 'writes');
    expect((await book(stranger, { patients })).outcome).toMatchObject(refusal('не завела карту'));
    stage.sandbox.fault('reset', 1, 'writes');
    expect((await book(stranger, { patients })).outcome).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
    const count = cards().length;
    expect((await book(stranger, { patients })).outcome).toMatchObject({ outcome: 'confirmed' });
    expect(cards()).toHaveLength(count);
  });

  test('a name that 1С would cut is refused', async () => {
    const long = { ...stranger, PatientSurname: 'Я'.repeat(98) };
    expect((await book(long, { patients })).outcome).toMatchObject(refusal('длинные'));
    expect(cards()).toHaveLength(7);
  });
});

describe('behind Patient/$match', () => {
  const find = (query: object) => stage.open(bookable).operations.patientIndex!.find({ ...query }, soon());

  test('who shares the day and the surname, or a number; as the mapping takes it', async () => {
    const found = await find({ PatientSurname: 'Двойникова', Birthday: '1985-05-05' });
    expect(found['patient']!.map(({ key }) => key)).toEqual([guidOf('e', 3), guidOf('e', 4)]);
    expect(mappings.mirror('patient', found['patient']![0]!)[0]!.resource).toMatchObject({
      resourceType: 'Patient',
      identifier: [{ value: `urn:uuid:${guidOf('e', 3)}` }, { value: '00000060005' }],
      name: [{ family: 'Двойникова', given: ['Ида', 'Петровна'] }],
      birthDate: '1985-05-05',
    });
    const byNumber = await find({ PatientSurname: 'Иная', Phone: '89000000004', Birthday: '1985-05-05' });
    expect(byNumber['patient']!.map(({ key }) => key)).toEqual([guidOf('e', 4)]);
    expect(await find({ PatientSurname: 'Иная', Birthday: '1985-05-05' })).toEqual({ patient: [] });
  });

  test('without a date of birth nobody is asked for', async () => {
    expect(await find({ PatientSurname: 'Двойникова' })).toEqual({ patient: [] });
    expect(stage.sandbox.asked).toEqual([]);
  });

  test('a base that fails is told as such', async () => {
    stage.sandbox.fault('html-502', 1000);
    await expect(find({ PatientSurname: 'Двойникова', Birthday: '1985-05-05' })).rejects.toMatchObject({
      ...{ name: 'MisReadError', retryable: true },
    });
  });
});
