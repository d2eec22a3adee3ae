/** The operations of the web service, typed: what is sent and what of the answer is believed (protocols/onec.md §1.2–1.4). */
import { textOf, type XmlNode } from '../../xml.ts';
import { checkBooked, checkSchedule, readReserved, readStatus, refuseIfFalse } from '../answer.ts';
import { type BookingRequest, durationText, splitStart } from '../booking-request.ts';
import type { Call, ScheduleFilter, SchedulePeriod } from '../wire.ts';
import { readDocument, readReturn } from './answer.ts';
import type { Ask, SoapLine } from './line.ts';

/** An element of a 1С structure; its namespace is that of the WSDL's type. */
const structure = (values: Readonly<Record<string, string | undefined>>) => ({
  Property: Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, Value]) => ({ attributes: { name }, Value })),
});

/** The document of a list. @throws ExchangeError, RefusedByOnec */
function readList(
  line: SoapLine,
  operation: string,
  root: string,
  call: Call,
  parameters: Ask<XmlNode>['parameters'] = {},
) {
  const understand = (text: string) => readDocument(text, root);
  return line.read({ operation, parameters, answer: 'list', understand, ...call });
}

/** Branches: `СписокКлиник`. */
export const getListClinic = (line: SoapLine, call: Call) => readList(line, 'GetListClinic', 'СписокКлиник', call);

/** Doctors, nurses and cabinets: `Сотрудники`. */
export const getListEmployees = (line: SoapLine, call: Call) => readList(line, 'GetListEmployees', 'Сотрудники', call);

/** Price list of a branch, folders among the items: `Каталоги`. */
export function getNomenclatureAndPrices(line: SoapLine, clinic: string, call: Call): Promise<XmlNode> {
  return readList(line, 'GetNomenclatureAndPrices', 'Каталоги', call, { Clinic: clinic, Params: structure({}) });
}

/** `ГрафикиДляСайта`. @throws ExchangeError, RefusedByOnec */
function readSchedule(line: SoapLine, operation: string, parameters: Ask<XmlNode>['parameters'], call: Call) {
  return line.read({ operation, parameters, answer: 'schedule', understand: understandSchedule, ...call });
}

const understandSchedule = (text: string) => checkSchedule(readDocument(text, 'ГрафикиДляСайта'));

const period = ({ start, finish }: SchedulePeriod) => ({ StartDate: start, FinishDate: finish });

/** The whole working time per day, without busy times. */
export function getEnlargementSchedule(line: SoapLine, time: SchedulePeriod, call: Call): Promise<XmlNode> {
  return readSchedule(line, 'GetEnlargementSchedule', period(time), call);
}

/** Without a filter; `ВидВремени` is a name. */
export function getSchedule(line: SoapLine, time: SchedulePeriod, call: Call): Promise<XmlNode> {
  return readSchedule(line, 'GetSchedule', period(time), call);
}

/** `ВидВремени` is a GUID. Some bases ignore the filter: filter the answer too. */
export function getSchedule20(
  line: SoapLine,
  time: SchedulePeriod,
  filter: ScheduleFilter,
  call: Call,
): Promise<XmlNode> {
  const Params = structure({ Clinic: filter.clinic, Employees: filter.employees?.join(';') });
  return readSchedule(line, 'GetSchedule20', { ...period(time), Params }, call);
}

/** Reserves the time for about 15 minutes. @returns УИД of the reservation @throws ExchangeError, RefusedByOnec */
export function getReserve(line: SoapLine, request: BookingRequest, call: Call): Promise<string> {
  const { EmployeeID, Clinic, Specialization } = request;
  const start = splitStart(request.start, line.settings.booking.time);
  const parameters = { Specialization, ...start, EmployeeID, Clinic };
  return line.write({ operation: 'GetReserve', parameters, answer: 'short', understand: understandReserve, ...call });
}

const understandReserve = (text: string) => readReserved(readDocument(text, 'ОтветНаЗаписьССайта'));

/**
 * Turns the reservation into a booking, or rewrites the booking that has this УИД. Its answer proves little (`Ok` and no
 * more on live bases): ask for the status afterwards.
 */
export function bookAnAppointment(line: SoapLine, request: BookingRequest, guid: string, call: Call): Promise<void> {
  const { withParams, sendDuration, time } = line.settings.booking;
  const { EmployeeID, Clinic, Comment, Phone, Email, Address } = request;
  const { PatientSurname, PatientName, PatientFatherName } = request;
  const patient = { EmployeeID, PatientSurname, PatientName, PatientFatherName };
  const parameters = {
    ...patient,
    ...splitStart(request.start, time),
    Comment,
    Phone,
    Email,
    Address,
    Clinic,
    GUID: guid,
  };
  const Params = structure({
    Birthday: request.Birthday === undefined ? undefined : `${request.Birthday}T00:00:00`,
    Duration: sendDuration && request.Duration !== undefined ? durationText(request.Duration) : undefined,
  });
  const understand = (text: string) => understandBooking(text, guid);
  const ask = { answer: 'short', understand, ...call } as const;
  if (!withParams) return line.write({ operation: 'BookAnAppointment', parameters, ...ask });
  return line.write({ operation: 'BookAnAppointmentWithParams', parameters: { ...parameters, Params }, ...ask });
}

function understandBooking(text: string, guid: string): void {
  if (readReturn(text) !== undefined) checkBooked(readDocument(text, 'ОтветНаЗаписьССайта'), guid);
}

/** Puts a patient on the waiting list («ЛистОжидания»). @returns its УИД where the base gives one */
export function fastBookAnAppointment(
  line: SoapLine,
  request: BookingRequest,
  call: Call,
): Promise<string | undefined> {
  const { EmployeeID: _, Duration, Birthday, start, ...rest } = request;
  const { Specialization, PatientSurname, PatientName, PatientFatherName, Comment, Phone, Email, Address, Clinic } =
    rest;
  const person = { Specialization, PatientSurname, PatientName, PatientFatherName };
  const parameters = {
    ...person,
    ...splitStart(start, line.settings.booking.time),
    Comment,
    Phone,
    Email,
    Address,
    Clinic,
  };
  const understand = understandWaiting;
  return line.write({ operation: 'FastBookAnAppointment', parameters, answer: 'short', understand, ...call });
}

function understandWaiting(text: string): string | undefined {
  if (readReturn(text) === undefined) return undefined;
  const root = readDocument(text, 'ОтветНаЗаписьССайта');
  refuseIfFalse(root);
  return textOf(root, 'УИД')?.toLowerCase();
}

/** Code of the state that 1С computes for a booking, e.g. `1`. @throws ExchangeError, RefusedByOnec */
export function getAppointmentStatus(line: SoapLine, guid: string, call: Call): Promise<string> {
  const understand = understandStatus;
  return line.read({
    operation: 'GetAppointmentStatus',
    parameters: { GUID: guid },
    answer: 'short',
    understand,
    ...call,
  });
}

const understandStatus = (text: string) => readStatus(readDocument(text, 'ОтветНаЗапросСтатусаЗаявки'));

/** Frees the time. @throws ExchangeError, RefusedByOnec */
export function cancelBookAnAppointment(line: SoapLine, guid: string, reason: string, call: Call): Promise<void> {
  const parameters = { GUID: guid, AdditionalInformation: '', Reason: reason };
  const understand = (text: string) => refuseIfFalse(readDocument(text, 'РезультатВыполнения'));
  return line.write({ operation: 'CancelBookAnAppointment', parameters, answer: 'short', understand, ...call });
}
