/** A schedule that the hub keeps itself, through FHIR alone: from a template to a visit, and who may make a timetable (FEATURES B5). */
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openClinic } from '../../../src/connectors/clinic.ts';
import { loadMappings } from '../../../src/connectors/mapping.ts';
import connector from '../../../src/connectors/standalone/index.ts';
import { idOf } from '../../../src/id.ts';
import { addDays, localOf, startOfDay } from '../../../src/instant.ts';
import { type Database, openPool } from '../../../src/postgres.ts';
import { validate } from '../../../src/r4/validate.ts';
import { reconcile } from '../../../src/workflows/reconcile.ts';
import { syncDirectory, syncSchedule } from '../../../src/workflows/sync.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { type Answer, ask, createTestHub, type TestHub } from '../../support/hub.ts';
import { createMemoryMis, memoryConfig, openMemoryClinic, schedules } from '../../support/memory-mis.ts';
import { orderOf } from '../../support/order.ts';
import { addAccount, grant } from '../../support/people.ts';

const zone = 'Europe/Moscow';
const soon = () => AbortSignal.timeout(20_000);
const settings = {
  branches: [{ key: 'main', name: 'Амбулатория' }],
  practitioners: [
    { key: 'orlov', name: 'Орлов Игорь Сергеевич', specialty: 'Терапия', branches: ['main'] },
    { key: 'belova', name: 'Белова Анна Павловна', branches: ['main'] },
  ],
};
const schedule = idOf('alone', 'Schedule', 'orlov;main');
const practitioner = idOf('alone', 'Practitioner', 'orlov');
const colleagues = idOf('alone', 'Schedule', 'belova;main');

let database: TestDatabase;
let pool: Database;
let hub: TestHub;
let registrar: string;
let desk: string;
let patient: string;
let other: string;

beforeAll(async () => {
  database = await createDatabase();
  pool = openPool(database.url, { name: 'test standalone', connections: 5, onError: () => {} });
  hub = await createTestHub(database.url, open, ['alone', 'remote']);
  for (const clinic of hub.clinics.all) {
    await syncDirectory(hub.sync, clinic, soon());
    await syncSchedule(hub.sync, clinic, soon());
  }
  registrar = await hub.token({ role: 'registrar', clinics: ['alone'], subject: 'registrar' });
  desk = await hub.token({ clinics: ['alone'], subject: 'desk' });
  [patient, other] = [await addPatient('Мария'), await addPatient('Пётр')];
});
afterAll(async () => {
  await hub.close();
  await pool.end();
  await database.drop();
});

function open(numbers: Map<string, number>) {
  const folder = join(import.meta.dirname, '..', '..', '..', 'mappings', 'standalone');
  const mappings = loadMappings([folder], { clinic: 'alone', zone });
  const context = { clinic: 'alone', zone, clock: Date.now, database: pool, record: () => {} };
  const operations = connector.connect(connector.settings.parse(settings), context);
  const config = { ...memoryConfig('Амбулатория', zone), mis: 'standalone' };
  return [
    openClinic({ key: 'alone', number: numbers.get('alone')!, config, operations, mappings }),
    openMemoryClinic('remote', numbers.get('remote')!, createMemoryMis()),
  ];
}

async function addPatient(given: string): Promise<string> {
  const body = { resourceType: 'Patient', name: [{ family: 'Тестова', given: [given] }] };
  const answer = await ask(hub, 'POST', 'Patient', { token: desk, body });
  expect(answer.status).toBe(201);
  return answer.body.id!;
}

/** In three days: far from midnight of today. */
const day = addDays(localOf(Date.now(), zone).slice(0, 10), 3);
const at = (time: string) => new Date(startOfDay(day, zone) + Date.parse(`1970-01-01T${time}:00Z`)).toISOString();

type Part = Record<string, unknown>;
const parameters = (...parameter: Part[]) => ({ resourceType: 'Parameters', parameter });
const cell = (time: string) => ({ name: 'cell', valueTime: `${time}:00` });
/** Of that day alone; four visits. */
const draft = (change: Part = {}): Part[] => {
  const week = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
  const all: Record<string, Part[]> = {
    name: [{ name: 'name', valueString: 'Утро' }],
    active: [{ name: 'active', valueBoolean: true }],
    period: [{ name: 'period', valuePeriod: { start: day, end: day } }],
    day: week.map((valueCode) => ({ name: 'day', valueCode })),
    first: [{ name: 'first', valueTime: '09:00:00' }],
    last: [{ name: 'last', valueTime: '09:45:00' }],
    cell: ['09:00', '09:15', '09:30', '09:45'].map(cell),
  };
  return Object.values({ ...all, ...(change as Record<string, Part[]>) }).flat();
};

