/** The operations of the web service, typed: what is sent and what of the answer is believed (protocols/onec.md §1.2–1.4). */
import type { XmlNode } from '../xml.ts';
import { childOf, textOf } from '../xml.ts';
import { readDocument, readReturn, refuseIfFalse, requiredGuidOf, untrusted } from './answer.ts';
import { type BookingRequest, durationText, splitStart } from './booking-request.ts';
import type { Ask, Link } from './link.ts';

interface Call {
  readonly signal: AbortSignal;
  readonly booking?: string;
}

/** An element of a 1С structure; its namespace is that of the WSDL's type. */
const structure = (values: Readonly<Record<string, string | undefined>>) => ({
  Property: Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, Value]) => ({ attributes: { name }, Value })),
});

/** The document of a list. @throws ExchangeError, RefusedByOnec */
function readList(
  link: Link,
  operation: string,
  root: string,
  call: Call,
  parameters: Ask<XmlNode>['parameters'] = {},
) {
  const understand = (text: string) => readDocument(text, root);
  return link.read({ operation, parameters, answer: 'list', understand, ...call });
}

/** Branches: `СписокКлиник`. */
export const getListClinic = (link: Link, call: Call) => readList(link, 'GetListClinic', 'СписокКлиник', call);

/** Doctors, nurses and cabinets: `Сотрудники`. */
export const getListEmployees = (link: Link, call: Call) => readList(link, 'GetListEmployees', 'Сотрудники', call);

/** Price list of a branch, folders among the items: `Каталоги`. */
export function getNomenclatureAndPrices(link: Link, clinic: string, call: Call): Promise<XmlNode> {
  return readList(link, 'GetNomenclatureAndPrices', 'Каталоги', call, { Clinic: clinic, Params: structure({}) });
}

export interface SchedulePeriod {
  /** Local times of the clinic; the end is included as 1С means it, to the second. */
  readonly start: string;
  readonly finish: string;
}

/** `ГрафикиДляСайта`; a wrong parameter inside a good answer makes all of it wrong. @throws RefusedByOnec */
function readSchedule(link: Link, operation: string, parameters: Ask<XmlNode>['parameters'], call: Call) {
  return link.read({ operation, parameters, answer: 'schedule', understand: understandSchedule, ...call });
}

function understandSchedule(text: string): XmlNode {
  const root = readDocument(text, 'ГрафикиДляСайта');
  // 1С answers a wrong filter with everything it has, unfiltered, and this element at the end.
  if (root.children.some((child) => child.name === 'ОшибкаПараметров')) throw untrusted('wrong parameters', false);
  if (root.children.some((child) => child.name !== 'ГрафикДляСайта')) throw untrusted('a stranger among schedules');
  return root;
}

const period = ({ start, finish }: SchedulePeriod) => ({ StartDate: start, FinishDate: finish });

/** The whole working time per day, without busy times. */
export function getEnlargementSchedule(link: Link, time: SchedulePeriod, call: Call): Promise<XmlNode> {
  return readSchedule(link, 'GetEnlargementSchedule', period(time), call);
}

/** Without a filter; `ВидВремени` is a name. */
export function getSchedule(link: Link, time: SchedulePeriod, call: Call): Promise<XmlNode> {
  return readSchedule(link, 'GetSchedule', period(time), call);
}

export interface ScheduleFilter {
  readonly clinic?: string;
  readonly employees?: readonly string[];
}

/** `ВидВремени` is a GUID. Some bases ignore the filter: filter the answer too. */
export function getSchedule20(link: Link, time: SchedulePeriod, filter: ScheduleFilter, call: Call): Promise<XmlNode> {
  const Params = structure({ Clinic: filter.clinic, Employees: filter.employees?.join(';') });
  return readSchedule(link, 'GetSchedule20', { ...period(time), Params }, call);
}

