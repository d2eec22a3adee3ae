/** A concentrator hears of bookings at the clinics that it sees: of each until it has accepted it, and of nothing else. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { prepareDocument } from '../../../src/store/document.ts';
import { putDocument } from '../../../src/store/documents.sql.ts';
import { type Queue, startQueue } from '../../../src/workflows/queue.ts';
import { passHorizon } from '../../support/database.ts';
import { ask } from '../../support/hub.ts';
import { orderOf } from '../../support/order.ts';
import { type Concentrator, openConcentrator } from './concentrator.ts';
import { createStage, guids, lpu, type Stage } from './stage.ts';

const member = '77777777-2222-4333-8444-555555555555';
const own = 'aaaaaaaa-2222-4333-8444-555555555555';
let concentrator: Concentrator;
let stage: Stage;
let queue: Queue;
let token: string;
let slots: readonly string[];
let next = 0;
const now = { ahead: 0 };

beforeAll(async () => {
  concentrator = await openConcentrator();
  const clinics = { one: { idLpu: lpu.one } };
  const notify = { url: concentrator.url, guid: own, timeoutSeconds: 5 };
  stage = await createStage({
    clock: () => Date.now() + now.ahead,
    settings: {
      callers: {
        concentrator: { guid: guids.concentrator, member, clinics, notify },
        portal: { guid: guids.portal, clinics: { two: { idLpu: lpu.two } } },
      },
    },
  });
  token = await stage.hub.token({ clinics: ['one'] });
  ({ slots } = await stage.times());
  // What was booked before there was somebody to tell is not told.
  await fhir('POST', 'Appointment', orderOf(slots[next++]!, await stage.patient('Прежнева')));
  await passHorizon(stage.hub.pool);
  queue = await startQueue(stage.hub.url, stage.hub.sync, stage.hub.settler, stage.hub.clinics);
  await stage.service.start(queue.boss, 1);
});
afterAll(async () => {
  await stage.service.stop();
  await queue.stop();
  await stage.close();
  await concentrator.close();
});

const fhir = (method: 'GET' | 'POST' | 'PUT', path: string, body?: object) =>
  ask(stage.hub, method, path, { token, ...(body && { body }) });
const free = () => slots[next++]!;
const bookFhir = async (slot: string, patient: string) => {
  const { status, body } = await fhir('POST', 'Appointment', orderOf(slot, patient));
  expect(status).toBe(201);
  return body;
};

describe('booked by FHIR', () => {
  test('is told with doctor, patient and local time; its cancellation under the same number', async () => {
    const patient = await stage.patient('Вестникова');
    const { id, ...appointment } = await bookFhir(free(), patient);
    const [told] = await concentrator.accepted(id!, 1);
    expect(told).toMatchObject({
      operation: 'SendNotificationAboutAppointment',
      headers: { soapaction: '"http://tempuri.org/IHubService/SendNotificationAboutAppointment"' },
      parameters: {
        ...{ idLpu: lpu.one, guid: own, appointmentSource: 'Интернет' },
        doctor: { Name: 'Соколова Анна Петровна' },
        spesiality: { NameSpesiality: 'Терапия', FerIdSpesiality: '27' },
        patient: { IdPat: patient, Surname: 'Вестникова', Birthday: '1980-02-29T00:00:00' },
        appointment: { IdAppointment: id },
      },
    });
    expect(told!.parameters).not.toHaveProperty('member');
    expect(told!.parameters.appointment).not.toHaveProperty('EventDateTime');
    const { VisitStart } = told!.parameters.appointment;
    expect(Date.parse(`${VisitStart}+03:00`)).toBe(Date.parse(String(appointment['start'])));
    await fhir('PUT', `Appointment/${id}`, { ...appointment, id, resourceType: 'Appointment', status: 'cancelled' });
    const [, cancelled] = await concentrator.accepted(id!, 2);
    expect(cancelled).toMatchObject({
      operation: 'SendNotificationAboutAppointmentStatus',
      parameters: {
        ...{ idLpu: lpu.one, idPat: patient, idAppointment: id, guid: own },
        status: 'запись_отменена_по_инициативе_пациента',
        idNotification: expect.stringMatching(/^\d{4}$/),
      },
    });
  });

  test('moved: told as moved, and again with its new time', async () => {
    const { id, ...appointment } = await bookFhir(free(), await stage.patient('Переносова'));
    await concentrator.accepted(id!, 1);
    const slot = [{ reference: `Slot/${free()}` }];
    const { status, body } = await fhir('PUT', `Appointment/${id}`, {
      ...appointment,
      id,
      slot,
      resourceType: 'Appointment',
    });
    expect(status).toBe(200);
    const [, moved, again] = await concentrator.accepted(id!, 3);
    expect(moved!.parameters.status).toBe('запись_перенесена');
    const { VisitStart } = again!.parameters.appointment;
    expect(Date.parse(`${VisitStart}+03:00`)).toBe(Date.parse(String(body['start'])));
  });

  test.each([
    ['fulfilled', 'посещение_состоялось'],
    ['noshow', 'пациент_не_явился'],
  ])('%s is told as %s', async (status, text) => {
    const { id } = await bookFhir(free(), await stage.patient(`Итогова${text.length}`));
    await concentrator.accepted(id!, 1);
    const { body } = await fhir('GET', `Appointment/${id}`);
    const { number: clinic, zone } = stage.hub.clinic;
    const content = { ...body, status, ...(status === 'noshow' && { cancelationReason: { text: 'x' } }) };
    const { parameters } = stage.hub.sync;
    const write = prepareDocument({ ...content, meta: {} }, 2, Date.now(), { clinic, zone }, parameters);
    expect(await putDocument(stage.hub.pool, write)).toBe(true);
    const [, done] = await concentrator.accepted(id!, 2);
    expect(done!.parameters.status).toBe(text);
  });
});

test('booked by the door: its source is another, and who has booked is told', async () => {
  const idPat = await stage.patient('Дверцева');
  await stage.call('SetAppointment', { idLpu: lpu.one, idPat, idAppointment: free(), doctorsReferral: 'УО-5' });
  const { result } = await stage.call('GetPatientHistory', { idLpu: lpu.one, idPat });
  const { IdAppointment: idAppointment } = result.ListHistoryVisit![0]!;
  const [told] = await concentrator.accepted(idAppointment!, 1);
  expect(told!.parameters).toMatchObject({ appointmentSource: 'Прочее', member, doctorsReferal: 'УО-5' });
  await stage.call('CreateClaimForRefusal', { idLpu: lpu.one, idPat, idAppointment: idAppointment! });
  const [, cancelled] = await concentrator.accepted(idAppointment!, 2);
  expect(cancelled!.parameters.status).toBe('запись_отменена_по_инициативе_пациента');
});

test('what is not accepted is told again, the same, until it is; then not any more', async () => {
  concentrator.troubles.push('drop', 'error', 'nonsense', 'accept and drop');
  const before = concentrator.heard.length;
  const { id } = await bookFhir(free(), await stage.patient('Упорнова'));
  await concentrator.accepted(id!, 2);
  const told = concentrator.heard.slice(before);
  expect(told.map((t) => t.accepted)).toEqual([false, false, false, true, true]);
  const ids = told.map(({ parameters: p }) => [p.idLpu, p.appointment.IdAppointment, p.appointment.VisitStart]);
  expect(new Set(ids.map(String)).size).toBe(1);
  // Whoever comes after it has been told of: nothing of this one came in between.
  const later = await bookFhir(free(), await stage.patient('Позднева'));
  await concentrator.accepted(later.id!, 1);
  expect(concentrator.heard.length).toBe(before + 6);
}, 120_000);

test('told late, it says when it was booked', async () => {
  concentrator.troubles.push('status 500');
  const before = concentrator.heard.length;
  const { id } = await bookFhir(free(), await stage.patient('Опозданова'));
  while (concentrator.heard.length === before) await new Promise((done) => setTimeout(done, 20));
  now.ahead = 3_600_000;
  try {
    const [told] = await concentrator.accepted(id!, 1);
    expect(told!.parameters.appointment).toMatchObject({
      $type: 'NoticeAppointment',
      EventDateTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/),
    });
    expect(told!.body).toContain('i:type="h:NoticeAppointment"');
  } finally {
    now.ahead = 0;
  }
});

test('nothing of other clinics, of what was before, of what was refused, of whoever has withdrawn his consent', async () => {
  const two = await stage.hub.token({ clinics: ['two'] });
  const person = { resourceType: 'Patient', name: [{ family: 'Двоева' }] };
  const { body: patient } = await ask(stage.hub, 'POST', 'Patient', { token: two, body: person });
  const { body: found } = await ask(stage.hub, 'GET', 'Slot?status=free&_count=1', { token: two });
  const [{ resource }] = (found as unknown as { entry: [{ resource: { id: string } }] }).entry;
  stage.hub.mis.sold.clear();
  const { status } = await ask(stage.hub, 'POST', 'Appointment', {
    token: two,
    body: orderOf(resource.id, patient.id!),
  });
  expect(status).toBe(201);
  stage.hub.mis.answers.push({ outcome: 'rejected', reason: 'rule', text: 'Нет.' });
  const refused = await stage.patient('Отказнова');
  await fhir('POST', 'Appointment', orderOf(free(), refused));
  const withdrawn = await stage.patient('Отзывова');
  const coding = [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }];
  const consent = {
    ...{ resourceType: 'Consent', status: 'inactive', scope: { coding } },
    ...{
      category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
      patient: { reference: `Patient/${withdrawn}` },
    },
    ...{ dateTime: '2026-11-01', policyRule: { text: 'x' } },
  };
  expect((await fhir('POST', 'Consent', consent)).status).toBe(201);
  const { id: secret } = await bookFhir(free(), withdrawn);
  const { id: last } = await bookFhir(free(), await stage.patient('Последнева'));
  await concentrator.accepted(last!, 1);
  for (;;) {
    const { rows } = await stage.hub.pool.query<{ told: string }>(
      'select told from hub_notification where appointment = $1',
      [secret],
    );
    if (rows[0]?.told === 'withheld') break;
    await new Promise((done) => setTimeout(done, 50));
  }
  const bodies = concentrator.heard.map((h) => h.body).join('\n');
  for (const name of ['Двоева', 'Прежнева', 'Отказнова', 'Отзывова']) expect(bodies).not.toContain(name);
});

test('each telling is an event of the audit, and jobs hold ids alone', async () => {
  const patient = await stage.patient('Журналова');
  const { id } = await bookFhir(free(), patient);
  await concentrator.accepted(id!, 1);
  const { rows: events } = await stage.hub.pool.query(
    `select subject, client, resource, clinic from audit_event where kind = 'notification' and patient = $1`,
    [patient],
  );
  expect(events).toEqual([
    {
      ...{ subject: 'hub-service:concentrator', client: 'concentrator', resource: `Appointment/${id}` },
      clinic: stage.hub.clinic.number,
    },
  ]);
  const { rows: jobs } = await stage.hub.pool.query<{ data: object }>(
    `select data from pgboss.job where name = 'hub-notification'`,
  );
  expect(jobs.length).toBeGreaterThan(5);
  for (const { data } of jobs) {
    expect(Object.keys(data).sort()).toEqual(['appointment', 'caller']);
    expect(JSON.stringify(data)).toMatch(/^\{[\w":,-]*\}$/);
  }
});
