/** Conclusions and results of visits that were booked here (FEATURES A10): read for a while, seen by whose they are and by nobody else. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { erasePatient } from '../../src/access/erasure/erase.sql.ts';
import { localOf } from '../../src/instant.ts';
import { validate } from '../../src/r4/validate.ts';
import { freezeClinic, thawClinic } from '../../src/store/clinics.sql.ts';
import type { Resource } from '../../src/store/resource.ts';
import { takeDueReadings } from '../../src/workflows/papers.sql.ts';
import { createPaperRound, enrolVisits, startPaperSweeper } from '../../src/workflows/papers.ts';
import { syncDirectory } from '../../src/workflows/sync.ts';
import { createHospitalHub } from '../connectors/onec/odata/hub-stage.ts';
import { soon } from '../connectors/onec/odata/stage.ts';
import { type Answer, ask, silent } from '../support/hub.ts';
import { orderOf } from '../support/order.ts';
import { addAccount, grant } from '../support/people.ts';

const hub = await createHospitalHub();
const { sandbox, pool } = hub;
const clinic = hub.clinics.byKey('demo')!;
const round = createPaperRound(hub.bookingContext);
const card = 'eeeeeeee-22b7-11df-8618-000000000001';
const sections = { Заключение: ['Здорова.'] };
const blood = [
  { kind: 1, value: 131.5, unit: 1, low: 120, high: 150 },
  { kind: 3, value: 'A (II)' },
];
const scope = 'user/*.rs';
afterAll(() => hub.close());

const types = ['DocumentReference', 'DiagnosticReport', 'Observation'] as const;
const found = async (path: string, token?: string): Promise<Resource[]> => {
  const { status, body } = await ask(hub, 'GET', path, token === undefined ? {} : { token });
  expect(status, JSON.stringify(body)).toBe(200);
  return ((body['entry'] ?? []) as { resource: Resource }[]).map(({ resource }) => resource);
};

interface Visit {
  readonly appointment: string;
  readonly doctor: string;
  /** Local day on which it is now said to be. */
  readonly day: string;
}

/** A coming time that is booked. */
async function book(patient: string, token?: string): Promise<string> {
  const from = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
  const [slot] = await found(`Slot?status=free&start=ge${from}&_count=1`);
  const { status, body } = await ask(hub, 'POST', 'Appointment', {
    body: orderOf(slot!.id!, patient),
    ...(token && { token }),
  });
  expect([status, body['status']], JSON.stringify(body)).toEqual([201, 'booked']);
  return body.id!;
}

/** Time goes by: the visit has begun an hour ago. */
async function begin(appointment: string, ago = 3_600_000): Promise<Visit> {
  const start = Date.now() - ago;
  const { rows } = await pool.query<{ reference: string }>(
    `update slot s set start_at = $2::timestamptz, end_at = $2::timestamptz + interval '15 minutes' from booking b
     where b.slot = s.id and b.appointment = $1 returning b.reference`,
    [appointment, new Date(start)],
  );
  const key = rows[0]!.reference.split(';')[2]!;
  const local = localOf(start, clinic.zone);
  sandbox.desk.change(key, { Начало: local, Окончание: localOf(start + 900_000, clinic.zone) });
  const row = sandbox.desk.visits().find((visit) => visit['Ref_Key'] === key)!;
  return { appointment, doctor: String(row['Сотрудник_Key']), day: local.slice(0, 10) };
}

/** Reads whatever is followed now, of everybody or of one Patient, as if its time had come. @returns how many */
async function turn(patient?: string): Promise<number> {
  await enrolVisits(pool, [clinic], Date.now());
  await pool.query('update paper_reading set next_at = clock_timestamp() where patient = coalesce($1, patient)', [
    patient,
  ]);
  let count = 0;
  for (;;) {
    const taken = await takeDueReadings(pool, [clinic.number], 20, 300);
    for (const row of taken) await round.read(row);
    count += taken.length;
    if (taken.length === 0) return count;
  }
}

const write = ({ day }: Visit, more: object = {}) =>
  sandbox.desk.write({ patient: card, date: `${day}T${localOf(Date.now(), clinic.zone).slice(11)}`, ...more });

