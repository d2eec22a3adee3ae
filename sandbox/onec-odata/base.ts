/**
 * A small hospital as its 1С would publish it. The names of sets and fields are this sandbox's own: nobody has published
 * those of a real configuration's staff (protocols/onec.md §5). Everybody in it is invented.
 */
import { paperSetsOf } from './papers.ts';
import { receptionSets } from './reception.ts';
import {
  type Base,
  type EntitySet,
  type Field,
  folders,
  guidOf,
  noDate,
  nothing,
  type Row,
  row,
  standard,
} from './row.ts';

const personal: readonly Field[] = [
  { name: 'Фамилия', type: 'Edm.String', maxLength: 50 },
  { name: 'Имя', type: 'Edm.String', maxLength: 50 },
  { name: 'Отчество', type: 'Edm.String', maxLength: 50 },
  { name: 'Отделение_Key', type: 'Edm.Guid' },
  { name: 'Специальность_Key', type: 'Edm.Guid' },
  { name: 'Должность', type: 'Edm.String', maxLength: 100 },
  { name: 'Уволен', type: 'Edm.Boolean' },
  { name: 'ДатаПриема', type: 'Edm.DateTime' },
];

const people = [
  'Ельникова Дарья Игоревна',
  'Торопов Савва Ильич',
  'Лисицын Пётр Макарович',
  'Оглоблина Инна Юрьевна',
  'Ли Вера',
  'Вьюгин Герман Олегович',
  'Алиев Тимур Рашид оглы',
  'Сорока Яна Львовна',
];
const departments = ['Терапевтическое отделение', 'Хирургическое отделение', 'Приёмное отделение'];
const specialties = ['Терапия', 'Хирургия', 'Стоматология'];

function personRow(name: string, i: number): Row {
  const [surname, given, ...patronymic] = name.split(' ');
  return row('c', i + 1, name, {
    ...{ IsFolder: false, Parent_Key: guidOf('c', 90) },
    ...{ Фамилия: surname!, Имя: given!, Отчество: patronymic.join(' ') },
    Отделение_Key: guidOf('a', (i % departments.length) + 1),
    Специальность_Key: guidOf('b', (i % specialties.length) + 1),
    ...{ Должность: 'Врач', Уволен: false, ДатаПриема: i === 0 ? noDate : '2019-03-04T00:00:00' },
  });
}

/** Beside good ones: a folder, a deleted one, one dismissed, and one whose references lead nowhere or to nothing. */
function staffRows(): Row[] {
  const odd = (number: number, name: string, more: Row): Row => ({
    ...personRow(name, 0),
    ...row('c', number, name),
    ...more,
  });
  return [
    odd(90, 'Врачи', { IsFolder: true, Фамилия: '', Имя: '', Отделение_Key: nothing, Специальность_Key: nothing }),
    ...people.map(personRow),
    odd(91, 'Удалённый Фока Фокич', { DeletionMark: true }),
    odd(92, 'Уволенная Зоя Зоевна', { Уволен: true }),
    odd(93, 'Безместный Лев Львович', { Отделение_Key: nothing, Специальность_Key: nothing }),
    odd(94, 'Висячая Ася Асеевна', { Отделение_Key: guidOf('a', 77), Специальность_Key: guidOf('b', 77) }),
  ];
}

/** @param start the day `yyyy-mm-dd` on which hours and visits begin */
export function createBase(start: string): Base {
  const staff = people.map((_, i) => guidOf('c', i + 1));
  const sets: readonly EntitySet[] = [
    ...receptionSets(start, staff),
    ...paperSetsOf(),
    {
      name: 'Catalog_Отделения',
      fields: [...standard, ...folders],
      rows: [
        ...departments.map((name, i) => row('a', i + 1, name, { IsFolder: false, Parent_Key: nothing })),
        row('a', 90, 'Корпус', { IsFolder: true, Parent_Key: nothing }),
        row('a', 91, 'Закрытое отделение', { IsFolder: false, Parent_Key: nothing, DeletionMark: true }),
      ],
    },
    {
      name: 'Catalog_Специальности',
      fields: standard,
      rows: specialties.map((name, i) => row('b', i + 1, name)),
    },
    { name: 'Catalog_Сотрудники', fields: [...standard, ...folders, ...personal], rows: staffRows() },
  ];
  return new Map(sets.map((set) => [set.name, set]));
}
