/** A small SOAP client for the tests of the pretend 1С: the real wire, the plainest way. */
import type { Sandbox } from '../../../sandbox/onec/server.ts';
import { childOf, type Element, readXml } from '../../../sandbox/onec/xml.ts';

export type Target = Pick<Sandbox, 'url' | 'login' | 'password'>;

export interface CallOptions {
  version?: '1.1' | '1.2';
  properties?: Record<string, string>;
  headers?: Record<string, string>;
  url?: string;
  signal?: AbortSignal;
}

const envelopes = {
  '1.1': ['http://schemas.xmlsoap.org/soap/envelope/', 'text/xml; charset=utf-8'],
  '1.2': ['http://www.w3.org/2003/05/soap-envelope', 'application/soap+xml; charset=utf-8'],
} as const;

export type Fields = Record<string, string>;

export function requestOf(operation: string, fields: Fields, options: CallOptions): string {
  const [namespace] = envelopes[options.version ?? '1.2'];
  const plain = Object.entries(fields).map(([name, value]) => `<ru:${name}>${escaped(value)}</ru:${name}>`);
  const properties = Object.entries(options.properties ?? {}).map(
    ([name, value]) => `<c:Property name="${name}"><c:Value>${escaped(value)}</c:Value></c:Property>`,
  );
  const params = properties.length === 0 ? '' : `<ru:Params>${properties.join('')}</ru:Params>`;
  return `<s:Envelope xmlns:s="${namespace}" xmlns:ru="ru.umc" xmlns:c="http://v8.1c.ru/8.1/data/core"><s:Header/><s:Body>
<ru:${operation}>${plain.join('')}${params}</ru:${operation}></s:Body></s:Envelope>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

export function authorizationOf(target: Target): string {
  return `Basic ${Buffer.from(`${target.login}:${target.password}`).toString('base64')}`;
}

/** The HTTP answer as it came. */
export function send(
  target: Target,
  operation: string,
  fields: Fields = {},
  options: CallOptions = {},
): Promise<Response> {
  const [, type] = envelopes[options.version ?? '1.2'];
  return fetch(options.url ?? target.url, {
    method: 'POST',
    redirect: 'manual',
    headers: { authorization: authorizationOf(target), 'content-type': type, ...options.headers },
    body: requestOf(operation, fields, options),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** Text of `m:return` of a good answer. */
export function returned(body: string, operation: string): string {
  const response = childOf(childOf(readXml(body), 'Body'), `${operation}Response`);
  const result = childOf(response, 'return');
  if (result === undefined) throw new Error(`no ${operation}Response/return in ${body.slice(0, 300)}`);
  return result.text;
}

export async function call(
  target: Target,
  operation: string,
  fields: Fields = {},
  options: CallOptions = {},
): Promise<string> {
  const response = await send(target, operation, fields, options);
  const body = await response.text();
  if (response.status !== 200) throw new Error(`HTTP ${response.status}: ${body.slice(0, 300)}`);
  return returned(body, operation);
}

/** The inner document of an answer. */
export async function read(
  target: Target,
  operation: string,
  fields: Fields = {},
  options: CallOptions = {},
): Promise<Element> {
  return readXml(await call(target, operation, fields, options));
}

export function textOf(element: Element | undefined, ...path: string[]): string | undefined {
  return path.reduce((at, name) => childOf(at, name), element)?.text;
}

export interface FreeTime {
  employee: string;
  clinic: string;
  specialization: string;
  start: string;
  end: string;
  minutes: number;
}

/** Free intervals of the window, in the order of the answer. */
export async function freeTimes(target: Target, first = '2026-12-01', last = first): Promise<FreeTime[]> {
  const window = { StartDate: `${first}T00:00:00`, FinishDate: `${last}T23:59:59` };
  const schedules = (await read(target, 'GetSchedule20', window)).children;
  return schedules.flatMap((schedule) => {
    const list = childOf(childOf(schedule, 'ПериодыГрафика'), 'СвободноеВремя')?.children ?? [];
    const duration = textOf(schedule, 'ДлительностьПриема')!.slice(11);
    return list.map((period) => ({
      employee: textOf(schedule, 'СотрудникID')!,
      clinic: textOf(schedule, 'Клиника')!,
      specialization: textOf(schedule, 'Специализация')!,
      start: textOf(period, 'ВремяНачала')!,
      end: textOf(period, 'ВремяОкончания')!,
      minutes: Number(duration.slice(0, 2)) * 60 + Number(duration.slice(3, 5)),
    }));
  });
}

export function placeFields(time: FreeTime) {
  const { specialization, start, employee, clinic } = time;
  return { Specialization: specialization, Date: start, TimeBegin: start, EmployeeID: employee, Clinic: clinic };
}

export function bookFields(time: FreeTime, guid = ''): Fields {
  return {
    EmployeeID: time.employee,
    PatientSurname: 'Пробный',
    PatientName: 'Пётр',
    PatientFatherName: 'Ильич',
    Date: time.start,
    TimeBegin: time.start,
    Comment: 'medmost 1',
    Phone: '+7 (900) 000-00-01',
    Email: 'patient@example.org',
    Address: '',
    Clinic: time.clinic,
    GUID: guid,
  };
}

/** @returns УИД of the reservation. */
export async function reserve(target: Target, time: FreeTime): Promise<string> {
  const answer = await read(target, 'GetReserve', placeFields(time));
  const guid = textOf(answer, 'УИД');
  if (guid === undefined) throw new Error(`no reserve: ${textOf(answer, 'ОписаниеОшибки')}`);
  return guid;
}

export async function statusOf(target: Target, guid: string): Promise<string | undefined> {
  return textOf(await read(target, 'GetAppointmentStatus', { GUID: guid }), 'Результат');
}

/** The longest free time of every employee in the first three days. */
export async function longestTimes(target: Target): Promise<FreeTime[]> {
  const byEmployee = Map.groupBy(await freeTimes(target, '2026-12-01', '2026-12-03'), (t) => t.employee);
  const length = (t: FreeTime) => Date.parse(t.end) - Date.parse(t.start);
  return [...byEmployee.values()].map((list) => list.toSorted((a, b) => length(b) - length(a))[0]!);
}