const idsOf = (resources: readonly Resource[]) => resources.map(({ id }) => id!).toSorted();

let visit: Visit;
beforeAll(async () => {
  visit = await begin(await book(hub.patient));
});
const versions = async () => {
  const { rows } = await pool.query('select type, id, version from document where type = any($1) order by 1, 2', [
    types,
  ]);
  return rows;
};

describe('a visit that is over', () => {
  let conclusion: string;
  let analysis: string;
  test('before anything is written there is nothing', async () => {
    expect(await turn()).toBe(1);
    for (const type of types) expect(await found(type)).toEqual([]);
  });

  test('the doctor’s conclusion and the laboratory’s results are there, and are good R4', async () => {
    conclusion = write(visit, { employee: visit.doctor, template: 1, sections });
    analysis = write(visit, { template: 2, results: blood });
    await turn();
    const [text, ...texts] = await found('DocumentReference');
    expect(texts).toEqual([]);
    const subject = { reference: `Patient/${hub.patient}` };
    expect(text).toMatchObject({
      ...{ status: 'current', subject, type: { text: 'Осмотр терапевта' } },
      masterIdentifier: { value: `urn:uuid:${conclusion}` },
      content: [{ attachment: { contentType: 'text/plain;charset=utf-8', title: 'Осмотр терапевта' } }],
    });
    const { data } = (text!['content'] as { attachment: { data: string } }[])[0]!.attachment;
    expect(Buffer.from(data, 'base64').toString('utf8')).toBe('Заключение\nЗдорова.');
    const author = (text!['author'] as { reference: string; display: string }[])[0]!;
    expect((await ask(hub, 'GET', author.reference)).body).toMatchObject({ name: [{ text: author.display }] });
    const [report] = await found('DiagnosticReport');
    expect(report).toMatchObject({ status: 'final', subject, code: { text: 'Общий анализ крови' } });
    const observations = await found('Observation');
    expect(idsOf(observations)).toEqual(
      (report!['result'] as { reference: string }[]).map(({ reference }) => reference.slice(12)).toSorted(),
    );
    expect(observations.find(({ valueQuantity }) => valueQuantity !== undefined)).toMatchObject({
      ...{ status: 'final', subject, code: { text: 'Гемоглобин' }, valueQuantity: { value: 131.5, unit: 'г/л' } },
      referenceRange: [{ low: { value: 120 }, high: { value: 150 } }],
    });
    expect(observations.find(({ valueString }) => valueString !== undefined)).toMatchObject({ valueString: 'A (II)' });
    for (const one of [text!, report!, ...observations]) expect(validate(one)).toEqual([]);
  });

  test('a reading of the same writes nothing, nor does a reading of the directory', async () => {
    const before = await versions();
    await turn();
    await syncDirectory(hub.sync, clinic, soon());
    expect(await versions()).toEqual(before);
  });

  test.each([
    'DocumentReference?patient={}&date=ge2026-01-01&status=current',
    'DocumentReference?type=https://medmost.ru/fhir/CodeSystem/onec-template|11111111-22b7-11df-8618-000000000001',
    'DiagnosticReport?subject=Patient/{}&status=final&date=ge2026-01-01',
    'Observation?code=https://medmost.ru/fhir/CodeSystem/onec-indicator|22222222-22b7-11df-8618-000000000001&patient={}',
    'Observation?value-quantity=gt100',
    'Observation?_has:DiagnosticReport:result:status=final&value-string=A',
  ])('found by %s', async (path) => {
    expect(await found(path.replace('{}', hub.patient))).toHaveLength(1);
  });

  test('they belong to the record of the patient', async () => {
    const { body } = await ask(hub, 'GET', `Patient/${hub.patient}/$everything`);
    const there = (body['entry'] as { resource: Resource }[]).map(({ resource }) => resource.resourceType);
    expect(there).toEqual(expect.arrayContaining([...types]));
    const { body: early } = await ask(hub, 'GET', `Patient/${hub.patient}/$everything?end=2020-01-01`);
    expect(JSON.stringify(early)).not.toContain('"DocumentReference"');
  });

  test('nobody writes them here', async () => {
    const [text] = await found('DocumentReference');
    for (const [method, path] of [
      ['POST', 'DocumentReference'],
      ['PUT', `DocumentReference/${text!.id}`],
      ['DELETE', `DocumentReference/${text!.id}`],
    ] as const)
      expect((await ask(hub, method, path, { body: text! })).status).toBe(405);
  });

  test('a correction is a new version', async () => {
    const rows = sandbox.base.get('Document_МедицинскийДокумент_ПоказателиЗдоровья')!.rows;
    const index = rows.findIndex((row) => row['Ref_Key'] === analysis);
    rows[index] = { ...rows[index]!, Значение: 140 };
    await turn();
    const [one] = await found('Observation?value-quantity=gt139');
    expect(one).toMatchObject({ meta: { versionId: '2' } });
  });

  test('what is marked for deletion was entered in error, and says nothing any more', async () => {
    sandbox.desk.rewrite(conclusion, { DeletionMark: true, Posted: false });
    await turn();
    const [text] = await found('DocumentReference');
    expect(text).toMatchObject({ status: 'entered-in-error', docStatus: 'entered-in-error' });
    expect(JSON.stringify(text)).not.toContain('"data"');
    expect(validate(text!)).toEqual([]);
    sandbox.desk.rewrite(conclusion, { DeletionMark: false, Posted: true });
    await turn();
    expect(await found('DocumentReference?status=current')).toHaveLength(1);
  });

  test('what is gone is believed gone when two readings say so; a reading that failed says nothing', async () => {
    const rows = sandbox.base.get('Document_МедицинскийДокумент')!.rows;
    const index = rows.findIndex((row) => row['Ref_Key'] === analysis);
    const row = rows.splice(index, 1)[0]!;
    const text = rows.splice(
      rows.findIndex((one) => one['Ref_Key'] === conclusion),
      1,
    )[0]!;
    await turn();
    expect(await found('DiagnosticReport?status=final')).toHaveLength(1);
    sandbox.fault('handler-500', 1000, 'reads');
    await turn();
    sandbox.calm();
    expect(await found('DiagnosticReport?status=final')).toHaveLength(1);
    await turn();
    expect(await found('DiagnosticReport?status=final')).toEqual([]);
    const gone = [
      ...(await found('DiagnosticReport?status=entered-in-error')),
      ...(await found('Observation?status=entered-in-error')),
    ];
    expect(gone).toHaveLength(3);
    expect(JSON.stringify(gone)).not.toMatch(/"value[A-Z]|A \(II\)|referenceRange/);
    for (const one of gone) expect(validate(one)).toEqual([]);
    const [silent] = await found('DocumentReference');
    expect(silent).toMatchObject({
      status: 'entered-in-error',
      content: [{ attachment: { title: 'Осмотр терапевта' } }],
    });
    expect(JSON.stringify(silent)).not.toContain('"data"');
    expect(validate(silent!)).toEqual([]);
    const before = await versions();
    await turn();
    expect(await versions()).toEqual(before);
    rows.push(row, text);
    await turn();
    expect(await found('DiagnosticReport?status=final')).toHaveLength(1);
  });

  test('what was taken back before anybody saw it is never shown', async () => {
    const before = await versions();
    write(visit, { sections, more: { DeletionMark: true, Posted: false } });
    await turn();
    expect(await versions()).toEqual(before);
  });
});

describe('who sees them', () => {
  let other: string;
  let all: string[];
  beforeAll(async () => {
    const { id: _, meta: __, ...body } = (await ask(hub, 'GET', `Patient/${hub.patient}`)).body;
    other = (await ask(hub, 'POST', 'Patient', { body })).body.id!;
    all = idsOf((await Promise.all(types.map((type) => found(type)))).flat());
  });
  const seen = async (token: string) => {
    const answers = await Promise.all(types.map((type) => ask(hub, 'GET', type, { token })));
    const statuses = [...new Set(answers.map(({ status }) => status))];
    if (statuses.join() !== '200') return statuses;
    const entries = answers.flatMap(({ body }: Answer) => (body['entry'] ?? []) as { resource: Resource }[]);
    return idsOf(entries.map(({ resource }) => resource));
  };

  test('the patient himself, and those who treat him', async () => {
    expect(all.length).toBeGreaterThan(3);
    for (const principal of [
      { role: 'patient', patient: hub.patient },
      { role: 'doctor' },
      { role: 'operator' },
    ] as const)
      expect(await seen(await hub.token(principal)), principal.role).toEqual(all);
  });

  test('no namesake of his, no registrar, no registry, no moderator; not by name either', async () => {
    const namesake = await hub.token({ role: 'patient', patient: other });
    expect(await seen(namesake)).toEqual([]);
    for (const id of all)
      for (const type of types) expect((await ask(hub, 'GET', `${type}/${id}`, { token: namesake })).status).toBe(404);
    expect(await found('DocumentReference?patient.name=Проверкина', namesake)).toEqual([]);
    for (const role of ['registrar', 'registry', 'moderator'] as const)
      expect(await seen(await hub.token({ role })), role).toEqual([403]);
  });

  test('no app whose scope lacks them, and none of another clinic', async () => {
    expect(await seen(await hub.token({ scope: 'system/Appointment.cruds system/Patient.rs' }))).toEqual([403]);
    expect(await seen(await hub.token({ clinics: ['elsewhere'] }))).toEqual([]);
    const narrow = await hub.token({ scope: 'system/Patient.rs' });
    const { body } = await ask(hub, 'GET', `Patient/${hub.patient}/$everything`, { token: narrow });
    for (const id of all) expect(JSON.stringify(body)).not.toContain(id);
  });

  test('who has booked for a patient without having proved to be him sees what the doctor of that visit wrote, and no more', async () => {
    const account = await addAccount(hub, { cards: [{ patient: other }] });
    const { token } = await grant(hub, { account, scope: 'user/*.cruds' });
    const esia = (await grant(hub, { account, scope, method: 'esia' })).token;
    const stranger = await addAccount(hub, { cards: [{ patient: other, relation: 'other' }] });
    const own = await begin(await book(other, token));
    const text = write(own, { employee: own.doctor, template: 3, sections });
    await turn();
    const mine = await found('DocumentReference', token);
    expect(mine.map((one) => (one['masterIdentifier'] as { value: string }).value)).toContain(`urn:uuid:${text}`);
    // The card is that of the first patient, too: the results of his visit are on it.
    expect(await found('Observation', token)).toEqual([]);
    expect(await found('DiagnosticReport', token)).toEqual([]);
    expect((await found('Observation', esia)).length).toBeGreaterThan(0);
    const theirs = (await grant(hub, { account: stranger, scope, method: 'esia' })).token;
    expect(await found('DocumentReference', theirs)).toEqual([]);
  });

  test('two Patients of one card have papers of their own', async () => {
    const subjects = (await found('DocumentReference')).map(
      ({ subject }) => (subject as { reference: string }).reference,
    );
    expect(new Set(subjects)).toEqual(new Set([`Patient/${hub.patient}`, `Patient/${other}`]));
    const theirs = await found(`Observation?patient=${other}`);
    expect(theirs).toHaveLength(2);
    expect(idsOf(theirs).filter((id) => all.includes(id))).toEqual([]);
  });
});

describe('the turns', () => {
  beforeEach(() => sandbox.calm());
  const due = async () =>
    (
      await pool.query<{ in: number }>(
        `select extract(epoch from r.next_at - clock_timestamp())::float8 / 60 as in from paper_reading r
      join booking b on b.id = r.booking where b.appointment = $1`,
        [visit.appointment],
      )
    ).rows[0]?.in;

  test('half an hour on the day of the visit, ten times as long after ten days, and after a month no more', async () => {
    await turn();
    expect(await due()).toBeCloseTo(30, 0);
    await begin(visit.appointment, 10.5 * 86_400_000);
    await turn();
    expect(await due()).toBeCloseTo(300, 0);
    sandbox.fault('handler-500', 1000, 'reads');
    await turn();
    sandbox.calm();
    expect(await due()).toBeCloseTo(30, 0);
    await begin(visit.appointment, 31 * 86_400_000);
    await turn();
    expect(await due()).toBeUndefined();
    expect((await found(`DocumentReference?patient=${hub.patient}`)).length).toBeGreaterThan(0);
    await begin(visit.appointment);
  });

  test('a frozen clinic is not read', async () => {
    await freezeClinic(pool, clinic.number, 'проверка');
    const asked = sandbox.asked.length;
    await turn();
    expect(sandbox.asked.length).toBe(asked);
    await thawClinic(pool, clinic.number);
  });

  test('who has withdrawn his consent is not asked about, and is again when he gives it', async () => {
    const coding = [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }];
    const consent = {
      ...{ resourceType: 'Consent', status: 'inactive', scope: { coding }, policyRule: { text: 'x' } },
      ...{ patient: { reference: `Patient/${hub.patient}` }, dateTime: '2026-11-01' },
      category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    };
    expect((await ask(hub, 'POST', 'Consent', { body: consent })).status).toBe(201);
    const asked = sandbox.asked.length;
    expect(await turn(hub.patient)).toBeGreaterThan(0);
    expect(sandbox.asked.length).toBe(asked);
    expect((await ask(hub, 'POST', 'Consent', { body: { ...consent, status: 'active' } })).status).toBe(201);
    await turn(hub.patient);
    expect(sandbox.asked.length).toBeGreaterThan(asked);
  });

  test('one whose papers cannot be read keeps no other from his; nothing of them is in the log', async () => {
    const before = (await found('DocumentReference')).length;
    const next = await begin(await book(hub.patient));
    write(next, { employee: next.doctor, sections: { Заключение: ['Новое.'] } });
    sandbox.fault('handler-500', 1, 'reads');
    expect(await turn()).toBe(3);
    expect((await found('DocumentReference')).length).toBeGreaterThan(before);
  });

  test('several hubs at once: each paper is written once', async () => {
    write(visit, { template: 1, sections: { Заключение: ['Одно.'] } });
    const number = (await found(`DocumentReference?patient=${hub.patient}`)).length;
    await pool.query('update paper_reading set next_at = clock_timestamp()');
    const taken = await Promise.all([1, 2, 3].map(() => takeDueReadings(pool, [clinic.number], 20, 300)));
    const ids = taken.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const again = (await pool.query<{ booking: string }>('select booking from paper_reading')).rows.length;
    expect(ids.length).toBeLessThanOrEqual(again);
    await Promise.all([...taken.flat(), ...taken.flat()].map((row) => round.read(row)));
    expect(await found(`DocumentReference?patient=${hub.patient}`)).toHaveLength(number + 1);
    expect(await found(`DocumentReference?patient=${hub.patient}&_lastUpdated=gt2020`)).toHaveLength(number + 1);
  });

  test('the sweeper reads by itself', async () => {
    const paper = write(visit, { template: 1, sections: { Заключение: ['Само.'] } });
    await pool.query('update paper_reading set next_at = clock_timestamp()');
    const sweeper = startPaperSweeper(pool, hub.clinics, { papers: round, clock: Date.now }, silent);
    await expect
      .poll(
        async () => found(`DocumentReference?identifier=urn:ietf:rfc:3986|urn:uuid:${paper}&patient=${hub.patient}`),
        { timeout: 15_000 },
      )
      .toHaveLength(1);
    await sweeper.stop();
  });

  test('a cancelled visit is followed no more; an erased patient gets nothing and nothing is left of his', async () => {
    await pool.query(`update booking set state = 'cancelled' where appointment = $1`, [visit.appointment]);
    await turn();
    expect(await due()).toBeUndefined();
    await pool.query(`update booking set state = 'confirmed' where appointment = $1`, [visit.appointment]);
    await enrolVisits(pool, [clinic], Date.now());
    await pool.query('update paper_reading set next_at = clock_timestamp()');
    await erasePatient(pool, hub.patient, []);
    await turn();
    expect(await found(`DocumentReference?patient=${hub.patient}`)).toEqual([]);
    expect((await pool.query('select from paper_reading where patient = $1', [hub.patient])).rows).toEqual([]);
    expect(
      (
        await pool.query(
          'select from paper p where not exists (select from paper_reading r where r.booking = p.booking)',
        )
      ).rows,
    ).toEqual([]);
  });
});
