/** 1С through the HTTP service `/hs/bwi` (protocols/onec.md §2): what is sent, and what of the answer is believed. */
import type { ConnectionContext } from '../../connector.ts';
import type { XmlNode } from '../../xml.ts';
import { checkBooked, checkSchedule, readReserved, readStatus, refuseIfFalse } from '../answer.ts';
import { type BookingRequest, durationText } from '../booking-request.ts';
import { readBranches, readEmployees } from '../employee.ts';
import { readPrices } from '../price.ts';
import { readEntries } from '../schedule-entry.ts';
import type { AtOnce, Call, ScheduleFilter, SchedulePeriod, Wire } from '../wire.ts';
import { readAnswer, readContent, unflatten } from './answer.ts';
import { type Ask, type HttpLine, openHttpLine } from './line.ts';
import { datesOf } from './redact.ts';
import type { UmcHttpSettings } from './settings.ts';
import { writeTime } from './time.ts';

export function openUmcHttp(settings: UmcHttpSettings, context: ConnectionContext): Wire {
  const line = openHttpLine(settings, context);
  return {
    listBranches: async (call) => readBranches(await list(line, 'GetListClinic', 'СписокКлиник', call), settings),
    listEmployees: async (call) => readEmployees(await list(line, 'GetListEmployees', 'Сотрудники', call), settings),
    async listPrices(branch, call) {
      const fields = branchField(branch, settings);
      return readPrices(await list(line, 'GetNomenclatureAndPrices', 'Каталоги', call, fields), branch);
    },
    readSchedule: async (time, filter, call) =>
      readEntries(unflatten(await schedule(line, time, filter, call)), context.zone),
    reserve: (request, call) => reserve(line, request, call),
    book: (request, guid, call) => book(line, request, guid, call),
    ...(!settings.booking.reservation && { atOnce: atOnceOf(line) }),
    readStatus: (guid, call) => status(line, guid, call),
    cancel: (guid, reason, call) => cancel(line, guid, reason, call),
    health: () => line.health(),
    close: () => line.close(),
  };
}

type Fields = Ask<never>['fields'];

/** One base looks for the branch under a name whose first letter is Cyrillic, and others must not miss it. */
function branchField(branch: string | undefined, { names }: UmcHttpSettings): Fields {
  return { Clinic: branch, ...(names.cyrillicClinic && { '\u0421linic': branch }) };
}

function list(line: HttpLine, method: string, root: string, call: Call, fields: Fields = {}) {
  const understand: Ask<XmlNode>['understand'] = (answer) => readContent(answer, root, line.settings.booking.sentences);
  return line.read({ pattern: 'dictionary', method, fields, answer: 'list', understand, ...call });
}

function schedule(line: HttpLine, { start, finish }: SchedulePeriod, filter: ScheduleFilter, call: Call) {
  const { times, names, booking } = line.settings;
  const fields = {
    StartDate: writeTime(start, times.window),
    FinishDate: writeTime(finish, times.window),
    ...branchField(filter.clinic, line.settings),
    [names.employees]: filter.employees?.join(';'),
  };
  return line.read({
    pattern: 'schedule',
    method: 'GetSchedule20',
    fields,
    answer: 'schedule',
    understand: (answer) => checkSchedule(readContent(answer, 'ГрафикиДляСайта', booking.sentences)),
    ...call,
  });
}

/** Who, where and when. */
function placeFields(request: BookingRequest, settings: UmcHttpSettings): Fields {
  const { times, names, booking } = settings;
  const { Duration } = request;
  const length = booking.sendDuration && Duration !== undefined ? writeLength(Duration, booking.duration) : undefined;
  return {
    [names.employee]: request.EmployeeID,
    ...branchField(request.Clinic, settings),
    Date: writeTime(request.start, times.date),
    TimeBegin: writeTime(request.start, times.begin),
    Duration: length,
  };
}

function writeLength(minutes: number, form: UmcHttpSettings['booking']['duration']): string {
  if (form === 'minutes') return String(minutes);
  return form === 'time' ? durationText(minutes).slice(11) : durationText(minutes);
}

function reserve(line: HttpLine, request: BookingRequest, call: Call): Promise<string> {
  const fields = placeFields(request, line.settings);
  const understand = understandGuid(line);
  return line.write({ pattern: 'reservation', fields, answer: 'short', understand, ...call });
}

const understandGuid =
  ({ settings }: HttpLine): Ask<string>['understand'] =>
  (answer) =>
    readReserved(readContent(answer, 'ОтветНаЗаписьССайта', settings.booking.sentences));

function book(line: HttpLine, request: BookingRequest, guid: string, call: Call): Promise<void> {
  const { names, booking } = line.settings;
  const understand: Ask<void>['understand'] = (answer) => {
    const content = readAnswer(answer, 'ОтветНаЗаписьССайта', booking.sentences);
    if (content !== undefined) checkBooked(content, guid);
  };
  return create(line, request, { [names.guid]: guid }, understand, call);
}

/** AppointmentCreate without a УИД makes a new booking, and answers with its УИД. */
function atOnceOf(line: HttpLine): AtOnce {
  const { freshStatuses } = line.settings.booking;
  return { freshStatuses, book: (request, call) => create(line, request, {}, understandGuid(line), call) };
}

function create<T>(
  line: HttpLine,
  request: BookingRequest,
  known: Fields,
  understand: Ask<T>['understand'],
  call: Call,
): Promise<T> {
  const { times, booking } = line.settings;
  const { PatientSurname, PatientName, PatientFatherName, Phone, Email, Address, Comment, Birthday } = request;
  const fields = {
    ...placeFields(request, line.settings),
    ...known,
    ...{ PatientSurname, PatientName, PatientFatherName, Phone, Email, Address, Comment },
    Birthday: Birthday === undefined ? undefined : writeTime(`${Birthday}T00:00:00`, times.birthday),
  };
  const ask = { fields, answer: 'short', echoes: datesOf(Birthday), understand, ...call } as const;
  return line.write({ pattern: 'create', method: booking.method, ...ask });
}

function status(line: HttpLine, guid: string, call: Call): Promise<string> {
  const { names, booking } = line.settings;
  const understand: Ask<string>['understand'] = (answer) =>
    readStatus(readContent(answer, 'ОтветНаЗапросСтатусаЗаявки', booking.sentences));
  return line.read({ pattern: 'status', fields: { [names.guid]: guid }, answer: 'short', understand, ...call });
}

/** Both texts must be there, even when they are empty. */
function cancel(line: HttpLine, guid: string, reason: string, call: Call): Promise<void> {
  const { names, booking } = line.settings;
  const fields = { [names.guid]: guid, Reason: reason, AdditionalInformation: '' };
  const understand: Ask<void>['understand'] = (answer) =>
    refuseIfFalse(readContent(answer, 'РезультатВыполнения', booking.sentences));
  return line.write({ pattern: 'cancel', fields, answer: 'short', understand, ...call });
}
