/** Templates of a Schedule as parameters of operations, and who may see and change them. */
import { readOwnPractitioners } from '../../access/account/staff.sql.ts';
import type { BookedTime, Template, TemplateChange } from '../../connectors/template-ability.ts';
import { Fault } from '../../fault.ts';
import { fhirInstant } from '../../instant.ts';
import { isId, type Reference, type Resource, referencedId } from '../../store/resource.ts';
import { readAppointments, readSchedulePlace, type SchedulePlace } from '../../workflows/templates.sql.ts';
import type { Context } from '../context.ts';
import { type Arguments, type OperationDeclaration, type OperationParameter, output } from '../operation.ts';
import { notFound } from '../read.ts';
import type { Asked } from '../resource.ts';

/** To change a timetable, which few roles may (access/rights.ts), and to read which visits it has no time for. */
export const timetableNeeds: OperationDeclaration['needs'] = [
  ['Schedule', 'r'],
  ['Schedule', 'u'],
  ['Appointment', 'r'],
];

/** A doctor's own, or any of the clinic's. @throws Fault forbidden, not-found */
export async function openTimetable(context: Context, asked: Asked, id: string): Promise<SchedulePlace> {
  const { role, account } = asked.principal;
  const found = isId(id) ? await readSchedulePlace(context.db, asked.viewer, id) : undefined;
  if (found === undefined) throw notFound('Schedule');
  const { clinic, key, body } = found;
  if (role !== 'doctor') return { clinic, key };
  const own = account === undefined ? [] : await readOwnPractitioners(context.accounts.pool, account, clinic);
  const actors = ((JSON.parse(body) as Resource)['actor'] ?? []) as Reference[];
  if (actors.some((actor) => own.includes(referencedId(actor, 'Practitioner') ?? ''))) return { clinic, key };
  throw new Fault('forbidden', 'A doctor makes his own timetable alone.', { code: 'not-own-schedule' });
}

const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** Undefined where nothing is said. @throws Fault bad-value */
export function changeOf(parameters: Arguments): TemplateChange {
  const period = parameters.one('period') as { start?: string; end?: string } | undefined;
  const days = parameters.all('day').map((day) => weekdays.indexOf(String(day)) + 1);
  if (days.includes(0)) throw bad('day', `A day is one of: ${weekdays.join(', ')}.`);
  const cells = parameters.all('cell').map((time) => minutesOf('cell', time));
  const [first, last] = ['first', 'last'].map((name) => {
    const time = parameters.one(name);
    return time === undefined ? undefined : minutesOf(name, time);
  });
  const said = {
    name: parameters.text('name'),
    active: parameters.one('active'),
    firstDay: period && dayOf(period.start),
    lastDay: period && (period.end === undefined ? null : dayOf(period.end)),
    weekdays: days.length === 0 ? undefined : days,
    ...{ first, last },
    cells: cells.length === 0 ? undefined : cells,
    minutes: parameters.one('minutes'),
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

const bad = (name: string, text: string) => new Fault('bad-value', text, { expression: `http.${name}` });

function dayOf(text: string | undefined): string {
  if (text === undefined) throw bad('period', 'A period has a start; without an end it has none.');
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) throw bad('period', 'A period is of whole days such as 2026-12-01.');
  return text;
}

function minutesOf(name: string, time: unknown): number {
  const [, hours, minutes] = /^(\d\d):(\d\d):00(?:\.0+)?$/.exec(String(time)) ?? [];
  if (hours === undefined) throw bad(name, 'A time is a whole minute such as 09:00:00.');
  return Number(hours) * 60 + Number(minutes);
}

const timeOf = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}:00`;

/** Parts of a template in an answer. */
export const templateParts: readonly OperationParameter[] = [
  output('id', '1..1', 'id', 'By which it is changed'),
  output('name', '1..1', 'string', 'By which people know it'),
  output('active', '1..1', 'boolean', 'Whether it offers time'),
  output('period', '1..1', 'Period', 'Days of the clinic, the last one too'),
  output('day', '1..*', 'code', 'mon, tue, wed, thu, fri, sat, sun'),
  output('first', '1..1', 'time', 'The first visit'),
  output('last', '1..1', 'time', 'The last visit'),
  output('cell', '1..*', 'time', 'Beginnings of the quarters of an hour that are offered'),
  output('minutes', '1..1', 'positiveInt', 'Length of a visit'),
];

export function templateParameter(t: Template): object {
  const period = { start: t.firstDay, ...(t.lastDay !== undefined && { end: t.lastDay }) };
  return {
    name: 'template',
    part: [
      { name: 'id', valueId: t.id },
      { name: 'name', valueString: t.name },
      { name: 'active', valueBoolean: t.active },
      { name: 'period', valuePeriod: period },
      ...t.weekdays.map((day) => ({ name: 'day', valueCode: weekdays[day - 1] })),
      { name: 'first', valueTime: timeOf(t.first) },
      { name: 'last', valueTime: timeOf(t.last) },
      ...t.cells.map((cell) => ({ name: 'cell', valueTime: timeOf(cell) })),
      { name: 'minutes', valuePositiveInt: t.minutes },
    ],
  };
}

/** A visit that no template has time for. */
export const outsideParameter = output(
  'outside',
  '0..*',
  [
    output('appointment', '0..1', 'Reference', 'Absent where the token does not see it, or it is not settled yet'),
    output('start', '1..1', 'instant', 'As it was booked'),
    output('end', '1..1', 'instant', 'As it was booked'),
  ],
  'Visits to come that no active template has time for; they stand',
);

export async function outsideOf(context: Context, asked: Asked, outside: readonly BookedTime[]): Promise<object[]> {
  if (outside.length === 0) return [];
  const bookings = outside.map(({ booking }) => booking).filter(isId);
  const appointments = await readAppointments(context.db, asked.viewer, bookings);
  return outside.map(({ booking, start, end }) => {
    const id = appointments.get(booking);
    const appointment = { name: 'appointment', valueReference: { reference: `Appointment/${id}` } };
    return {
      name: 'outside',
      part: [
        ...(id === undefined ? [] : [appointment]),
        { name: 'start', valueInstant: fhirInstant(start) },
        { name: 'end', valueInstant: fhirInstant(end) },
      ],
    };
  });
}
