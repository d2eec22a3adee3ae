/** `ГрафикиДляСайта` in its three forms and four formats. protocols/onec.md §1.4. */

import { dayOf, durationText } from '../common/local-time.ts';
import { type EmployeeRow, schemaTypes, writeDocument } from './directory-answer.ts';
import type { Period } from './interval.ts';
import { type BusyPeriod, readTimetables, type Timetable, type Window } from './schedule.ts';
import { pauseKinds, workKind } from './specialties.ts';
import type { State } from './state.ts';
import { type Branch, escapeXml, type Tree, toJson } from './xml.ts';
import { zipOne } from './zip.ts';

/** `guid`: GetSchedule20; `title`: the old GetSchedule with names and colours; `envelope`: GetEnlargementSchedule. */
export type ScheduleForm = 'guid' | 'title' | 'envelope';

export interface ScheduleParams {
  clinic: string;
  employees: readonly string[];
  format: string;
}

/** An unknown branch or employee does not fail: the schedule comes unfiltered, with `ОшибкаПараметров` behind it. */
export function answerSchedule(state: State, window: Window, form: ScheduleForm, params: ScheduleParams): string {
  const errors = parameterErrors(state, params);
  const only = errors.length > 0 || params.employees.length === 0 ? undefined : new Set(params.employees);
  const tables = readTimetables(state, window, only).filter(
    (t) => errors.length > 0 || params.clinic === '' || t.clinic === params.clinic,
  );
  const note =
    errors.length === 0 ? {} : { ОшибкаПараметров: ['Ошибки разбора параметра Params:', ...errors].join('\n') };
  return inFormat({ ...scheduleTree(state, tables, form), ...note }, params.format);
}

function parameterErrors(state: State, params: ScheduleParams): string[] {
  const { clinic, employees } = params;
  const noClinic = clinic !== '' && state.get('SELECT 1 FROM clinic WHERE guid = ?', clinic) === undefined;
  const unknown = employees.filter((e) => state.get('SELECT 1 FROM employee WHERE guid = ?', e) === undefined);
  const sentence = unknown.map((e) => `Сотрудник не найден в базе по UUID: ${e}`);
  return noClinic ? [`Филиал не найден в базе по UUID: ${clinic}`, ...sentence] : sentence;
}

function inFormat(tree: Branch, format: string): string {
  const xml = () => writeDocument('ГрафикиДляСайта', 'S1', tree);
  const json = () => JSON.stringify({ ГрафикиДляСайта: toJson(tree) });
  const zip = (name: string, text: string) => zipOne(name, Buffer.from(`\ufeff${text}`, 'utf8')).toString('base64');
  if (format === 'JSON') return json();
  if (format === 'ZipJSON') return zip('v8_4440_11.json', json());
  if (format !== 'ZipXML') return xml();
  // The file holds an XDTO string: the document is escaped once more.
  return zip(
    'v8_4440_11.xml',
    `<string xmlns="http://www.w3.org/2001/XMLSchema" ${schemaTypes}>${escapeXml(xml())}</string>`,
  );
}

function scheduleTree(state: State, tables: readonly Timetable[], form: ScheduleForm): { [name: string]: Tree[] } {
  const rows = state.all<EmployeeRow>('SELECT * FROM employee');
  const employees = new Map(rows.map((row) => [row.guid, row]));
  const entries = tables
    .flatMap((table) => {
      const employee = employees.get(table.employee);
      return employee === undefined ? [] : [{ employee, table }];
    })
    .sort((a, b) => a.employee.position - b.employee.position);
  return {
    ГрафикДляСайта: entries.flatMap(({ employee, table }) =>
      repeated(employee, table).map((part) => entryTree(employee, part, form)),
    ),
  };
}

/** Every seventh employee comes in two parts of the same employee and branch; the reader has to join them. */
function repeated(employee: EmployeeRow, table: Timetable): Timetable[] {
  const middle = employee.position % 7 === 3 ? table.work[Math.ceil(table.work.length / 2)]?.start : undefined;
  if (middle === undefined) return [table];
  const part = (keep: (p: Period) => boolean) => ({
    ...table,
    work: table.work.filter(keep),
    free: table.free.filter(keep),
    busy: table.busy.filter(keep),
  });
  return [part((p) => p.start < middle), part((p) => p.start >= middle)];
}

function entryTree(employee: EmployeeRow, table: Timetable, form: ScheduleForm): Tree {
  const free = form === 'envelope' ? envelopes(table.work) : table.free;
  const busy = form === 'envelope' ? [] : table.busy;
  const extra =
    employee.position % 4 === 1 ? { Комментарий: 'Запись по направлению', Подразделение: 'Амбулаторное' } : {};
  return {
    Клиника: table.clinic,
    СотрудникФИО: employee.title,
    СотрудникID: employee.guid,
    Специализация: employee.specialization,
    ПериодыГрафика: {
      СвободноеВремя: { ПериодГрафика: free.map((p) => periodTree(table.clinic, p, workTree(form))) },
      ЗанятоеВремя: { ПериодГрафика: busy.map((p) => periodTree(table.clinic, p, busyTree(p, form))) },
    },
    ДлительностьПриема: durationText(employee.minutes),
    ...extra,
  };
}

/** One period a day from the first minute to the last. */
function envelopes(work: readonly Period[]): Period[] {
  const days = Map.groupBy(work, (p) => dayOf(p.start));
  return [...days.values()].map((list) => ({ start: list[0]!.start, end: list.at(-1)!.end }));
}

function periodTree(clinic: string, period: Period, kind: { [name: string]: string }): Tree {
  return {
    Клиника: clinic,
    Дата: `${dayOf(period.start)}T00:00:00`,
    ВремяНачала: period.start,
    ВремяОкончания: period.end,
    ...kind,
  };
}

function workTree(form: ScheduleForm): { [name: string]: string } {
  return form === 'title' ? { ВидВремени: workKind.title, Цвет: workKind.colour } : { ВидВремени: workKind.guid };
}

function busyTree(period: BusyPeriod, form: ScheduleForm): { [name: string]: string } {
  if (period.title === '') return { ВидВремени: '' };
  const kind = pauseKinds[period.title] ?? pauseKinds['Отсутствие']!;
  return form === 'title' ? { ВидВремени: period.title, Цвет: kind.colour } : { ВидВремени: kind.guid };
}
