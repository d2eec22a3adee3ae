/** A small SOAP client for the tests of the pretend РЕГИЗ: envelopes written by hand, the plainest way. */
import type { DataObject } from '../../../sandbox/regiz/data.ts';
import { callHub, type Outcome, type Target } from '../../../sandbox/regiz/hub-client.ts';
import type { Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';

export const start = '2026-12-01';
/** A Tuesday, 8 o'clock in Moscow. */
export const clock = () => Date.parse('2026-12-01T05:00:00Z');
export const scale: Parameters<typeof startRegizSandbox>[0] = { start, clock, days: 5 };

export const wholeWeek = { visitStart: '2026-12-01T00:00:00', visitEnd: '2026-12-07T00:00:00' };

export type Caller = Pick<Sandbox, 'url' | 'guid'>;

/** One operation, with the answer checked against the contract's order. */
export function ask(
  sandbox: Caller,
  operation: string,
  parameters: DataObject = {},
  more: Partial<Target> = {},
): Promise<Outcome> {
  return callHub({ url: sandbox.url, guid: sandbox.guid, ...more }, operation, parameters);
}

/** Result of a call that has to succeed. */
export async function get(sandbox: Caller, operation: string, parameters: DataObject = {}): Promise<DataObject> {
  const outcome = await ask(sandbox, operation, parameters);
  if (outcome.success !== true) throw new Error(`${operation}: ${outcome.problem ?? JSON.stringify(outcome.errors)}`);
  return outcome.result;
}

/** `ok`, or the number of the error. */
export async function codeOf(sandbox: Caller, operation: string, parameters: DataObject): Promise<'ok' | number> {
  const { success, errors, problem } = await ask(sandbox, operation, parameters);
  if (problem !== undefined) throw new Error(`${operation}: ${problem}`);
  return success === true ? 'ok' : errors[0]!.code;
}

export interface RawOptions {
  version?: '1.1' | '1.2';
  action?: string;
  type?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** The wrapper of an operation is the reader's own. */
export function send(url: string, body: string, options: RawOptions = {}): Promise<Response> {
  const version = options.version ?? '1.1';
  const namespace =
    version === '1.1' ? 'http://schemas.xmlsoap.org/soap/envelope/' : 'http://www.w3.org/2003/05/soap-envelope';
  const operation = /<(?:\w+:)?(\w+)/.exec(body)?.[1] ?? '';
  const action = options.action ?? `http://tempuri.org/IHubService/${operation}`;
  const type =
    options.type ??
    (version === '1.1' ? 'text/xml; charset=utf-8' : `application/soap+xml; charset=utf-8; action="${action}"`);
  const headers = { 'content-type': type, ...(version === '1.1' && { soapaction: `"${action}"` }), ...options.headers };
  return fetch(url, {
    method: 'POST',
    redirect: 'manual',
    headers,
    body: `<e:Envelope xmlns:e="${namespace}"><e:Header/><e:Body>${body}</e:Body></e:Envelope>`,
    ...(options.signal !== undefined && { signal: options.signal }),
  });
}

export const hubNamespace = 'http://schemas.datacontract.org/2004/07/HubService2';

/** CheckPatient with these elements in `pat` and behind it. */
export function checkPatient(pat: string, rest: string): string {
  return `<CheckPatient xmlns="http://tempuri.org/"><pat xmlns:h="${hubNamespace}">${pat}</pat>${rest}</CheckPatient>`;
}

export interface Free {
  idLpu: number;
  idDoc: string;
  slot: string;
  start: string;
}

const fer = {
  therapist: '27',
  oculist: '22',
  gynaecologist: '2',
  urologist: '30',
  paediatrician: '24',
  cardiologist: '13',
};

/** Free slots of the first doctor of a specialty. */
export async function freeSlots(
  sandbox: Caller,
  idLpu: number,
  specialty: keyof typeof fer,
  period = wholeWeek,
): Promise<Free[]> {
  const listed = await get(sandbox, 'GetAvailableDoctors', { idLpu, ferIdSpeciality: fer[specialty] });
  const doctors = (listed['ListSpeciality'] as DataObject[]).flatMap((s) => s['Docs'] as DataObject[]);
  const idDoc = String(doctors[0]!['IdDoc']);
  const { ListAppointments } = await get(sandbox, 'GetAvaibleAppointments', { idLpu, idDoc, ...period });
  return (ListAppointments as DataObject[]).map((slot) => ({
    ...{ idLpu, idDoc, slot: String(slot['IdAppointment']), start: String(slot['VisitStart']) },
  }));
}

export const people = {
  anna: { Surname: 'Примерова', Name: 'Анна', SecondName: 'Ивановна', Birthday: '1980-02-29T00:00:00' },
  pyotr: { Surname: 'Пробный', Name: 'Пётр', SecondName: 'Ильич', Birthday: '1975-06-01T00:00:00' },
  child: { Surname: 'Примерова', Name: 'Мария', SecondName: 'Петровна', Birthday: '2018-09-01T00:00:00' },
  double: { Surname: 'Двойников', Name: 'Иван', SecondName: 'Иванович', Birthday: '1990-01-01T00:00:00' },
  visitor: { Surname: 'Приезжев', Name: 'Олег', SecondName: 'Олегович', Birthday: '1985-05-05T00:00:00' },
  deceased: { Surname: 'Покойный', Name: 'Егор', SecondName: 'Егорович', Birthday: '1930-03-03T00:00:00' },
};

export async function idOf(sandbox: Caller, idLpu: number, person: keyof typeof people): Promise<string> {
  return String((await get(sandbox, 'CheckPatient', { idLpu, pat: people[person] }))['IdPat']);
}

/** Bookings of a patient by the start of the visit. */
export async function visitsOf(sandbox: Caller, idLpu: number, idPat: string): Promise<Map<string, string>> {
  const { ListHistoryVisit } = await get(sandbox, 'GetPatientHistory', { idLpu, idPat });
  return new Map(
    (ListHistoryVisit as DataObject[]).map((visit) => [String(visit['VisitStart']), String(visit['IdAppointment'])]),
  );
}
