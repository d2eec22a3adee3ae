/** `СписокКлиник`, `Сотрудники`, `Каталоги`: the answers that say who and what the clinic is. protocols/onec.md §1.4. */
import { durationText } from '../common/local-time.ts';
import { Refusal, sentences } from './refusal.ts';
import { emptyGuid } from './specialties.ts';
import type { State } from './state.ts';
import { type Branch, type Tree, writeXml } from './xml.ts';

export const schemaTypes =
  'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
const uid = 'UID xsi:type="xs:string"';

export interface EmployeeRow {
  guid: string;
  position: number;
  surname: string;
  name: string;
  patronymic: string;
  title: string;
  specialization: string;
  clinic: string;
  minutes: number;
  cabinet: number;
  listed: number;
}

export function writeDocument(root: string, namespace: 'S1' | 'S2', tree: Tree): string {
  return `<?xml version="1.0"?>\n${writeXml(`${root} xmlns="${namespace}" ${schemaTypes}`, tree)}`;
}

export function answerClinics(state: State): string {
  const rows = state.all<{ guid: string; name: string }>('SELECT * FROM clinic ORDER BY position');
  return writeDocument('СписокКлиник', 'S1', {
    Клиника: rows.map((row) => ({ Наименование: row.name, УИД: row.guid })),
  });
}

export function answerEmployees(state: State): string {
  const rows = state.all<EmployeeRow>('SELECT * FROM employee WHERE listed = 1 ORDER BY position');
  const services = Map.groupBy(
    state.all<{ employee: string; service: string; minutes: number }>('SELECT * FROM employee_service'),
    (row) => row.employee,
  );
  const list = rows.map((row) => ({ ...employeeTree(row, services.get(row.guid) ?? []), ...extrasOf(row) }));
  return writeDocument('Сотрудники', 'S2', { Сотрудник: list });
}

function employeeTree(row: EmployeeRow, services: { service: string; minutes: number }[]): Branch {
  return {
    [uid]: row.guid,
    Наименование: row.title,
    Фамилия: row.surname,
    Имя: row.name,
    Отчество: row.patronymic,
    Специализация: row.specialization,
    Организация: row.clinic,
    ОсновныеУслуги: {
      ОсновнаяУслуга: services.map((s) => ({ [uid]: s.service, Продолжительность: durationText(s.minutes) })),
    },
  };
}

/** One transparent pixel: real bases put whole photographs here. */
const photo = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

/** Real bases add elements of their own, in changing order. */
function extrasOf(row: EmployeeRow): Branch {
  if (row.cabinet === 1) return {};
  const rating = { СреднийРейтинг: `${3 + (row.position % 3)},${row.position % 10}` };
  const about = { КраткоеОписание: `Стаж работы & опыт: лет – ${5 + (row.position % 25)}` };
  if (row.position % 3 === 0) return { Фото: photo, ...rating };
  if (row.position % 3 === 1) return { ...rating, ...about, ВозрастОт: '18', Подразделение: 'Амбулаторное отделение' };
  return {};
}

interface ServiceRow {
  guid: string;
  title: string;
  article: string;
  kind: string;
  parent: string;
  folder: number;
  price: string;
  minutes: number;
}

/** @param clinic GUID; the empty text and the empty GUID mean the whole base. @throws Refusal for an unknown clinic */
export function answerPrices(state: State, clinic: string): string {
  const known = state.get('SELECT 1 FROM clinic WHERE guid = ?', clinic);
  if (clinic !== '' && clinic !== emptyGuid && known === undefined) throw new Refusal(sentences.prices);
  const rows = state.all<ServiceRow>('SELECT * FROM service ORDER BY position');
  const list = rows.map((row) => ({
    [uid]: row.guid,
    Наименование: row.title,
    Артикул: row.article,
    БазоваяЕдиницаИзмерения: row.folder === 1 ? '' : 'шт',
    Цена: row.price,
    Продолжительность: durationText(row.minutes),
    Вид: row.kind,
    Родитель: row.parent,
    ЭтоПапка: row.folder === 1 ? 'true' : 'false',
  }));
  return writeDocument('Каталоги', 'S2', { Каталог: list });
}