const call = (operation: string, body: object | undefined, token = registrar, of = schedule) =>
  ask(hub, 'POST', `Schedule/${of}/$${operation}`, { token, ...(body && { body }) });
const set = (parts: Part[], token = registrar, of = schedule) => call('set-template', parameters(...parts), token, of);

interface Read {
  readonly name: string;
  readonly part: readonly Part[];
}
const readOf = ({ body }: Answer, name: string) => ((body['parameter'] ?? []) as Read[]).filter((p) => p.name === name);
const partOf = (read: Read, name: string, type: string) => read.part.find((p) => p['name'] === name)?.[`value${type}`];

/** Makes it; it must be right. @returns its id */
async function made(parts: Part[] = draft(), of = schedule): Promise<string> {
  const answer = await set(parts, registrar, of);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  expect(validate(answer.body).filter((i) => i.severity === 'error')).toEqual([]);
  return String(partOf(readOf(answer, 'template')[0]!, 'id', 'Id'));
}

async function slots(status: string, of = schedule): Promise<{ id: string; start: string; end: string }[]> {
  const query = `Slot?schedule=Schedule/${of}&status=${status}&_sort=start&_count=200`;
  const { body } = await ask(hub, 'GET', query, { token: desk });
  return ((body['entry'] ?? []) as { resource: { id: string; start: string; end: string } }[]).map((e) => e.resource);
}

const codeOf = ({ status, body }: Answer) => {
  const [issue] = (body['issue'] ?? []) as unknown as {
    details: { coding: { code: string }[] };
    expression?: string[];
  }[];
  return [status, issue?.details.coding[0]?.code, issue?.expression?.[0]];
};

beforeEach(async () => {
  await hub.pool.query('delete from standalone_template; delete from standalone_booking; delete from booking');
  await hub.pool.query('delete from slot');
});

describe('a timetable', () => {
  test('is seen at once, booked, and given back', async () => {
    expect(await slots('free')).toEqual([]);
    await made();
    const free = await slots('free');
    expect(free.map(({ start, end }) => [Date.parse(start), Date.parse(end)])).toEqual(
      [0, 15, 30, 45].map((m) => [Date.parse(at('09:00')) + m * 60_000, Date.parse(at('09:15')) + m * 60_000]),
    );
    const booked = await ask(hub, 'POST', 'Appointment', { token: desk, body: orderOf(free[0]!.id, patient) });
    expect([booked.status, booked.body['status']]).toEqual([201, 'booked']);
    const again = await ask(hub, 'POST', 'Appointment', { token: desk, body: orderOf(free[0]!.id, other) });
    expect(again.status).toBe(409);
    await syncSchedule(hub.sync, hub.clinics.byKey('alone')!, soon());
    expect((await slots('busy')).map((s) => s.id)).toEqual([free[0]!.id]);
    const cancelled = await ask(hub, 'PUT', `Appointment/${booked.body.id}`, {
      token: desk,
      body: { ...booked.body, status: 'cancelled' },
    });
    expect(cancelled.status).toBe(200);
    expect((await slots('free')).map((s) => s.id)).toContain(free[0]!.id);
    const taken = await ask(hub, 'POST', 'Appointment', { token: desk, body: orderOf(free[0]!.id, other) });
    expect(taken.status).toBe(201);
  });

  test('is told as it was set; of one that is changed, what is not said stays', async () => {
    const id = await made([...draft(), { name: 'minutes', valuePositiveInt: 30 }]);
    expect(await slots('free')).toHaveLength(2);
    await made([
      { name: 'id', valueId: id },
      { name: 'name', valueString: 'Новое имя' },
    ]);
    const answer = await call('templates', undefined);
    expect(validate(answer.body).filter((i) => i.severity === 'error')).toEqual([]);
    const [one, ...others] = readOf(answer, 'template');
    expect(others).toEqual([]);
    expect(one!.part.filter((p) => p['name'] !== 'day')).toEqual([
      { name: 'id', valueId: id },
      { name: 'name', valueString: 'Новое имя' },
      { name: 'active', valueBoolean: true },
      { name: 'period', valuePeriod: { start: day, end: day } },
      { name: 'first', valueTime: '09:00:00' },
      { name: 'last', valueTime: '09:45:00' },
      ...['09:00', '09:15', '09:30', '09:45'].map(cell),
      { name: 'minutes', valuePositiveInt: 30 },
    ]);
    expect(one!.part.filter((p) => p['name'] === 'day')).toHaveLength(7);
    const { body } = await ask(hub, 'GET', `Schedule/${schedule}/$templates`, { token: registrar });
    expect(body).toEqual(answer.body);
    // An end that was taken away.
    await made([
      { name: 'id', valueId: id },
      { name: 'period', valuePeriod: { start: day } },
    ]);
    expect((await slots('free')).length).toBeGreaterThan(10);
    expect((await call('templates', undefined, registrar, colleagues)).body).toEqual({ resourceType: 'Parameters' });
  });

  test('offers nothing when it is switched off, and all of it goes at once', async () => {
    const id = await made(draft({ period: [{ name: 'period', valuePeriod: { start: day } }] }));
    expect((await slots('free')).length).toBeGreaterThan(30);
    await made([
      { name: 'id', valueId: id },
      { name: 'active', valueBoolean: false },
    ]);
    expect(await slots('free')).toEqual([]);
    await made([
      { name: 'id', valueId: id },
      { name: 'active', valueBoolean: true },
    ]);
    expect((await slots('free')).length).toBeGreaterThan(30);
    expect((await call('delete-template', parameters({ name: 'id', valueId: id }))).body).toEqual({
      resourceType: 'Parameters',
    });
    expect(await slots('free')).toEqual([]);
    const gone = await call('delete-template', parameters({ name: 'id', valueId: id }));
    expect(codeOf(gone)).toEqual([422, 'template-unknown', 'http.id']);
  });
});

