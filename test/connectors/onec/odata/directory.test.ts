/** What the directory says, and how it is asked for. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { guidOf } from '../../../../sandbox/onec-odata/row.ts';
import { entities, type OdataStage, openOdataStage, soon } from './stage.ts';

let stage: OdataStage;
beforeEach(async () => {
  stage = await openOdataStage();
});
afterEach(() => stage.close());

const read = (settings?: Record<string, unknown>) => stage.open(settings).operations.directory!(soon());
const optionsOf = (query: string) => new URLSearchParams(query.split('?')[1]);

describe('records', () => {
  test('departments without folders and without deleted ones', async () => {
    const { branch } = await read();
    expect(branch).toEqual([
      { key: guidOf('a', 1), name: 'Терапевтическое отделение' },
      { key: guidOf('a', 2), name: 'Хирургическое отделение' },
      { key: guidOf('a', 3), name: 'Приёмное отделение' },
    ]);
  });

  test('an employee with the parts of the name, the speciality by its name and the department', async () => {
    const { employee, role } = await read();
    expect(employee!.find(({ key }) => key === guidOf('c', 1))).toEqual({
      key: guidOf('c', 1),
      name: 'Ельникова Дарья Игоревна',
      surname: 'Ельникова',
      givenName: 'Дарья',
      patronymic: 'Игоревна',
      specialization: 'Терапия',
      branch: guidOf('a', 1),
    });
    expect(role).toHaveLength(8);
    expect(role![0]).toEqual({
      key: `${guidOf('c', 1)};${guidOf('a', 1)}`,
      employee: guidOf('c', 1),
      branch: guidOf('a', 1),
      employeeName: 'Ельникова Дарья Игоревна',
      branchName: 'Терапевтическое отделение',
      specialization: 'Терапия',
    });
  });

  test('an empty patronymic, an empty GUID and a reference that leads nowhere are absent', async () => {
    const { employee, role } = await read();
    const found = (number: number) => employee!.find(({ key }) => key === guidOf('c', number))!;
    expect(Object.keys(found(5))).not.toContain('patronymic');
    for (const number of [93, 94])
      expect(Object.keys(found(number)).toSorted()).toEqual(['givenName', 'key', 'name', 'patronymic', 'surname']);
    expect(role!.filter(({ employee }) => [93, 94].some((n) => employee === guidOf('c', n)))).toEqual([]);
  });

  test('nobody deleted, dismissed or a folder; not even where the base ignores the filter', async () => {
    const keys = async () => (await read()).employee!.map(({ key }) => key);
    for (const number of [90, 91, 92]) expect(await keys()).not.toContain(guidOf('c', number));
    stage.sandbox.traps.filter = 'ignored';
    for (const number of [90, 91]) expect(await keys()).not.toContain(guidOf('c', number));
  });

  test('a name in one field is taken apart, and a speciality may be a text', async () => {
    const fields = { branch: 'Отделение_Key', specialization: 'Должность' };
    const { employee } = await read({
      entities: { ...entities, specializations: undefined, staff: { set: 'Catalog_Сотрудники', fields } },
    });
    expect(employee!.find(({ key }) => key === guidOf('c', 7))).toMatchObject({
      ...{ surname: 'Алиев', givenName: 'Тимур', patronymic: 'Рашид оглы', specialization: 'Врач' },
    });
    expect(Object.keys(employee!.find(({ key }) => key === guidOf('c', 5))!)).not.toContain('patronymic');
  });

  test('a field with an empty date is absent', async () => {
    const fields = { branch: 'Отделение_Key', specialization: 'ДатаПриема' };
    const { employee } = await read({
      entities: { ...entities, specializations: undefined, staff: { set: 'Catalog_Сотрудники', fields } },
    });
    expect(employee!.find(({ key }) => key === guidOf('c', 1))).not.toHaveProperty('specialization');
    expect(employee!.find(({ key }) => key === guidOf('c', 2))).toHaveProperty('specialization');
  });
});

test.each([
  ['Ref_Key', '00000000-0000-0000-0000-000000000000', 'a row has an empty Ref_Key'],
  ['Ref_Key', 'нет', 'Ref_Key is not a GUID'],
  ['Description', '  ', 'a row of Catalog_Отделения has no name'],
])('a branch whose %s is %j: nothing is read', async (field, value, told) => {
  const { rows } = stage.sandbox.base.get('Catalog_Отделения')!;
  rows[0] = { ...rows[0]!, [field]: value };
  await expect(read()).rejects.toMatchObject({ name: 'MisReadError', message: `1С: ${told}` });
});

describe('requests', () => {
  test('spaces are %20, Cyrillic is percent-encoded, JSON is asked for, and no more fields than needed', async () => {
    await read();
    const lists = stage.sandbox.asked.filter(({ query }) => query.includes('?'));
    expect(lists).toHaveLength(3);
    for (const { query } of lists) {
      expect(query).not.toMatch(/[+ \u0400-\u04ff]/);
      expect(optionsOf(query).get('$format')).toBe('json');
    }
    const staff = optionsOf(lists.at(-1)!.query);
    expect(staff.get('$filter')).toBe('DeletionMark eq false and IsFolder eq false and (Уволен eq false)');
    expect(staff.get('$select')).toBe(
      'Ref_Key,Description,Фамилия,Имя,Отчество,Отделение_Key,Специальность_Key,DeletionMark,IsFolder',
    );
    // The set of specialities has no folders, so nothing is asked about them.
    expect(optionsOf(lists[1]!.query).get('$filter')).toBe('DeletionMark eq false');
  });

  test('$metadata is read once, and again when something that was there is gone', async () => {
    const { operations } = stage.open();
    const times = () => stage.sandbox.asked.filter(({ query }) => query === '$metadata').length;
    await operations.directory!(soon());
    await operations.directory!(soon());
    await operations.ping!(soon());
    expect(times()).toBe(1);
    stage.sandbox.traps.unpublished = ['Catalog_Отделения'];
    await expect(operations.directory!(soon())).rejects.toThrow();
    await expect(operations.directory!(soon())).rejects.toThrow(/HTTP status 404|entities.branches.set/);
    await expect(operations.directory!(soon())).rejects.toThrow(/entities.branches.set: Catalog_Отделения/);
    stage.sandbox.traps.unpublished = [];
    expect((await operations.directory!(soon()))['branch']).toHaveLength(3);
  });
});

describe('a configuration that the base does not have', () => {
  test('every fault is told at once, by ping and by a reading, and asking again is no use', async () => {
    const fields = { ...entities.staff.fields, surname: 'Familia', key: 'Description', branch: 'Нет_Key' };
    const { operations } = stage.open({
      entities: { branches: { set: 'Catalog_Нет' }, staff: { set: 'Catalog_Сотрудники', fields } },
    });
    const told =
      '1С does not publish what is configured: entities.branches.set: Catalog_Нет is not published; ' +
      'entities.staff.fields.surname: Catalog_Сотрудники has no field Familia; ' +
      'entities.staff.fields.branch: Catalog_Сотрудники has no field Нет_Key; ' +
      'entities.staff.fields.key: Description is Edm.String, not Edm.Guid; ' +
      'entities.staff.fields.specialization: Специальность_Key is a reference; set entities.specializations';
    for (const reading of [operations.ping!(soon()), operations.directory!(soon())])
      await expect(reading).rejects.toMatchObject({ name: 'MisReadError', retryable: false, message: told });
    expect(stage.sandbox.asked.every(({ query }) => query === '$metadata')).toBe(true);
  });

  test('a set that is left out of what is published', async () => {
    stage.sandbox.traps.unpublished = ['Catalog_Специальности'];
    await expect(read()).rejects.toThrow('entities.specializations.set: Catalog_Специальности is not published');
  });

  test('nothing is published at all', async () => {
    stage.sandbox.traps.unpublished = [...stage.sandbox.base.keys()];
    await expect(read()).rejects.toThrow('$metadata names no entity set');
  });

  test('a field of a value type is none of a set', async () => {
    const fields = { ...entities.staff.fields, surname: 'Лишнее' };
    await expect(read({ entities: { ...entities, staff: { ...entities.staff, fields } } })).rejects.toThrow(
      'has no field Лишнее',
    );
  });

  test.each(['ru', 'en'] as const)('an error is told alike whether the base speaks %s', async (language) => {
    stage.sandbox.traps.language = language;
    const staff = { ...entities.staff, filter: 'Нет eq true' };
    await expect(read({ entities: { ...entities, staff }, sessions: false })).rejects.toMatchObject({
      message: '1С: HTTP status 400, code 6: a set, a field or a function that it does not know',
    });
  });

  test('a filter that 1С cannot read names its code, and not the words of 1С', async () => {
    for (const [filter, code] of [
      ['Фамилия contains "Проверкина"', 14],
      ["Нет eq 'Проверкина'", 6],
    ] as const) {
      const { operations, exchanges } = stage.open({
        entities: { ...entities, staff: { ...entities.staff, filter } },
        sessions: false,
      });
      const error = await operations.directory!(soon()).catch((e: Error) => e);
      expect(error).toMatchObject({ name: 'MisReadError', retryable: false });
      expect(String(error)).toContain(`HTTP status 400, code ${code}`);
      expect(String(error)).not.toContain('Проверкина');
      expect(exchanges.at(-1)).toMatchObject({ status: 400, outcome: 'failed' });
    }
  });
});
