/** The schedule as 1С writes it → records (protocols/onec.md §1.3, §1.4, §7.2). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MisRecord } from '../../../src/connectors/connector.ts';
import { branch, connect, employee, now } from './connect.ts';
import { type PlainServer, raw, refused, returning, startPlainServer } from './plain-server.ts';

let server: PlainServer;
beforeEach(async () => {
  server = await startPlainServer();
});
afterEach(() => server.close());

const day = 86_400_000;
const window = { start: now, end: now + day };
const other = 'b0b0b0b0-0000-11dc-8594-005056c00008';
const pause = '5210c9ac-65a2-11e9-936d-1856809fe650';

const period = (from: string, to: string, kind = '', date = '2026-12-01') =>
  `<ПериодГрафика><Клиника>${branch}</Клиника><Дата>${date}T00:00:00</Дата><ВремяНачала>${date}T${from}:00</ВремяНачала><ВремяОкончания>${date}T${to}:00</ВремяОкончания><ВидВремени>${kind}</ВидВремени></ПериодГрафика>`;

interface Entry {
  employee?: string;
  branch?: string;
  name?: string;
  specialization?: string;
  free?: string;
  busy?: string;
  duration?: string;
  more?: string;
}

const entry = (e: Entry) =>
  `<ГрафикДляСайта><Клиника>${e.branch ?? branch}</Клиника><СотрудникФИО>${e.name ?? 'Барбышева Евгения Петровна'}</СотрудникФИО><СотрудникID>${e.employee ?? employee}</СотрудникID><Специализация>${e.specialization ?? 'Офтальмология'}</Специализация>${e.more ?? ''}<ПериодыГрафика><СвободноеВремя>${e.free ?? ''}</СвободноеВремя><ЗанятоеВремя>${e.busy ?? ''}</ЗанятоеВремя></ПериодыГрафика><ДлительностьПриема>0001-01-01T${e.duration ?? '00:30'}:00</ДлительностьПриема></ГрафикДляСайта>`;
const document = (...entries: string[]) =>
  `<?xml version="1.0"?>\n<ГрафикиДляСайта xmlns="S1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">${entries.join('\n')}</ГрафикиДляСайта>`;

async function read(answer: string, settings: Record<string, unknown> = {}, only?: string[], span = window) {
  server.on('GetSchedule20', returning(answer));
  const { operations } = connect({ url: server.url, guard: { readRepeats: 0 }, ...settings });
  return operations.schedule!.read(span, only, AbortSignal.timeout(5000));
}

/** `09:00–09:30 free`, in clinic time. */
const seen = (slots: readonly MisRecord[]) =>
  slots.map((s) => {
    const clock = (name: string) => new Date(Date.parse(String(s[name])) + 3 * 3_600_000).toISOString().slice(11, 16);
    return `${clock('start')}–${clock('end')} ${String(s['status'])}${s['reason'] === undefined ? '' : ` ${String(s['reason'])}`}`;
  });

test('maximal free intervals are cut from their beginning, a short rest is dropped; busy ones keep it', async () => {
  const free = period('09:00', '10:10') + period('12:05', '12:35');
  const busy = period('10:10', '10:25') + period('11:00', '11:45') + period('13:00', '14:00', pause);
  const { slot, schedule } = await read(document(entry({ free, busy })));
  expect(seen(slot!)).toEqual([
    '09:00–09:30 free',
    '09:30–10:00 free',
    '12:05–12:35 free',
    '10:10–10:25 busy booked',
    '11:00–11:30 busy booked',
    '11:30–11:45 busy booked',
    '13:00–13:30 busy-unavailable break',
    '13:30–14:00 busy-unavailable break',
  ]);
  expect(slot![0]).toEqual({
    key: `${employee};${branch};2026-12-01T06:00:00Z`,
    schedule: `${employee};${branch}`,
    employee,
    branch,
    specialization: 'Офтальмология',
    duration: 30,
    start: '2026-12-01T06:00:00Z',
    end: '2026-12-01T06:30:00Z',
    status: 'free',
  });
  expect(schedule).toEqual([
    {
      key: `${employee};${branch}`,
      employee,
      branch,
      employeeName: 'Барбышева Евгения Петровна',
      specialization: 'Офтальмология',
      duration: 30,
      isCabinet: false,
      start: '2026-11-30T21:00:00Z',
      end: '2026-12-14T21:00:00Z',
    },
  ]);
});

test('busy periods may stay whole', async () => {
  const { slot } = await read(document(entry({ busy: period('11:00', '12:45') })), { schedule: { busy: 'whole' } });
  expect(seen(slot!)).toEqual(['11:00–12:45 busy booked']);
});

