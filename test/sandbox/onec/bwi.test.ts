/** The HTTP twin of the pretend 1С: the same state as the SOAP service, in JSON with its habits (protocols/onec.md §2). */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Sandbox, startOnecSandbox } from '../../../sandbox/onec/server.ts';
import { authorizationOf, call, type FreeTime, longestTimes } from './client.ts';

const initial: Partial<ReturnType<Sandbox['settings']>> = {
  ...{ jsonRoot: 'Ответ', jsonNone: 'object', jsonSentence: 'object', jsonFlat: false, jsonNames: 'manual' },
  ...{ jsonEmployeeFilter: 'used', jsonCyrillicClinic: false, jsonHeaderKey: false, jsonDates: 'any' },
};

let sandbox: Sandbox;
let free: FreeTime[];
beforeAll(async () => {
  sandbox = await startOnecSandbox({ start: '2026-12-01', days: 3 });
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  sandbox.clearFaults();
  sandbox.settings(initial);
  free = await longestTimes(sandbox);
});

interface Said {
  status: number;
  type: string;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer
  json: any;
}

async function post(pattern: string, body: object, headers: Record<string, string> = {}): Promise<Said> {
  const response = await fetch(`${sandbox.origin}/umc/hs/bwi/${pattern}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { authorization: authorizationOf(sandbox), 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ Key: sandbox.apiKey, ...body }),
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, text, json: type.includes('json') ? safely(text) : undefined };
}

function safely(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const window = { StartDate: '01.12.2026', FinishDate: '01.12.2026' };
const timeOf = (n: number) => {
  const { employee: EmployeeID, clinic: Clinic, start } = free[n]!;
  return { EmployeeID, Clinic, Date: start, TimeBegin: start };
};
const patient = { PatientSurname: 'Проверкина', PatientName: 'Аглая', Phone: '8-900-000-00-01' };
const book = (time: object) =>
  post('AppointmentCreate', { Method: 'BookAnAppointmentWithParams', ...time, ...patient });
const wordsOf = ({ json }: Said) => json.Ответ.ОписаниеОшибки as string;

test('reserve, book, status, cancel: one document on both wires and on the page', async () => {
  const time = timeOf(0);
  const { json: reserved } = await post('Reservation', time);
  expect(reserved).toEqual({ Ответ: { Результат: 'true', ОписаниеОшибки: '', УИД: expect.any(String) } });
  const GUID = reserved.Ответ.УИД as string;
  expect((await post('AppointmentStatus', { GUID })).json.Ответ.Результат).toBe('6');
  const { json: booked } = await book({ ...time, GUID, Duration: '15', Birthday: '14.09.1980' });
  expect(booked.Ответ).toMatchObject({ Результат: 'true', УИД: GUID });
  expect(await call(sandbox, 'GetAppointmentStatus', { GUID })).toContain('<Результат>1<');
  expect(sandbox.bookings({ guid: GUID })).toMatchObject([
    { surname: 'Проверкина', birthday: '1980-09-14T00:00:00', start: time.Date },
  ]);
  const page = await fetch(
    `${sandbox.origin}/occupancy?format=text&doctor=${time.EmployeeID}&day=${time.Date.slice(0, 10)}`,
  );
  expect(await page.text()).toContain('Проверкина Аглая');
  const done = await post('AppointmentCancel', { GUID, Reason: '', AdditionalInformation: '' });
  expect(done.json.Ответ.Результат).toBe('true');
  expect((await post('AppointmentStatus', { GUID })).json.Ответ.Результат).toBe('5');
});

test('a booking without a reservation is answered with its УИД, too', async () => {
  const { json } = await book(timeOf(0));
  expect(sandbox.bookings({ guid: json.Ответ.УИД })).toHaveLength(1);
});

test('a time that is taken ends as an exception: HTTP 500 with text, and nothing changes', async () => {
  const time = timeOf(0);
  await book(time);
  const before = sandbox.bookings().length;
  const { status, type, text } = await book(time);
  expect([status, type]).toEqual([500, 'text/plain; charset=utf-8']);
  expect(text).toMatch(
    /^Не удалось записать документ\. \d\d\.\d\d\.\d{4} \d{1,2}:\d\d:\d\d - \{ОбщийМодуль\..*"Заявка"!$/,
  );
  expect(sandbox.bookings()).toHaveLength(before);
});

test('one item is an object, several are a list, none is {} or ""', async () => {
  const { json: clinics } = await post('DictionaryData', { Method: 'GetListClinic' });
  expect(clinics.Ответ.Клиника).toHaveLength(3);
  const { json: one } = await post('Schedule', { ...window, Employees: free[0]!.employee, Clinic: free[0]!.clinic });
  const entries = [one.Ответ.ГрафикДляСайта].flat();
  expect(entries.every((e) => e.СотрудникID === free[0]!.employee)).toBe(true);
  const { json: prices } = await post('DictionaryData', { Method: 'GetNomenclatureAndPrices', Clinic: '' });
  expect(prices.Ответ.Каталог.length).toBeGreaterThan(10);
  expect(new Set(prices.Ответ.Каталог.map((item: { ЭтоПапка: unknown }) => item.ЭтоПапка))).toEqual(
    new Set(['true', 'false']),
  );
  const nothing = { StartDate: '01.01.2030', FinishDate: '01.01.2030' };
  expect((await post('Schedule', nothing)).json).toEqual({ Ответ: {} });
  sandbox.settings({ jsonNone: 'text' });
  expect((await post('Schedule', nothing)).json).toEqual({ Ответ: '' });
});

test.each([
  ['Ответы', (json: Said['json']) => json.Ответы],
  ['Result', (json: Said['json']) => json.Result],
  ['data', (json: Said['json']) => JSON.parse(json.data).Ответ],
  ['data-list', (json: Said['json']) => JSON.parse(json[0].data).Ответ],
] as const)('the root may be %s', async (jsonRoot, contentOf) => {
  sandbox.settings({ jsonRoot });
  const { json } = await post('DictionaryData', { Method: 'GetListClinic' });
  expect(contentOf(json).Клиника).toHaveLength(3);
});

test('OnlyFreeTime, or a base that always does so, leaves periods directly in the employee', async () => {
  const usual = (await post('Schedule', window)).json.Ответ.ГрафикДляСайта[0];
  expect(usual).toHaveProperty('ПериодыГрафика.СвободноеВремя.ПериодГрафика');
  const flat = (await post('Schedule', { ...window, OnlyFreeTime: true })).json.Ответ.ГрафикДляСайта[0];
  expect(flat).not.toHaveProperty('ПериодыГрафика');
  expect(flat.ПериодГрафика).toEqual(usual.ПериодыГрафика.СвободноеВремя.ПериодГрафика);
  sandbox.settings({ jsonFlat: true });
  expect((await post('Schedule', window)).json.Ответ.ГрафикДляСайта[0]).toEqual(flat);
});

test('GetSchedule ignores the filter by employees; a base may ignore it always', async () => {
  const everybody = (await post('Schedule', window)).json.Ответ.ГрафикДляСайта.length;
  const some = { ...window, Employees: free[0]!.employee };
  const count = async (body: object) => [(await post('Schedule', body)).json.Ответ.ГрафикДляСайта].flat().length;
  expect(await count(some)).toBeLessThan(everybody);
  expect(await count({ ...some, Method: 'GetSchedule' })).toBe(everybody);
  sandbox.settings({ jsonEmployeeFilter: 'ignored' });
  expect(await count(some)).toBe(everybody);
});

test('a base with names of its own takes the branch from Сlinic with a Cyrillic С', async () => {
  sandbox.settings({ jsonNames: 'short', jsonCyrillicClinic: true });
  const { EmployeeID: Employee, Clinic, ...when } = timeOf(0);
  const { json } = await post('Reservation', { Employee, '\u0421linic': Clinic, ...when });
  expect((await post('AppointmentStatus', { UID: json.Ответ.УИД })).json.Ответ.Результат).toBe('6');
  const homeless = free.findIndex((t) => t.clinic !== free[0]!.clinic);
  expect(homeless).toBeGreaterThan(0);
  const filtered = await post('Schedule', { ...window, Clinic });
  const branches = (said: Said) =>
    new Set([said.json.Ответ.ГрафикДляСайта].flat().map((e: { Клиника: string }) => e.Клиника));
  expect(branches(filtered).size).toBeGreaterThan(1);
  expect(branches(await post('Schedule', { ...window, '\u0421linic': Clinic })).size).toBe(1);
});

test.each([
  ['dotted', '01.12.2026', '01.12.2026 09:00:00', '9:10:00'],
  ['dashed', '01-12-2026 00:00:00', '01/12/2026', '14:00:00'],
  ['reversed', '2026.12.01', '2026/12/01 00:00:00', '09:00:00'],
  ['iso', '2026-12-01T00:00:00', '2026-12-01T23:59:59', '0001-01-01T09:00:00'],
  ['compact', '1.12.2026 00:00:00', '1.12.2026', '20261201T09:00:00'],
] as const)(
  'times written %s are read, others are refused by a base of that habit',
  async (jsonDates, day, end, time) => {
    const ask = () => post('Schedule', { StartDate: day, FinishDate: end });
    const begin = () => post('Reservation', { ...timeOf(0), Date: day, TimeBegin: time });
    for (const habit of ['any', jsonDates] as const) {
      sandbox.settings({ jsonDates: habit });
      expect((await ask()).json.Ответ.ГрафикДляСайта.length, habit).toBeGreaterThan(1);
      // Whether or not the doctor works then, the time was understood.
      const said = await begin();
      if (said.json !== undefined) expect(wordsOf(said), habit).not.toContain('преобразовании');
      for (const row of sandbox.bookings({ source: 'site' })) sandbox.desk({ action: 'erase', guid: row.guid });
    }
    sandbox.settings({ jsonDates: jsonDates === 'iso' ? 'compact' : 'iso' });
    expect(wordsOf(await ask())).toContain('преобразовании StartDate');
  },
);

test('access: Basic, the key in the body, and where it is so set the header x-api-key', async () => {
  expect((await post('Schedule', window, { authorization: 'Basic eA==' })).status).toBe(401);
  expect(wordsOf(await post('Schedule', { ...window, Key: 'x' }))).toContain('ключу API');
  sandbox.settings({ jsonHeaderKey: true });
  expect((await post('Schedule', window)).status).toBe(401);
  expect((await post('Schedule', window, { 'x-api-key': sandbox.apiKey })).status).toBe(200);
});

test('cancelling demands both texts, a booking its method, and a pattern that is not there is a crash', async () => {
  expect(wordsOf(await post('AppointmentCancel', { GUID: 'x', Reason: '' }))).toContain('AdditionalInformation');
  for (const said of [await post('AppointmentCreate', timeOf(0)), await post('Schedules', window)])
    expect([said.status, said.type]).toEqual([500, 'text/plain; charset=utf-8']);
  const other = await post('BookAnAppointmentWithParams', { ...timeOf(0), ...patient });
  expect(other.json.Ответ.УИД).toBeDefined();
});

test.each([
  ['object', { Ответ: { Результат: 'false', ОписаниеОшибки: expect.stringContaining('на основе GUID') } }],
  ['string', { Ответ: expect.stringContaining('на основе GUID') }],
  ['text', undefined],
] as const)('an unknown GUID is told as %s', async (jsonSentence, expected) => {
  sandbox.settings({ jsonSentence });
  const { json, text } = await post('AppointmentStatus', { GUID: '00000000-0000-0000-0000-00000000dead' });
  expect(json).toEqual(expected);
  expect(text).toContain('на основе GUID');
});

describe('faults come over this wire, too', () => {
  const good = (said: Said) => said.json?.Ответ?.УИД !== undefined;
  const cases: Record<string, (said: Said) => void> = {
    'commit-then-500': ({ status, text }) => expect([status, text]).toEqual([500, expect.stringContaining('<html>')]),
    'commit-then-empty-200': ({ status, text }) => expect([status, text]).toEqual([200, '']),
    'html-200': ({ text }) => expect(text).toContain('Вход в систему'),
    'soap-fault-500': ({ status, text }) =>
      expect([status, text]).toEqual([500, expect.stringMatching(/^\{ОбщийМодуль/)]),
    'soap-fault-200': ({ status, text }) =>
      expect([status, text]).toEqual([200, expect.stringMatching(/^\{ОбщийМодуль/)]),
    'soap-fault-html': ({ status, type }) => expect([status, type]).toEqual([500, 'text/html; charset=utf-8']),
    truncated: ({ text, json }) => expect([text.startsWith('{"Ответ'), json]).toEqual([true, undefined]),
    'utf8-bom': (said) => expect(good(said)).toBe(true),
    'wrong-root': ({ json }) => expect(Object.keys(json)).toEqual(['ДругойОтвет']),
    'wrong-element': ({ json }) => expect(Object.keys(json)).toEqual(['Otvet']),
    'duplicate-return': ({ text }) => expect(text.match(/"Ответ":/g)).toHaveLength(2),
    'proto-element': ({ text, json }) =>
      expect([text.includes('"__proto__"'), json.Ответ.Результат]).toEqual([true, 'true']),
    'deep-xml': ({ text }) => expect(text.match(/\{"a":/g)).toHaveLength(100_000),
    'many-elements': ({ json }) => expect(json.a).toHaveLength(3_000_000),
    'entity-bomb': ({ text }) => expect(text).toContain('<!DOCTYPE'),
    xxe: ({ text }) => expect(text).toContain('/control/canary'),
    'error-text': (said) => expect(wordsOf(said)).toBe('Error'),
    'false-empty-description': (said) => expect([said.json.Ответ.Результат, wordsOf(said)]).toEqual(['false', '']),
    'success-without-id': (said) => expect([said.json.Ответ.Результат, good(said)]).toEqual(['true', false]),
    'other-guid': ({ json }) => expect(sandbox.bookings({ guid: json.Ответ.УИД })).toMatchObject([{ source: 'seed' }]),
  };

  test.each(Object.keys(cases))('%s', async (fault) => {
    sandbox.fault({ fault, times: 1, operations: ['GetReserve'] });
    cases[fault]!(await post('Reservation', timeOf(0)));
    expect(sandbox.log().at(-1)).toMatchObject({ operation: 'GetReserve', fault });
    expect(good(await post('Reservation', timeOf(1)))).toBe(true);
  });

  test('a layer further in', async () => {
    sandbox.fault({ fault: 'proto-element', times: 1, params: { layer: 'inner' } });
    const { text, json } = await post('Reservation', timeOf(0));
    expect(text).toMatch(/"УИД":"[^"]+","__proto__":\{"polluted":"yes"\}/);
    expect(Object.hasOwn(json.Ответ, '__proto__')).toBe(true);
  });

  test('a schedule with ОшибкаПараметров behind it', async () => {
    sandbox.fault({ fault: 'params-error', times: 1, operations: ['GetSchedule20'] });
    const { json } = await post('Schedule', window);
    expect(json.Ответ.ОшибкаПараметров).toContain('Филиал не найден');
    expect(json.Ответ.ГрафикДляСайта.length).toBeGreaterThan(1);
  });
});
