/** Patients by HubService: found by whatever is given, added once, their phones changed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../../support/hub.ts';
import { createStage, guids, lpu, type Stage } from './stage.ts';

let stage: Stage;
let id: string;
beforeAll(async () => {
  stage = await createStage();
  const { result } = await stage.call('AddNewPatient', { idLpu, patient: { ...person, ...papers } });
  id = result.IdPat!;
});
afterAll(() => stage.close());

const idLpu = lpu.one;
const person = { Surname: 'Ёлкина', Name: 'Анна', SecondName: 'Ивановна', Birthday: '1985-03-31T00:00:00' };
const papers = {
  ...{ Snils: '000-000-600 04', Polis_N: '7850000000000014', Document_S: '40 05', Document_N: '123456' },
  ...{ CellPhone: '+7 900 000-00-01', HomePhone: '88120000002' },
};

const check = (pat: object, guid: string = guids.concentrator) => stage.call('CheckPatient', { idLpu, pat, guid });

describe('AddNewPatient', () => {
  test('makes a Patient that FHIR knows', async () => {
    const { body } = await ask(stage.hub, 'GET', `Patient/${id}`, {
      token: await stage.hub.token({ clinics: ['one'] }),
    });
    expect(body).toMatchObject({
      name: [{ use: 'official', family: 'Ёлкина', given: ['Анна', 'Ивановна'] }],
      birthDate: '1985-03-31',
      identifier: [
        { system: 'urn:oid:1.2.643.100.3', value: '00000060004' },
        { value: expect.stringMatching(/7850000000000014$/) },
        { system: 'urn:oid:1.2.643.5.1.13.13.99.2.48.1', value: '4005:123456' },
      ],
      telecom: [
        { system: 'phone', value: '+79000000001', use: 'mobile' },
        { system: 'phone', value: '+78120000002', use: 'home' },
      ],
    });
  });

  test('twenty at once and once more are one, time after time', async () => {
    for (const Surname of ['Разова', 'Двухова', 'Трёхова', 'Четырёхова', 'Пятова']) {
      const add = () => stage.call('AddNewPatient', { idLpu, patient: { ...person, Surname } });
      const all = await Promise.all(Array.from({ length: 20 }, add));
      all.push(await add());
      expect(new Set(all.map((a) => a.result.IdPat)).size, Surname).toBe(1);
      expect(all[0]!.result.IdPat).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test('a namesake with another СНИЛС is another; a СНИЛС of somebody else is refused', async () => {
    const namesake = await stage.call('AddNewPatient', { idLpu, patient: { ...person, Snils: '000-000-601 05' } });
    expect(namesake.result).toMatchObject({ Success: true });
    expect(namesake.result.IdPat).not.toBe(id);
    // Without one it is not told which of both is meant.
    expect((await stage.call('AddNewPatient', { idLpu, patient: person })).errors).toEqual([99]);
    const other = { ...person, Surname: 'Другая', Snils: '00000060004' };
    expect((await stage.call('AddNewPatient', { idLpu, patient: other })).errors).toEqual([21]);
  });

  test.each([
    ['no patient', undefined],
    ['no surname', { ...person, Surname: '' }],
    ['no birthday', { ...person, Birthday: undefined }],
    ['a birthday that is none', { ...person, Birthday: '1985-02-30T00:00:00' }],
    ['a wrong СНИЛС', { ...person, Snils: '112-233-445 96' }],
    ['a phone that is none', { ...person, CellPhone: '<b>' }],
    ['a name of signs', { ...person, Surname: '--' }],
    ['a name of 101 letters', { ...person, Name: 'а'.repeat(101) }],
  ])('%s is refused with 4', async (_, patient) => {
    expect((await stage.call('AddNewPatient', { idLpu, patient } as never)).errors).toEqual([4]);
  });
});

describe('CheckPatient', () => {
  test.each([
    ['by the beginning of a name, ё as е', { Surname: 'ЕЛК', Name: 'Ан', CellPhone: '89000000001' }],
    ['by СНИЛС', { Snils: '00000060004' }],
    ['by phone', { HomePhone: '8 (812) 000-00-02' }],
    ['by policy', { Polis_N: '7850000000000014' }],
    ['by passport', { Document_S: '4005', Document_N: '123 456' }],
    [
      'by id',
      {
        get IdPat() {
          return id;
        },
      },
    ],
  ])('%s', async (_, pat) => {
    const { result } = await check({ ...pat });
    expect(result).toMatchObject({ Success: true, IdPat: id });
  });

  test('each further field narrows', async () => {
    const pat = { Snils: '00000060004', Surname: 'Ёлкина', Birthday: '1985-03-31T00:00:00' };
    expect((await check(pat)).result.IdPat).toBe(id);
    for (const wrong of [{ Surname: 'Палкина' }, { Birthday: '1985-04-01T00:00:00' }, { SecondName: 'Анна' }])
      expect((await check({ ...pat, ...wrong })).errors).toEqual([20]);
  });

  test('nothing, nobody, several', async () => {
    expect((await check({})).errors).toEqual([4]);
    expect((await check({ AriaNumber: '5' })).errors).toEqual([4]);
    expect((await stage.call('CheckPatient', { idLpu })).errors).toEqual([4]);
    expect((await check({ Surname: 'Нетакой' })).errors).toEqual([20]);
    expect((await check({ Surname: '%' })).errors).toEqual([20]);
    expect((await check({ IdPat: 'не наш' })).errors).toEqual([20]);
    await stage.patient('Двойная');
    await stage.call('AddNewPatient', { idLpu, patient: { ...person, Surname: 'Двойная' } });
    expect((await check({ Surname: 'Двойная' })).errors).toEqual([21]);
  });

  test('patients of another clinic are not there', async () => {
    const own = await stage.call('CheckPatient', { idLpu: lpu.two, guid: guids.portal, pat: { Snils: '00000060004' } });
    expect(own.errors).toEqual([20]);
    const asked = { guid: guids.portal, idLpu: lpu.two, idPat: id };
    expect((await stage.call('GetPatientHistory', asked)).errors).toEqual([20]);
    expect((await stage.call('UpdatePhoneByIdPat', { ...asked, cellPhone: '+79000000009' })).errors).toEqual([20]);
  });
});

test('SearchTop10Patient tells ten at most, each as he is kept', async () => {
  for (let i = 0; i < 12; i++)
    await stage.call('AddNewPatient', {
      idLpu,
      patient: { ...person, Surname: 'Многова', Birthday: `19${60 + i}-01-01T00:00:00` },
    });
  const { result } = await stage.call('SearchTop10Patient', { idLpu, pat: { Surname: 'Многова' } });
  expect(result.ListPatient).toHaveLength(10);
  const { result: one } = await stage.call('SearchTop10Patient', { idLpu, pat: { Snils: papers.Snils } });
  expect(one.ListPatient).toEqual([
    {
      ...{ ...person, IdPat: id, Snils: '000-000-600 04', Polis_N: '7850000000000014', Document_S: '4005' },
      ...{ Document_N: '123456', CellPhone: '+79000000001', HomePhone: '+78120000002' },
    },
  ]);
  expect((await stage.call('SearchTop10Patient', { idLpu, pat: { Surname: 'Нетакой' } })).errors).toEqual([20]);
});

test('UpdatePhoneByIdPat changes the phones that are given, and nothing where nothing differs', async () => {
  const idPat = await stage.patient('Телефонова');
  const update = (more: object) => stage.call('UpdatePhoneByIdPat', { idLpu, idPat, ...more });
  expect((await update({ cellPhone: '+79000000003' })).result.Success).toBe(true);
  expect((await update({ homePhone: '88120000004' })).result.Success).toBe(true);
  expect((await update({ homePhone: '88120000004' })).result.Success).toBe(true);
  const { result } = await stage.call('SearchTop10Patient', { idLpu, pat: { IdPat: idPat } });
  expect(result.ListPatient).toMatchObject([{ CellPhone: '+79000000003', HomePhone: '+78120000004' }]);
  const token = await stage.hub.token({ clinics: ['one'] });
  expect((await ask(stage.hub, 'GET', `Patient/${idPat}`, { token })).headers['etag']).toBe('W/"3"');
  expect((await update({})).errors).toEqual([4]);
  expect((await stage.call('UpdatePhoneByIdPat', { idLpu, idPat: 'x', cellPhone: '1' })).errors).toEqual([20]);
});

test('GetPatientsAreas: nothing is known of участки', async () => {
  expect((await stage.call('GetPatientsAreas', { idLpu: '44', idPat: id })).errors).toEqual([41]);
});