test('repeated entries of one employee and branch are one schedule; what is busy in any is not free', async () => {
  const { schedule, slot } = await read(
    document(
      entry({ free: period('09:00', '10:30'), specialization: '' }),
      entry({ free: period('09:00', '10:30') + period('10:00', '11:00'), busy: period('09:30', '10:00') }),
    ),
  );
  expect(schedule).toHaveLength(1);
  expect(schedule![0]).toMatchObject({ specialization: 'Офтальмология' });
  expect(seen(slot!)).toEqual(['09:00–09:30 free', '10:00–10:30 free', '10:30–11:00 free', '09:30–10:00 busy booked']);
});

test('two branches of one doctor are two schedules', async () => {
  const second = '0a0a0a0a-22b7-11df-8618-002618dcef2c';
  const { schedule } = await read(document(entry({}), entry({ branch: second })));
  expect(schedule!.map((s) => s['key'])).toEqual([`${employee};${branch}`, `${employee};${second}`]);
});

describe('length of a visit', () => {
  const one = (e: Entry, schedule: object) =>
    read(document(entry(e)), { schedule }).then((r) => r['schedule']![0]!['duration']);
  test('that of the doctor in 1С', async () => expect(await one({ duration: '01:10' }, {})).toBe(70));
  test('0001-01-01T00:00:00 is "not set": by specialisation', async () =>
    expect(await one({ duration: '00:00' }, { durations: { specializations: { Офтальмология: 20 } } })).toBe(20));
  test('else the default', async () => {
    expect(await one({ duration: '00:00' }, {})).toBe(30);
    expect(await one({ duration: '00:00' }, { defaultDuration: 12 })).toBe(12);
  });
  test("the operator's word about the employee wins over 1С", async () =>
    expect(await one({}, { durations: { employees: { [employee]: 45 } } })).toBe(45));
});

test('a cabinet among the employees is told by its name', async () => {
  const { schedule } = await read(
    document(
      entry({ name: 'Процедурный кабинет', specialization: '' }),
      entry({ employee: other, name: 'Ли Вера', specialization: '' }),
    ),
  );
  expect(schedule!.map((s) => s['isCabinet'])).toEqual([true, false]);
});

test('only the kinds of working time that are configured are free', async () => {
  const work = '624f2a40-5aa8-4f01-83f4-0f38535364bb';
  const free = period('09:00', '09:30', work.toUpperCase()) + period('10:00', '10:30', 'Мед. осмотр');
  const { slot } = await read(document(entry({ free })), { schedule: { workKinds: [work] } });
  expect(seen(slot!)).toEqual(['09:00–09:30 free']);
  expect((await read(document(entry({ free }))))['slot']).toHaveLength(2);
});

test('unknown elements are kept, in either form', async () => {
  const more = '<Комментарий>ведёт приём</Комментарий><Пусто/><Подразделение><Код>7</Код></Подразделение>';
  const { schedule } = await read(document(entry({ more })));
  expect(schedule![0]).toMatchObject({ extra: { Комментарий: 'ведёт приём', Подразделение: { Код: '7' } } });
});

test('a filter that the base ignores is applied here', async () => {
  const both = document(
    entry({ free: period('09:00', '09:30') }),
    entry({ employee: other, free: period('09:00', '09:30') }),
  );
  const { schedule, slot } = await read(both, {}, [`${employee};${branch}`]);
  expect(schedule).toHaveLength(1);
  expect(slot!.every((s) => s['employee'] === employee)).toBe(true);
  expect(server.received[0]!.body).toMatch(new RegExp(`name="Employees"[^>]*><core:Value>${employee}<`));
});

test('midnight as the end of a day, times without a date, and slots outside the window', async () => {
  const bare = `<ПериодГрафика><Дата>2026-12-01T00:00:00</Дата><ВремяНачала>0001-01-01T23:00:00</ВремяНачала><ВремяОкончания>0001-01-01T00:00:00</ВремяОкончания></ПериодГрафика>`;
  const free = bare + period('09:00', '09:30', '', '2026-12-02');
  const { slot } = await read(document(entry({ free })));
  expect(seen(slot!)).toEqual(['23:00–23:30 free', '23:30–00:00 free']);
});

