/** When the doctors of the pretend hospital receive, who is booked, and the cards of patients. Everybody is invented. */
import { type EntitySet, type Field, folders, guidOf, noDate, nothing, type Row, row, standard } from './row.ts';

const cardFields: readonly Field[] = [
  { name: 'ДатаРождения', type: 'Edm.DateTime' },
  { name: 'Телефон', type: 'Edm.String', maxLength: 20 },
  { name: 'СНИЛС', type: 'Edm.String', maxLength: 14 },
];
const hourFields: readonly Field[] = [
  { name: 'Сотрудник_Key', type: 'Edm.Guid' },
  { name: 'День', type: 'Edm.DateTime' },
  { name: 'Начало', type: 'Edm.DateTime' },
  { name: 'Окончание', type: 'Edm.DateTime' },
  { name: 'Длительность', type: 'Edm.Int16' },
];
const visitFields: readonly Field[] = [
  { name: 'Ref_Key', type: 'Edm.Guid' },
  { name: 'DataVersion', type: 'Edm.String' },
  { name: 'DeletionMark', type: 'Edm.Boolean' },
  { name: 'Number', type: 'Edm.String', maxLength: 9 },
  { name: 'Date', type: 'Edm.DateTime' },
  { name: 'Posted', type: 'Edm.Boolean' },
  { name: 'Сотрудник_Key', type: 'Edm.Guid' },
  { name: 'Отделение_Key', type: 'Edm.Guid' },
  { name: 'Пациент_Key', type: 'Edm.Guid' },
  { name: 'Начало', type: 'Edm.DateTime' },
  { name: 'Окончание', type: 'Edm.DateTime' },
  { name: 'Минут', type: 'Edm.Int16' },
  { name: 'Состояние', type: 'Edm.String' },
  { name: 'Комментарий', type: 'Edm.String', maxLength: 100 },
  { name: 'Заметка', type: 'Edm.String', maxLength: 20 },
];

export const visitSet = 'Document_ЗаписьНаПрием';
export const cardSet = 'Catalog_Картотека';
export const cancelled = 'Отменена';
const days = 21;

export function receptionSets(start: string, staff: readonly string[]): EntitySet[] {
  const dates = Array.from({ length: days }, (_, i) =>
    new Date(Date.parse(`${start}T00:00:00Z`) + i * 86_400_000).toISOString().slice(0, 10),
  );
  return [
    { name: cardSet, fields: [...standard, ...folders, ...cardFields], rows: cards() },
    { name: 'InformationRegister_ГрафикПриема', fields: hourFields, rows: hours(dates, staff) },
    { name: visitSet, fields: visitFields, rows: visits(dates, staff) },
  ];
}

function cards(): Row[] {
  const card = (number: number, name: string, birthday: string, more: Row = {}): Row =>
    row('e', number, name, {
      ...{ IsFolder: false, Parent_Key: nothing, ДатаРождения: birthday, Телефон: '', СНИЛС: '' },
      ...more,
    });
  return [
    card(1, 'Проверкина Аглая Тестовна', '1990-02-03T00:00:00', {
      Телефон: '+7 900 000-00-01',
      СНИЛС: '000-000-600 04',
    }),
    card(2, 'Ровесников Лука Лукич', '1990-02-03T00:00:00'),
    card(3, 'Двойникова Ида Петровна', '1985-05-05T00:00:00', { СНИЛС: '000-000-600 05' }),
    card(4, 'Двойникова Ида Петровна', '1985-05-05T00:00:00', { Телефон: '8 900 000 00 04' }),
    card(5, 'Удалённая Нина Ильинична', '1979-09-09T00:00:00', { DeletionMark: true }),
    card(6, 'Безднева Майя Юрьевна', noDate),
    card(90, 'Архив', noDate, { IsFolder: true }),
  ];
}

const time = (hour: string): string => `0001-01-01T${hour}:00`;

/** From nine to one; the second also in the evening, the third over midnight, the last never. Only the first has minutes. */
function hours(dates: readonly string[], staff: readonly string[]): Row[] {
  const turn = (i: number, day: string, from: string, until: string): Row => ({
    ...{ Сотрудник_Key: staff[i]!, День: `${day}T00:00:00`, Начало: time(from), Окончание: time(until) },
    Длительность: i === 0 ? 15 : 0,
  });
  return staff
    .slice(0, -1)
    .flatMap((_, i) =>
      dates.flatMap((day) => [
        turn(i, day, '09:00', '13:00'),
        ...(i === 1 ? [turn(i, day, '17:00', '19:00')] : []),
        ...(i === 2 ? [turn(i, day, '22:00', '00:00')] : []),
      ]),
    );
}

export interface NewVisit {
  readonly employee: string;
  /** Local. */
  readonly start: string;
  readonly end: string;
  readonly patient?: string;
  readonly more?: Row;
}

let count = 0;

export function visitRow({ employee, start, end, patient = guidOf('e', 2), more = {} }: NewVisit): Row {
  count += 1;
  return {
    ...{ Ref_Key: guidOf('d', count), DataVersion: 'AAAAAQAAAAA=', DeletionMark: false },
    ...{ Number: String(count).padStart(9, '0'), Date: '2026-11-01T10:00:00', Posted: false },
    ...{ Сотрудник_Key: employee, Отделение_Key: guidOf('a', 1), Пациент_Key: patient },
    ...{
      Начало: start,
      Окончание: end,
      Минут: 0,
      Состояние: 'Записан',
      Комментарий: 'по телефону',
      Заметка: '',
      ...more,
    },
  };
}

/** At ten somebody is booked with everybody; a cancelled and a deleted one occupy nothing; one has no end, one nobody. */
function visits(dates: readonly string[], staff: readonly string[]): Row[] {
  return dates.flatMap((day) =>
    staff.flatMap((employee) => {
      const at = (from: string, until: string, more: Row = {}) =>
        visitRow({ employee, start: `${day}T${from}:00`, end: `${day}T${until}:00`, more });
      return [
        at('10:00', '10:15'),
        at('11:00', '11:30', { Состояние: cancelled }),
        at('11:00', '11:30', { DeletionMark: true }),
        at('12:00', '12:00', { Окончание: noDate }),
        at('12:30', '13:00', { Сотрудник_Key: nothing }),
      ];
    }),
  );
}
