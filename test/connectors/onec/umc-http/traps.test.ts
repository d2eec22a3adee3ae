/** What the HTTP service answers, and what of it is believed (protocols/onec.md §2). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { MisRecord } from '../../../../src/connectors/connector.ts';
import { loggedOf } from '../../../support/exchange.ts';
import { branch, connect, employee, guid, now, request, write } from '../connect.ts';
import { type Handler, type PlainServer, raw, startPlainServer } from '../plain-server.ts';

let server: PlainServer;
beforeEach(async () => {
  server = await startPlainServer();
});
afterEach(() => server.close());

const key = 'c0ffee5a11db0c0ffee5a11db0c0ffee';
const open = (settings: Record<string, unknown> = {}) => {
  const base = { profile: 'umc-http', url: server.url, key, guard: { readRepeats: 0 } };
  return connect({ ...base, ...settings });
};
const json =
  (value: unknown, status = 200): Handler =>
  (response) =>
    void response
      .writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
      .end(typeof value === 'string' ? value : JSON.stringify(value));
const text = (body: string, status = 500) => raw(body, status, { 'content-type': 'text/plain; charset=utf-8' });
const soon = () => AbortSignal.timeout(5000);
const noProgress = async () => {};
const sent = (n = 0) => JSON.parse(server.received[n]!.body) as Record<string, string>;
const seen = () => server.received.map(({ operation }) => operation);

const period = (from: string, to: string, kind = '') => ({
  Клиника: branch,
  Дата: '2026-12-01T00:00:00',
  ВремяНачала: `2026-12-01T${from}:00`,
  ВремяОкончания: `2026-12-01T${to}:00`,
  ВидВремени: kind,
});
const entry = (periods: object, id = employee) => ({
  Клиника: branch,
  СотрудникФИО: 'Барбышева Евгения Петровна',
  СотрудникID: id,
  Специализация: 'Офтальмология',
  ...periods,
  ДлительностьПриема: '0001-01-01T00:30:00',
});
const nested = (free: unknown, busy: unknown = '') => ({
  ПериодыГрафика: { СвободноеВремя: free, ЗанятоеВремя: busy },
});
const other = 'b0b0b0b0-0000-11dc-8594-005056c00008';

const read = (settings: Record<string, unknown> = {}, only?: string[]) =>
  open(settings).operations.schedule!.read({ start: now, end: now + 86_400_000 }, only, soon());
const times = (slots: readonly MisRecord[] | undefined) =>
  slots!.map((s) => `${String(s['start']).slice(11, 16)} ${String(s['status'])}`);

describe('lists', () => {
  const one = { ПериодГрафика: period('09:00', '09:30') };
  const two = { ПериодГрафика: [period('09:00', '09:30'), period('10:00', '10:30')] };

  test('one is an object, several are a list, none is "", {} or absent', async () => {
    server.on('Schedule', json({ Ответ: { ГрафикДляСайта: entry(nested(one)) } }));
    expect(times((await read())['slot'])).toEqual(['06:00 free']);
    server.on('Schedule', json({ Ответ: { ГрафикДляСайта: [entry(nested(two, one)), entry(nested({}, ''), other)] } }));
    const { slot, schedule } = await read();
    expect(times(slot)).toEqual(['07:00 free', '06:00 busy']);
    expect(schedule!.map((s) => s['employee'])).toEqual([employee, other]);
    server.on('Schedule', json({ Ответ: { ГрафикДляСайта: [entry({ ПериодыГрафика: '' })] } }));
    expect((await read())['slot']).toEqual([]);
  });

  test.each([[{ Ответ: {} }], [{ Ответ: '' }], ['""'], [{ data: '' }], [[]], [{ data: '{"Ответ":""}' }]])(
    'a schedule of nobody as %j is no schedule, unless that is to be believed',
    async (nothing) => {
      server.on('Schedule', json(nothing));
      await expect(read()).rejects.toMatchObject({ name: 'MisReadError', retryable: true });
      expect(await read({ schedule: { allowEmpty: true } })).toEqual({ schedule: [], slot: [] });
    },
  );

  test('booleans and numbers are texts or themselves, and null is nothing', async () => {
    const item = (more: object) => ({ Наименование: 'Приём', Продолжительность: '0001-01-01T00:20:00', ...more });
    const folder = { ...item({}), UID: other, Наименование: 'Врачи' };
    server.on(
      'DictionaryData',
      json({ Ответ: { Клиника: { Наименование: 'Первая', УИД: branch } } }),
      json({
        Ответ: { Сотрудник: { UID: employee, Наименование: 'Ли Анна', СреднийРейтинг: '4,5', ОсновныеУслуги: '' } },
      }),
      json({
        Ответ: {
          Каталог: [
            { ...folder, ЭтоПапка: 'true', Цена: '0' },
            item({ UID: employee, ЭтоПапка: 'false', Цена: '1500', Родитель: other, Артикул: null }),
            item({ UID: guid, ЭтоПапка: false, Цена: 1500.5, Родитель: other }),
          ],
        },
      }),
    );
    server.on('Schedule', json({ Ответ: { ГрафикДляСайта: entry(nested(one)) } }));
    const { service, employee: people } = await open().operations.directory!(soon());
    expect(service!.map((s) => [s['price'], s['folder'], s['article']])).toEqual([
      [1500, 'Врачи', undefined],
      [1500.5, 'Врачи', undefined],
    ]);
    expect(people).toMatchObject([{ rating: 4.5 }]);
    expect(people![0]).not.toHaveProperty('services');
  });

  const good = { ГрафикДляСайта: [entry(nested(one)), entry(nested(two), other)] };
  test.each([
    ['Ответ', { Ответ: good }],
    ['Ответы', { Ответы: good }],
    ['Result', { Result: good }],
    ['the root of the SOAP service', { ГрафикиДляСайта: good }],
    ['it inside', { Ответ: { ГрафикиДляСайта: good } }],
    ['data', { data: JSON.stringify({ Ответ: good }) }],
    ['data with a byte order mark', { data: `\uFEFF${JSON.stringify({ Ответ: good })}` }],
    ['a list of data', [{ data: JSON.stringify({ Ответ: good }) }]],
    ['data that is no text', { data: { Ответ: good } }],
    ['JSON as a text of JSON', JSON.stringify(JSON.stringify({ Ответ: good }))],
  ])('%s may be the root', async (_, body) => {
    server.on('Schedule', json(body));
    expect(times((await read())['slot'])).toHaveLength(3);
  });

  test.each([
    ['an unknown root', { Otvet: good }],
    ['a second root', { Ответ: good, Ещё: '1' }],
    ['two answers', [{ data: JSON.stringify({ Ответ: good }) }, { data: '' }]],
    ['a list in the root', { Ответ: [good, good] }],
    ['a list of lists', { Ответ: { ГрафикДляСайта: [[entry(nested(one))]] } }],
    [
      'wrapped without end',
      JSON.stringify(['a', 'b', 'c', 'd', 'e'].reduce((inner) => JSON.stringify({ data: inner }), '{}')),
    ],
    ['a repeated member', JSON.stringify({ Ответ: good }).replace('"Клиника":', '"Клиника":"x","Клиника":')],
    ['a repeated member, escaped', `{"Ответ":{},"\\u041eтвет":${JSON.stringify(good)}}`],
    ['a repeated member in data', { data: `{"Ответ":${JSON.stringify(good)},"Ответ":{}}` }],
    [
      'a list of lists in place of a text',
      { Ответ: { ГрафикДляСайта: entry({ ...nested(one), Специализация: [['А']] }) } },
    ],
    ['an element twice', { Ответ: { ГрафикДляСайта: entry({ ...nested(one), Специализация: ['А', 'Б'] }) } }],
    ['a stranger', { Ответ: { ...good, Итого: '2' } }],
    ['half of it', JSON.stringify({ Ответ: good }).slice(0, -9)],
    ['XML', '<ГрафикиДляСайта xmlns="S1"/>'],
    ['XML as a text in the root', { Ответ: '<ГрафикиДляСайта xmlns="S1"/>' }],
    ['XML in data', { data: '<ГрафикиДляСайта xmlns="S1"/>' }],
    ['a number in the root', { Ответ: 5 }],
    ['a text', 'Сервис временно недоступен'],
  ])('%s makes the answer worthless', async (_, body) => {
    server.on('Schedule', json(body));
    await expect(read({ schedule: { allowEmpty: true } })).rejects.toMatchObject({
      name: 'MisReadError',
      retryable: true,
    });
  });

  test('quotes, colons and backslashes inside texts are no members', async () => {
    const odd = { ...entry(nested(one)), Комментарий: 'a":1,"a":2 \\" {"b":"c"} \\\\', Пусто: '' };
    server.on('Schedule', json({ data: JSON.stringify({ Ответ: { ГрафикДляСайта: odd } }) }));
    expect((await read())['schedule']![0]!['extra']).toEqual({ Комментарий: 'a":1,"a":2 \\" {"b":"c"} \\\\' });
  });

  test('free time directly in the employee is understood; half flat, half not is not', async () => {
    server.on('Schedule', json({ Ответ: { ГрафикДляСайта: [entry(two), entry({}, other)] } }));
    const { slot, schedule } = await read();
    expect(times(slot)).toEqual(['06:00 free', '07:00 free']);
    expect(schedule!.map((s) => s['employee'])).toEqual([employee, other]);
    server.on('Schedule', json({ Ответ: { ГрафикДляСайта: [entry(two), entry(nested(one), other)] } }));
    await expect(read()).rejects.toMatchObject({ name: 'MisReadError' });
    server.on('Schedule', json({ Ответ: { ГрафикДляСайта: entry({}) } }));
    await expect(read()).rejects.toMatchObject({ name: 'MisReadError' });
  });

  test('an ignored filter is made up for; ОшибкаПараметров makes the whole answer wrong', async () => {
    server.on('Schedule', json({ Ответ: good }));
    const only = [`${employee};${branch}`];
    expect(times((await read({}, only))['slot'])).toEqual(['06:00 free']);
    expect(sent()).toMatchObject({ Method: 'GetSchedule20', Employees: employee, StartDate: '01.12.2026' });
    server.on('Schedule', json({ Ответ: { ...good, ОшибкаПараметров: 'Филиал не найден' } }));
    await expect(read({}, only)).rejects.toMatchObject({ retryable: false });
  });

  test('the branch goes under Clinic, and where so set once more with a Cyrillic С', async () => {
    server.on('Schedule', json({ Ответ: good }));
    await read({ schedule: { branches: [branch] } });
    expect(Object.keys(sent(0)).filter((name) => name.endsWith('linic'))).toEqual(['Clinic']);
    await read({ schedule: { branches: [branch] }, names: { cyrillicClinic: true, employees: 'Employee' } }, [
      `${employee};${branch}`,
    ]);
    expect(sent(1)).toMatchObject({ Clinic: branch, '\u0421linic': branch, Employee: employee });
    expect(sent(1)).not.toHaveProperty('Employees');
  });
});

const answer = (more: object) => json({ Ответ: { ОписаниеОшибки: '', ...more } });
const reserved = answer({ Результат: 'true', УИД: guid });
const status = (code: string | number) => answer({ Результат: code, ОписаниеРезультата: 'Состояние' });
const conflict = text(
  'Не удалось записать документ. 01.12.2026 9:00:00 - {ОбщийМодуль.ВебИнтеграция.Модуль(358)}: Ошибка при вызове метода контекста (Записать): Не удалось записать: "Заявка"!',
);

describe('booking', () => {
  test('Reservation, its status, AppointmentCreate with the УИД, status: confirmed', async () => {
    server.on('Reservation', reserved);
    server.on('AppointmentCreate', reserved);
    server.on('AppointmentStatus', status('6'), status('1'));
    const kept: string[] = [];
    const progress = async (g: string) => void kept.push(g, ...seen());
    const outcome = await open().operations.booking!.book(request, undefined, progress, write());
    expect(outcome).toEqual({ outcome: 'confirmed', reference: guid });
    expect(kept).toEqual([guid, 'Reservation', 'AppointmentStatus']);
    expect(seen()).toEqual(['Reservation', 'AppointmentStatus', 'AppointmentCreate', 'AppointmentStatus']);
    const place = { EmployeeID: employee, Clinic: branch, Date: '01.12.2026', TimeBegin: '09:00:00' };
    const Duration = '0001-01-01T00:15:00';
    expect(sent(0)).toEqual({ Key: key, ...place, Duration });
    expect(sent(1)).toEqual({ Key: key, GUID: guid });
    const { PatientSurname, PatientName, PatientFatherName, Phone, Email, Comment } = request;
    const patient = { PatientSurname, PatientName, PatientFatherName, Phone, Email, Comment, Address: '' };
    const Method = 'BookAnAppointmentWithParams';
    expect(sent(2)).toEqual({ Key: key, Method, ...place, Duration, GUID: guid, ...patient, Birthday: '03.02.1990' });
  });

  test('a status that is a number, a Результат that is a boolean', async () => {
    server.on('Reservation', answer({ Результат: true, УИД: guid }));
    server.on('AppointmentCreate', json({ Ответ: 'Ok' }));
    server.on('AppointmentStatus', status(6), status(2));
    const outcome = await open().operations.booking!.book(request, undefined, noProgress, write());
    expect(outcome).toEqual({ outcome: 'confirmed', reference: guid });
  });

  test('nothing but a status confirms: a good answer of AppointmentCreate alone is unknown', async () => {
    server.on('Reservation', reserved);
    server.on('AppointmentCreate', reserved);
    server.on('AppointmentStatus', status('6'));
    const outcome = await open().operations.booking!.book(request, undefined, noProgress, write());
    expect(outcome).toMatchObject({ outcome: 'unknown', reference: guid });
    expect(seen().filter((pattern) => pattern === 'AppointmentCreate')).toHaveLength(1);
  });

  test('an answer of AppointmentCreate about another booking is not ours', async () => {
    server.on('Reservation', reserved);
    server.on('AppointmentCreate', answer({ Результат: 'true', УИД: other }));
    server.on('AppointmentStatus', status('6'));
    const outcome = await open().operations.booking!.book(request, undefined, noProgress, write());
    expect(outcome).toMatchObject({ outcome: 'unknown', cause: expect.stringContaining('another booking') });
  });

  test('HTTP 500 with the sentence of a slot that is taken is a business "no", and no failure of the base', async () => {
    server.on('Reservation', conflict);
    const { operations, exchanges } = open({ guard: { breakAfter: 1 } });
    for (let i = 0; i < 3; i++) {
      const outcome = await operations.booking!.book(request, undefined, noProgress, write());
      expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'taken' });
      expect(JSON.stringify(outcome)).not.toContain('Модуль');
    }
    expect(operations.health()).toEqual({ reads: 'closed', writes: 'closed' });
    expect(exchanges.map((e) => [e.operation, e.outcome, e.status])).toEqual(
      Array.from({ length: 3 }, () => ['Reservation', 'rejected', 500]),
    );
  });

  test('the same at AppointmentCreate gives the reservation back', async () => {
    server.on('Reservation', reserved);
    server.on('AppointmentCreate', conflict);
    server.on('AppointmentStatus', status('6'));
    server.on('AppointmentCancel', answer({ Результат: 'true' }));
    const outcome = await open().operations.booking!.book(request, undefined, noProgress, write());
    expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'taken' });
    expect(seen().at(-1)).toBe('AppointmentCancel');
    expect(sent(4)).toMatchObject({ GUID: guid, AdditionalInformation: '' });
    expect(sent(4)).toHaveProperty('Reason');
  });

  test.each([
    ['an unlisted text', text('{ОбщийМодуль.ВебИнтеграция.Модуль(12)}: Деление на 0')],
    ['no text', text('')],
    ['a page with the sentence in it', raw('<html>Не удалось записать документ</html>', 500)],
    ['a lack of licences', text('Не обнаружено свободной лицензии!')],
    ['JSON', json({ error: 'Не удалось записать документ' }, 500)],
  ])('HTTP 500 with %s is unknown, never a "no"', async (_, handler) => {
    server.on('Reservation', handler);
    const { operations, exchanges } = open();
    const outcome = await operations.booking!.book(request, undefined, noProgress, write());
    expect(outcome).toMatchObject({ outcome: 'unknown' });
    expect(outcome).not.toHaveProperty('reference');
    expect(exchanges[0]).toMatchObject({ access: 'write', outcome: 'unknown' });
    expect(seen()).toEqual(['Reservation']);
  });

  test('an unlisted HTTP 500 to a cancellation is unknown while the booking stands', async () => {
    server.on('AppointmentCancel', text('{ОбщийМодуль.ВебИнтеграция.Модуль(12)}: Деление на 0'));
    server.on('AppointmentStatus', status('1'));
    const outcome = await open().operations.booking!.cancel(guid, undefined, write());
    expect(outcome).toMatchObject({ outcome: 'unknown', reference: guid });
  });

  test.each([
    ['the bare Error', json({ Ответ: 'Error' })],
    ['a word that is no sentence', json({ Ответ: 'true' })],
  ])('%s to a cancellation is unknown while the booking stands', async (_, handler) => {
    server.on('AppointmentCancel', handler);
    server.on('AppointmentStatus', status('1'));
    const outcome = await open().operations.booking!.cancel(guid, undefined, write());
    expect(outcome).toMatchObject({ outcome: 'unknown', reference: guid });
  });

  test('the length of a visit is not sent where 1С is to know it', async () => {
    server.on('Reservation', reserved);
    server.on('AppointmentCreate', reserved);
    server.on('AppointmentStatus', status('6'), status('1'));
    const { booking } = open({ booking: { sendDuration: false } }).operations;
    expect(await booking!.book(request, undefined, noProgress, write())).toMatchObject({ outcome: 'confirmed' });
    for (const n of [0, 2]) expect(sent(n)).not.toHaveProperty('Duration');
  });

  test("a sentence of the operator's own makes a 500 a no", async () => {
    server.on('Reservation', text('Запись на этот день закрыта администратором'));
    const sentences = [{ contains: 'запись на этот день закрыта', means: 'rule', text: 'На этот день записи нет.' }];
    const { booking } = open({ booking: { sentences } }).operations;
    const outcome = await booking!.book(request, undefined, noProgress, write());
    expect(outcome).toEqual({ outcome: 'rejected', reason: 'rule', text: 'На этот день записи нет.' });
  });

  test.each([
    ['Результат false', answer({ Результат: 'false', ОписаниеОшибки: 'Не удалось записать документ Заявка\n' })],
    ['a string in the root', json({ Ответ: 'Не удалось записать документ Заявка' })],
    ['a string in data', json({ data: 'Не удалось записать документ Заявка' })],
    ['a string', json('"Не удалось записать документ Заявка"')],
    ['a text with HTTP 200', text('Не удалось записать документ Заявка', 200)],
  ])('a refusal as %s is understood', async (_, handler) => {
    server.on('Reservation', handler);
    const outcome = await open().operations.booking!.book(request, undefined, noProgress, write());
    expect(outcome).toMatchObject({ outcome: 'rejected', reason: 'taken' });
  });

  test.each([
    ['Результат false without a word', answer({ Результат: 'false', ОписаниеОшибки: '' })],
    ['true without a УИД', answer({ Результат: 'true' })],
    ['true with the empty УИД', answer({ Результат: 'true', УИД: '00000000-0000-0000-0000-000000000000' })],
    ['Ok', json({ Ответ: 'Ok' })],
    ['two Результат', json(`{"Ответ":{"Результат":"false","Результат":"true","УИД":"${guid}"}}`)],
    ['a list of Результат', answer({ Результат: ['true', 'true'], УИД: guid })],
  ])('a reservation answered with %s is unknown', async (_, handler) => {
    server.on('Reservation', handler);
    const outcome = await open().operations.booking!.book(request, undefined, noProgress, write());
    expect(outcome).toMatchObject({ outcome: 'unknown' });
    expect(seen()).toEqual(['Reservation']);
  });

  test('what another base calls things', async () => {
    server.on('Reserve', reserved);
    server.on('Book', reserved);
    server.on('State', status('6'), status('1'));
    const { operations } = open({
      path: '/hs/own/',
      patterns: { reservation: 'Reserve', create: 'v1/Book', status: 'State' },
      names: { employee: 'Employee', guid: 'UID' },
      times: { date: 'yyyy.MM.dd HH:mm:ss', begin: 'yyyyMMddTHH:mm:ss', birthday: 'd.M.yyyy' },
      booking: { duration: 'minutes' },
    });
    const outcome = await operations.booking!.book(request, undefined, noProgress, write());
    expect(outcome).toMatchObject({ outcome: 'confirmed' });
    expect(sent(2)).toMatchObject({
      ...{ Employee: employee, UID: guid, Duration: '15', Birthday: '3.2.1990' },
      ...{ Date: '2026.12.01 09:00:00', TimeBegin: '20261201T09:00:00' },
    });
    for (const name of ['EmployeeID', 'GUID']) expect(sent(2)).not.toHaveProperty(name);
  });
});

describe('keys and people', () => {
  const secrets = { login: 'hub', password: 'p4ssw0rd-of-hub', header: { key: 'x-header-key-7' } };

  test('Basic, x-api-key and the key in the body; User and Password only where so set', async () => {
    server.on('DictionaryData', json({ Ответ: { Клиника: { Наименование: 'Первая', УИД: branch } } }));
    await open().operations.ping!(soon());
    expect(server.received[0]!.headers).not.toHaveProperty('x-api-key');
    expect(sent(0)).toEqual({ Key: key, Method: 'GetListClinic' });
    await open({ ...secrets, bodyCredentials: true }).operations.ping!(soon());
    const { headers } = server.received[1]!;
    expect(headers['authorization']).toBe(`Basic ${Buffer.from('hub:p4ssw0rd-of-hub').toString('base64')}`);
    expect(headers['x-api-key']).toBe('x-header-key-7');
    expect(sent(1)).toEqual({ Key: key, User: 'hub', Password: 'p4ssw0rd-of-hub', Method: 'GetListClinic' });
  });

  const escaped = (word: string) =>
    word.replace(/[^ -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);

  test.each([
    ['as it is', (body: string) => body],
    ['with \\u for every Cyrillic letter', escaped],
    ['as JSON within JSON', (body: string) => JSON.stringify({ data: escaped(body) })],
  ])('the message log has neither keys nor the patient, though the answer repeats them %s', async (_, form) => {
    const echo = `Клиент ПРОВЕРКИНА Аглая Тестовна (Проверкина), 8-900-000-00-01, 1990-02-03T00:00:00, 03.02.1990, aglaya@example.org, дочь "Машенька"\nпридёт с няней, ключ ${key} ${secrets.password} ${secrets.header.key}`;
    const body = form(
      JSON.stringify({ Ответ: { Результат: 'true', УИД: guid, ОписаниеОшибки: '', Комментарий: echo } }),
    );
    server.on('Reservation', reserved);
    server.on('AppointmentCreate', json(body));
    server.on('AppointmentStatus', status('6'), status('1'));
    const { operations, exchanges } = open({ ...secrets, bodyCredentials: true });
    const Comment = 'Дочь "Машенька"\nпридёт с няней';
    await operations.booking!.book({ ...request, Comment }, undefined, noProgress, write());
    const log = loggedOf(exchanges);
    for (const word of [key, secrets.password, secrets.header.key, '1990', 'example.org', '000-00-01'])
      expect(log).not.toContain(word);
    expect(log).not.toMatch(/проверкин|агла|тестовн|машен|нян|\\u04/i);
    expect(exchanges[2]!.request).toContain('"PatientSurname":"[скрыто]"');
    expect(exchanges[2]!.request).toContain(`"Key":"[скрыто]"`);
    expect(exchanges[2]!.request).toContain(employee);
    expect(exchanges[0]!.request).not.toContain('Birthday');
  });

  test('a list that repeats the key loses it, and keeps the names of doctors', async () => {
    const clinic = { Наименование: 'Первая', УИД: branch, Врач: 'Барбышева Евгения Петровна', Ключ: key };
    server.on('DictionaryData', json({ Ответ: { Клиника: clinic } }));
    const { operations, exchanges } = open();
    await operations.ping!(soon());
    expect(exchanges[0]!.response).not.toContain(key);
    expect(exchanges[0]!.response).toContain('Барбышева Евгения Петровна');
  });

  test('an error names no key', async () => {
    server.on('DictionaryData', text(`Неверный ключ ${key}`, 403));
    const failed = await open().operations.ping!(soon()).catch((error: Error) => error);
    expect(String(failed)).toContain('HTTP status 403');
    expect(`${String(failed)} ${String((failed as Error).cause)}`).not.toContain(key);
  });
});