describe('an answer that cannot be trusted fails as a whole', () => {
  const good = entry({ free: period('09:00', '09:30') });
  test.each([
    [
      'ОшибкаПараметров behind good schedules',
      document(good, '<ОшибкаПараметров>Филиал не найден</ОшибкаПараметров>'),
      false,
    ],
    ['a stranger among schedules', document(good, '<Другое/>'), true],
    ['no schedule at all', document(), true],
    ['another root', '<Ответ/>', true],
    ['a period that ends before it begins', document(good, entry({ free: period('10:00', '09:00') })), true],
    ['a time that is none', document(good, entry({ busy: period('25:00', '26:00') })), true],
    ['a date that is none', document(good, entry({ busy: period('09:00', '10:00', '', '2026-02-30') })), true],
    ['an id that is no GUID', document(good, entry({ employee: '123' })), true],
    ['an empty id', document(good, entry({ employee: '00000000-0000-0000-0000-000000000000' })), true],
    ['two ids', document(good.replace('<СотрудникФИО>', `<СотрудникID>${other}</СотрудникID><СотрудникФИО>`)), true],
    ['a length that is none', document(entry({ duration: '30 мин' })), true],
    ['a refusal in place of the schedule', refused('Не обнаружена настройка обмена с сайтом'), false],
    ['a sentence', 'Ошибка при преобразовании StartDate в дату', false],
    ['Ok', 'Ok', true],
  ])('%s', async (_, answer, retryable) => {
    await expect(read(answer)).rejects.toMatchObject({ name: 'MisReadError', retryable });
  });
  test('an empty schedule may be believed where the operator says so', async () => {
    expect(await read(document(), { schedule: { allowEmpty: true } })).toEqual({ schedule: [], slot: [] });
  });
});

test('escaped once more, in CDATA, with a BOM: the same document', async () => {
  const answer = document(entry({ free: period('09:00', '09:30') }));
  const plain = await read(answer);
  expect(await read(`\uFEFF${answer}`)).toEqual(plain);
  const escaped = answer.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  expect(await read(`\uFEFF<string xmlns="http://www.w3.org/2001/XMLSchema">${escaped}</string>`)).toEqual(plain);
  server.on('GetSchedule20', (response) => {
    const open =
      '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><GetSchedule20Response xmlns="ru.umc">';
    const body = `${open}<return><![CDATA[${answer}]]></return></GetSchedule20Response></s:Body></s:Envelope>`;
    response.writeHead(200, { 'content-type': 'text/xml;charset="utf-8"' }).end(body);
  });
  const { operations } = connect({ url: server.url });
  expect(await operations.schedule!.read(window, undefined, AbortSignal.timeout(5000))).toEqual(plain);
});

test('an answer that is too long is asked for again in halves of the time, and smaller from then on', async () => {
  const asked: string[] = [];
  server.on('GetSchedule20', (response, { body }) => {
    const [start, finish] = [...body.matchAll(/Date>([\d-]+)T/g)].map((m) => m[1]!);
    asked.push(`${start} ${finish}`);
    const long = start === finish ? '' : ' '.repeat(6000);
    const free = period('09:00', '09:30', '', start!);
    returning(document(entry({ free })) + long)(response, { operation: 'GetSchedule20', body, headers: {} });
  });
  const { operations } = connect({ url: server.url, limits: { scheduleBytes: 4000 }, schedule: { daysPerRequest: 4 } });
  const three = { start: now, end: now + 3 * day };
  const { slot } = await operations.schedule!.read(three, undefined, AbortSignal.timeout(5000));
  expect(slot!.map((s) => s['start'])).toEqual([
    '2026-12-01T06:00:00Z',
    '2026-12-02T06:00:00Z',
    '2026-12-03T06:00:00Z',
  ]);
  expect(asked).toEqual([
    '2026-12-01 2026-12-03',
    '2026-12-01 2026-12-02',
    '2026-12-01 2026-12-01',
    '2026-12-02 2026-12-02',
    '2026-12-03 2026-12-03',
  ]);
  asked.length = 0;
  await operations.schedule!.read(three, undefined, AbortSignal.timeout(5000));
  expect(asked).toEqual(['2026-12-01 2026-12-01', '2026-12-02 2026-12-02', '2026-12-03 2026-12-03']);
});

test('a failed reading is repeated within its deadline, a hopeless one is not', async () => {
  const { operations, exchanges } = connect({ url: server.url, guard: { readRepeats: 2, repeatAfter: 1 } });
  const good = returning(document(entry({ free: period('09:00', '09:30') })));
  server.on('GetSchedule20', raw('', 200), (response) => response.destroy(), good);
  const { slot } = await operations.schedule!.read(window, undefined, AbortSignal.timeout(5000));
  expect(slot).toHaveLength(1);
  expect(exchanges.map((e) => e.outcome)).toEqual(['failed', 'failed', 'ok']);
  server.on('GetSchedule20', raw('', 401));
  await expect(operations.schedule!.read(window, undefined, AbortSignal.timeout(5000))).rejects.toMatchObject({
    retryable: false,
  });
  expect(exchanges).toHaveLength(4);
});

test('other zones: the day and its times are those of the clinic', async () => {
  const { operations } = connect({ url: server.url });
  server.on('GetSchedule20', returning(document(entry({ free: period('09:00', '09:30') }))));
  const night = { start: Date.UTC(2026, 11, 1, 20, 30), end: Date.UTC(2026, 11, 1, 21, 30) };
  await operations.schedule!.read(night, undefined, AbortSignal.timeout(5000));
  expect(server.received[0]!.body).toContain(
    '<StartDate>2026-12-01T00:00:00</StartDate><FinishDate>2026-12-02T23:59:59<',
  );
});
