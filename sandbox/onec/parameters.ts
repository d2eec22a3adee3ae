/** Parameters of a call as 1С understands them: two spellings of the start, durations, `Params`. protocols/onec.md §1.3. */

import { addMinutes, dayOf, durationMinutes, noDate, parseLocal } from '../common/local-time.ts';
import type { PatientFields, Place } from './appointment.ts';
import type { EmployeeRow } from './directory-answer.ts';
import { badDate, Refusal, sentences } from './refusal.ts';
import type { Window } from './schedule.ts';
import { emptyGuid } from './specialties.ts';
import type { State } from './state.ts';
import { childOf, type Element } from './xml.ts';

export interface Arguments {
  /** Text of a parameter, trimmed, empty when it is not there. */
  text(name: string): string;
  /** Value of a property of `Params`, likewise. */
  property(name: string): string;
  /** All plain parameters, for keeping. */
  plain(): { [name: string]: string };
  /** A booking is answered with its УИД: the HTTP twin does, the SOAP service does not. */
  readonly tellsGuid: boolean;
}

export function argumentsOf(parameters: ReadonlyMap<string, Element>): Arguments {
  const properties = new Map(
    (parameters.get('Params')?.children ?? []).map((p) => [
      p.attributes['name'],
      childOf(p, 'Value')?.text.trim() ?? '',
    ]),
  );
  return {
    text: (name) => parameters.get(name)?.text.trim() ?? '',
    property: (name) => properties.get(name) ?? '',
    plain: () => Object.fromEntries([...parameters].map(([name, e]) => [name, e.text.trim()])),
    tellsGuid: false,
  };
}

/** @throws Refusal */
export function windowOf(args: Arguments): Window {
  return { first: dayOf(dateOf(args, 'StartDate')), last: dayOf(dateOf(args, 'FinishDate')) };
}

function dateOf(args: Arguments, name: string): string {
  const local = parseLocal(args.text(name));
  if (local === undefined) throw badDate(name);
  return local;
}

/** The day of `Date` and the time of `TimeBegin`, whether that one carries a date of its own or `0001-01-01`. */
function startOf(args: Arguments): string {
  const date = dateOf(args, 'Date');
  const time = dateOf(args, 'TimeBegin');
  if (dayOf(date) === noDate) throw badDate('Date');
  return `${dayOf(date)}T${time.slice(11)}`;
}

/** @throws Refusal */
export function reservePlace(state: State, args: Arguments): Place {
  return bookingPlace(state, args, undefined);
}

/** @param minutes what the call says about the duration, if anything. @throws Refusal */
export function bookingPlace(state: State, args: Arguments, minutes: number | undefined): Place {
  const employee = employeeOf(state, args.text('EmployeeID'));
  const clinic = clinicOf(state, args.text('Clinic'), employee);
  const start = startOf(args);
  const length = minutes ?? (employee.minutes === 0 ? state.settings().policyMinutes : employee.minutes);
  if (length === 0) throw new Refusal(sentences.noDuration);
  return {
    employee: employee.guid,
    clinic,
    specialization: employee.specialization,
    start,
    end: addMinutes(start, length),
  };
}

const guidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function employeeOf(state: State, id: string): EmployeeRow {
  if (!guidPattern.test(id)) throw new Refusal(sentences.employeeId);
  const row = state.get<EmployeeRow>('SELECT * FROM employee WHERE guid = ?', id.toLowerCase());
  if (row === undefined) throw new Refusal(sentences.employee);
  return row;
}

/** By GUID or by name; without one, where the employee belongs. */
function clinicOf(state: State, text: string, employee: EmployeeRow): string {
  if (text === '' && employee.clinic !== emptyGuid) return employee.clinic;
  const sql = 'SELECT guid FROM clinic WHERE guid = ? OR name = ?';
  const row = state.get<{ guid: string }>(sql, text.toLowerCase(), text);
  if (row === undefined) throw new Refusal(sentences.clinic);
  return row.guid;
}

/** Minutes by `DurationType` + `Services` (sum of norms), else by `Duration`, else undefined. @throws Refusal */
export function durationOf(state: State, args: Arguments): number | undefined {
  const services = args
    .property('Services')
    .toLowerCase()
    .split(';')
    .filter((s) => s.trim() !== '');
  if (args.property('DurationType') === 'ServiceDuration' && services.length > 0) {
    const norm = (guid: string) =>
      state.get<{ minutes: number }>('SELECT minutes FROM service WHERE guid = ?', guid.trim())?.minutes ?? 0;
    const sum = services.reduce((total, guid) => total + norm(guid), 0);
    if (sum > 0) return sum;
  }
  const text = args.property('Duration');
  if (text === '') return undefined;
  const minutes = durationMinutes(text);
  if (minutes === undefined) throw new Refusal(sentences.end);
  return minutes === 0 ? undefined : minutes;
}

export function patientOf(args: Arguments): PatientFields {
  return {
    surname: args.text('PatientSurname'),
    name: args.text('PatientName'),
    patronymic: args.text('PatientFatherName'),
    phone: args.text('Phone'),
    email: args.text('Email'),
    address: args.text('Address'),
    birthday: args.property('Birthday'),
    comment: args.text('Comment'),
    services: args.property('Services'),
  };
}