describe('a booked visit', () => {
  test.each(['switched off', 'deleted'])('stands when its template is %s, and is told', async (what) => {
    const id = await made();
    const [, second] = await slots('free');
    const { body: appointment } = await ask(hub, 'POST', 'Appointment', {
      token: desk,
      body: orderOf(second!.id, patient),
    });
    const headers = { 'x-request-id': crypto.randomUUID() };
    const off = [
      { name: 'id', valueId: id },
      { name: 'active', valueBoolean: false },
    ];
    const done = await ask(
      hub,
      'POST',
      `Schedule/${schedule}/${what === 'deleted' ? '$delete-template' : '$set-template'}`,
      { token: registrar, headers, body: parameters(...off.slice(0, what === 'deleted' ? 1 : 2)) },
    );
    expect(validate(done.body).filter((i) => i.severity === 'error')).toEqual([]);
    expect(readOf(done, 'outside')).toEqual([
      {
        name: 'outside',
        part: [
          { name: 'appointment', valueReference: { reference: `Appointment/${appointment.id}` } },
          { name: 'start', valueInstant: second!.start },
          { name: 'end', valueInstant: second!.end },
        ],
      },
    ]);
    // Who was told of a visit has seen something of its patient.
    const { rows } = await hub.pool.query('select patient, interaction from audit_event where request = $1', [
      headers['x-request-id'],
    ]);
    expect(rows).toContainEqual(expect.objectContaining({ patient }));

    expect(await slots('free')).toEqual([]);
    expect((await slots('busy')).map((s) => s.id)).toEqual([second!.id]);
    const clinic = hub.clinics.byKey('alone')!;
    await syncSchedule(hub.sync, clinic, soon());
    expect(await reconcile(hub.sync, hub.settler, clinic, 'all', soon())).toEqual({
      ...{ checked: 1, vanished: 0, frozen: false },
    });
    const read = await ask(hub, 'GET', `Appointment/${appointment.id}`, { token: desk });
    expect(read.body['status']).toBe('booked');
  });

  test('is named to none who does not see it', async () => {
    const id = await made();
    const free = await slots('free');
    const bookings = [patient, other].map((whose, i) =>
      ask(hub, 'POST', 'Appointment', { token: desk, body: orderOf(free[i]!.id, whose) }),
    );
    const [mine] = (await Promise.all(bookings)).map((answer) => answer.body.id);
    // In a launch for one patient.
    const token = await hub.token({
      ...{ role: 'operator', clinics: ['alone'], patient, account: crypto.randomUUID() },
      scope: 'patient/Appointment.rs patient/Schedule.rus',
    });
    const done = await set(
      [
        { name: 'id', valueId: id },
        { name: 'active', valueBoolean: false },
      ],
      token,
    );
    expect(done.status, JSON.stringify(done.body)).toBe(200);
    expect(readOf(done, 'outside').map((o) => partOf(o, 'appointment', 'Reference'))).toEqual([
      { reference: `Appointment/${mine}` },
      undefined,
    ]);
  });
});