/** Reserves the time for about 15 minutes. @returns УИД of the reservation @throws ExchangeError, RefusedByOnec */
export function getReserve(link: Link, request: BookingRequest, call: Call): Promise<string> {
  const { EmployeeID, Clinic, Specialization } = request;
  const start = splitStart(request.start, link.settings.booking.time);
  const parameters = { Specialization, ...start, EmployeeID, Clinic };
  return link.write({ operation: 'GetReserve', parameters, answer: 'short', understand: understandReserve, ...call });
}

function understandReserve(text: string): string {
  const root = readDocument(text, 'ОтветНаЗаписьССайта');
  refuseIfFalse(root);
  return requiredGuidOf(root, 'УИД');
}

/**
 * Turns the reservation into a booking, or rewrites the booking that has this УИД. Its answer proves little (`Ok` and no
 * more on live bases): ask for the status afterwards.
 */
export function bookAnAppointment(link: Link, request: BookingRequest, guid: string, call: Call): Promise<void> {
  const { withParams, sendDuration, time } = link.settings.booking;
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
  if (!withParams) return link.write({ operation: 'BookAnAppointment', parameters, ...ask });
  return link.write({ operation: 'BookAnAppointmentWithParams', parameters: { ...parameters, Params }, ...ask });
}

function understandBooking(text: string, guid: string): void {
  const root = readReturn(text);
  if (root === undefined) return;
  const document = readDocument(text, 'ОтветНаЗаписьССайта');
  refuseIfFalse(document);
  const answered = textOf(document, 'УИД')?.toLowerCase();
  if (answered !== undefined && answered !== guid) throw untrusted('the answer is about another booking');
}

/** Puts a patient on the waiting list («ЛистОжидания»). @returns its УИД where the base gives one */
export function fastBookAnAppointment(link: Link, request: BookingRequest, call: Call): Promise<string | undefined> {
  const { EmployeeID: _, Duration, Birthday, start, ...rest } = request;
  const { Specialization, PatientSurname, PatientName, PatientFatherName, Comment, Phone, Email, Address, Clinic } =
    rest;
  const person = { Specialization, PatientSurname, PatientName, PatientFatherName };
  const parameters = {
    ...person,
    ...splitStart(start, link.settings.booking.time),
    Comment,
    Phone,
    Email,
    Address,
    Clinic,
  };
  const understand = understandWaiting;
  return link.write({ operation: 'FastBookAnAppointment', parameters, answer: 'short', understand, ...call });
}

function understandWaiting(text: string): string | undefined {
  if (readReturn(text) === undefined) return undefined;
  const root = readDocument(text, 'ОтветНаЗаписьССайта');
  refuseIfFalse(root);
  return textOf(root, 'УИД')?.toLowerCase();
}

/** Code of the state that 1С computes for a booking, e.g. `1`. @throws ExchangeError, RefusedByOnec */
export function getAppointmentStatus(link: Link, guid: string, call: Call): Promise<string> {
  const understand = understandStatus;
  return link.read({
    operation: 'GetAppointmentStatus',
    parameters: { GUID: guid },
    answer: 'short',
    understand,
    ...call,
  });
}

function understandStatus(text: string): string {
  const root = readDocument(text, 'ОтветНаЗапросСтатусаЗаявки');
  const status = childOf(root, 'Результат')?.text.trim() ?? '';
  if (!/^\d{1,2}$/.test(status)) throw untrusted('the status is not a number');
  return status;
}

/** Frees the time. @throws ExchangeError, RefusedByOnec */
export function cancelBookAnAppointment(link: Link, guid: string, reason: string, call: Call): Promise<void> {
  const parameters = { GUID: guid, AdditionalInformation: '', Reason: reason };
  const understand = (text: string) => refuseIfFalse(readDocument(text, 'РезультатВыполнения'));
  return link.write({ operation: 'CancelBookAnAppointment', parameters, answer: 'short', understand, ...call });
}