describe('what is refused', () => {
  const id = { name: 'id', valueId: crypto.randomUUID() };
  test.each([
    ['a day that is none', draft({ day: [{ name: 'day', valueCode: 'monday' }] }), [400, 'bad-value', 'http.day']],
    [
      'a time with seconds',
      draft({ first: [{ name: 'first', valueTime: '09:00:30' }] }),
      [400, 'bad-value', 'http.first'],
    ],
    [
      'a month for a day',
      draft({ period: [{ name: 'period', valuePeriod: { start: '2026-12' } }] }),
      [400, 'bad-value', 'http.period'],
    ],
    [
      'no beginning',
      draft({ period: [{ name: 'period', valuePeriod: { end: day } }] }),
      [400, 'bad-value', 'http.period'],
    ],
    ['no name', draft({ name: [] }), [400, 'missing-element', 'http.name']],
    ['no cell', draft({ cell: [] }), [400, 'missing-element', 'http.cell']],
    ['no period', draft({ period: [] }), [400, 'missing-element', 'http.period']],
    ['a cell beside the quarters', draft({ cell: [cell('09:05')] }), [422, 'template-refused', 'http.cell']],
    ['a cell after the last visit', draft({ cell: [cell('10:00')] }), [422, 'template-refused', 'http.cell']],
    [
      'visits of 20 minutes',
      [...draft(), { name: 'minutes', valuePositiveInt: 20 }],
      [422, 'template-refused', 'http.minutes'],
    ],
    ['an id that is none', [{ name: 'id', valueId: 'a' }], [400, 'bad-value', 'http.id']],
    [
      'a template that is not there',
      [id, { name: 'active', valueBoolean: true }],
      [422, 'template-unknown', 'http.id'],
    ],
  ] as const)('%s', async (_, parts, wanted) => {
    expect(codeOf(await set(parts as unknown as Part[]))).toEqual(wanted);
    expect((await call('templates', undefined)).body).toEqual({ resourceType: 'Parameters' });
  });

  test('a template of a clinic whose system makes its timetable', async () => {
    const token = await hub.token({ role: 'registrar', clinics: ['remote'] });
    const remote = idOf('remote', 'Schedule', schedules[0].key);
    for (const answer of [
      await call('templates', undefined, token, remote),
      await set(draft(), token, remote),
      await call('delete-template', parameters(id), token, remote),
    ])
      expect(codeOf(answer)).toEqual([422, 'no-templates', undefined]);
  });

  test('another clinic’s schedule, and one that is not there', async () => {
    const token = await hub.token({ role: 'registrar', clinics: ['remote'] });
    expect((await set(draft(), token)).status).toBe(404);
    expect((await set(draft(), registrar, crypto.randomUUID())).status).toBe(404);
    expect((await set(draft(), registrar, 'nothing')).status).toBe(404);
  });

  test.each(['patient', 'app', 'registry', 'moderator'] as const)('the role %s', async (role) => {
    const token = await hub.token({ role, clinics: ['alone'], ...(role === 'patient' && { patient }) });
    for (const answer of [
      await call('templates', undefined, token),
      await set(draft(), token),
      await call('delete-template', parameters(id), token),
    ])
      expect(answer.status).toBe(403);
    expect((await call('templates', undefined)).body).toEqual({ resourceType: 'Parameters' });
  });
});

describe('who has signed in', () => {
  const scope = 'user/Schedule.rus user/Appointment.rs user/Slot.rs';
  const doctorOf = async (who: string | null) => {
    const account = await addAccount(hub, { staff: [{ clinic: 'alone', role: 'doctor' }] });
    await hub.pool.query('update staff set practitioner = $2 where account = $1', [account, who]);
    return (await grant(hub, { account, role: 'doctor', scope })).token;
  };

  test('a doctor makes his own timetable, and no colleague’s', async () => {
    const doctor = await doctorOf(practitioner);
    expect((await set(draft(), doctor)).status).toBe(200);
    expect(await slots('free')).toHaveLength(4);
    expect((await call('templates', undefined, doctor)).status).toBe(200);
    const own = [403, 'not-own-schedule', undefined];
    expect(codeOf(await set(draft(), doctor, colleagues))).toEqual(own);
    expect(codeOf(await call('templates', undefined, doctor, colleagues))).toEqual(own);
    const id = await made(draft(), colleagues);
    expect(codeOf(await call('delete-template', parameters({ name: 'id', valueId: id }), doctor, colleagues))).toEqual(
      own,
    );
    expect(await slots('free', colleagues)).toHaveLength(4);
  });

  test('one who is no Practitioner, or has not signed in, has none', async () => {
    const nobody = await hub.token({ role: 'doctor', clinics: ['alone'] });
    for (const token of [await doctorOf(null), nobody])
      expect(codeOf(await set(draft(), token))).toEqual([403, 'not-own-schedule', undefined]);
  });

  test('to read schedules is not to make them', async () => {
    const account = await addAccount(hub, { staff: [{ clinic: 'alone', role: 'registrar' }] });
    const as = async (granted: string) => (await grant(hub, { account, role: 'registrar', scope: granted })).token;
    for (const narrow of ['user/Schedule.rs user/Appointment.rs', 'user/Schedule.ru user/Slot.rs'])
      expect(codeOf(await set(draft(), await as(narrow)))).toEqual([403, 'not-in-scope', undefined]);
    expect((await set(draft(), await as(scope))).status).toBe(200);
  });
});
