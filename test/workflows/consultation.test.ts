/** Consultations that go through a workflow of the region (ТМК, tm-core): protocols/regiz.md §3.4. */
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { roles, stages, transitions } from '../../sandbox/regiz/workflow.ts';
import { erasePatient, readPatient } from '../../src/access/erasure/erase.sql.ts';
import type { Resource } from '../../src/store/resource.ts';
import { readTroubledConsultations } from '../../src/workflows/consultation.sql.ts';
import { stageSystem } from '../../src/workflows/consultation-document.ts';
import { caseUrl, processSystem, stageUrl } from '../../src/workflows/encounter-own.ts';
import { ask } from '../support/hub.ts';
import { caseSettingsOf, consultationSettingsOf, createRegizHub } from '../support/regiz-hub.ts';

const hub = await createRegizHub((started) => ({
  cases: caseSettingsOf(started),
  consultations: consultationSettingsOf(started),
}));
const { sandbox } = hub;
afterAll(() => hub.close());
afterEach(() => sandbox.clearFaults());

const patience = { timeout: 20_000, interval: 50 };
const doctors = await hub.token({ subject: 'doctor', role: 'doctor' });
let people = 0;

async function person(): Promise<string> {
  const body = {
    resourceType: 'Patient',
    name: [{ family: `Удалённая${'абвгдежзик'[people++ % 10]}`, given: ['Анна', 'Тестовна'] }],
    gender: 'female',
    birthDate: '1990-02-03',
  };
  const { status, body: created } = await ask(hub, 'POST', 'Patient', { body });
  expect(status).toBe(201);
  return created.id!;
}

/** A doctor with a СНИЛС, as the directory of the clinic tells him. */
const found = await ask(hub, 'GET', 'PractitionerRole?_count=200&_include=PractitionerRole:practitioner');
const everybody = (found.body as unknown as { entry: { resource: Resource }[] }).entry.map(({ resource }) => resource);
const numbered = everybody.find(
  ({ resourceType, identifier }) =>
    resourceType === 'Practitioner' &&
    (identifier as { system: string }[] | undefined)?.some(({ system }) => system === 'urn:oid:1.2.643.100.3'),
)!;

const consultation = (patient: string, more: object = {}) => ({
  resourceType: 'Encounter',
  status: 'planned',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'VR' },
  type: [{ coding: [{ system: 'https://medmost.ru/fhir/CodeSystem/regiz-workflow', code: 'consultation' }] }],
  priority: { coding: [{ system: 'urn:oid:1.2.643.2.69.1.1.1.30', code: '1' }] },
  subject: { reference: `Patient/${patient}` },
  participant: [{ individual: { reference: `Practitioner/${numbered.id}` } }],
  period: { start: '2026-12-01T06:00:00Z', end: '2026-12-01T06:20:00Z' },
  reasonCode: [{ coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'I10' }], text: 'Голова у Удалённой' }],
  ...more,
});
/** The clinic that is asked stands in the request. */
async function requested(patient: string): Promise<object> {
  const body = {
    resourceType: 'ServiceRequest',
    ...{ status: 'active', intent: 'plan', subject: { reference: `Patient/${patient}` } },
    performer: [{ identifier: { system: 'urn:oid:1.2.643.2.69.1.1.1.64', value: '1.2.643.5.1.13.13.12.2.78.9945' } }],
  };
  const { status, body: created } = await ask(hub, 'POST', 'ServiceRequest', { token: doctors, body });
  expect(status).toBe(201);
  return { basedOn: [{ reference: `ServiceRequest/${created.id}` }] };
}
const plan = async (patient: string, more: object = {}) =>
  ask(hub, 'POST', 'Encounter', {
    token: doctors,
    body: consultation(patient, { ...(await requested(patient)), ...more }),
  });
const begin = async (more: object = {}): Promise<string> => {
  const { status, body } = await plan(await person(), more);
  expect(status).toBe(201);
  return body.id!;
};
const look = async (id: string) => (await ask(hub, 'GET', `Encounter/${id}`, { token: doctors })).body;
const put = (body: Resource) => ask(hub, 'PUT', `Encounter/${body.id}`, { token: doctors, body });
const statusOf = (id: string) => async () => (await look(id))['status'];

interface Told {
  readonly coding?: readonly { readonly system: string; readonly code: string }[];
  readonly text: string;
}
const toldOf = (encounter: Resource, url = stageUrl): Told | undefined =>
  (encounter['extension'] as { url: string; valueCodeableConcept: Told }[] | undefined)?.find((e) => e.url === url)
    ?.valueCodeableConcept;
const stageOf = (id: string) => async () => toldOf(await look(id))?.coding?.[0]?.code;
const numberOf = (encounter: Resource) =>
  (encounter['identifier'] as { system: string; value: string }[] | undefined)?.find((i) => i.system === processSystem)
    ?.value;
const processes = (id: string) => sandbox.processes().filter(({ name }) => name.endsWith(id));
const rowOf = async (id: string) =>
  (await hub.pool.query('select state, stage, wish, reason, next_at from consultation where id = $1', [id])).rows[0];
const fault = (name: string, operation: string, times = 1) =>
  sandbox.fault({ fault: name, operations: [operation], times });

/** What the other side does. */
async function move(process: string, name: string, processContext: object = {}): Promise<void> {
  const { id, role } = transitions.find((t) => t.name === name)!;
  const roleContext = { [role]: { organization: '1.2.643.5.1.13.13.12.2.78.9945', SNILS: '11223344595' } };
  const response = await fetch(new URL('/tm-core/api/Commands/MoveToStage', sandbox.url), {
    method: 'POST',
    headers: { authorization: `N3 ${sandbox.guid}`, 'content-type': 'application/json' },
    body: JSON.stringify({ processId: process, transitionId: id, processContext, roleContext }),
  });
  expect(await response.json()).toMatchObject({ success: true });
}

describe('a planned consultation of a workflow', () => {
  test('is begun in the region once, gets its number and stage, and goes as the region goes, to the record of patients', async () => {
    const { body } = await plan(await person());
    const id = body.id!;
    expect([body['status'], toldOf(body)]).toEqual(['planned', { text: 'Передаётся в систему телемедицины региона' }]);
    await expect.poll(stageOf(id), patience).toBe(stages.requested);
    const [process, ...others] = processes(id);
    expect([others, numberOf(await look(id)), toldOf(await look(id))?.coding]).toEqual([
      [],
      process!.id,
      [{ system: stageSystem, code: stages.requested }],
    ]);
    expect(Object.keys(process!.roleContext)).toEqual([roles.requester]);
    await move(process!.id, 'Принять');
    await expect.poll(stageOf(id), patience).toBe(stages.accepted);
    expect(await statusOf(id)()).toBe('planned');
    await move(process!.id, 'Дать заключение', { conclusion: { text: 'Здорова' } });
    await expect.poll(statusOf(id), patience).toBe('finished');
    expect(await rowOf(id)).toMatchObject({ state: 'ended', stage: stages.done, next_at: null });
    await expect.poll(async () => toldOf(await look(id), caseUrl)?.coding?.[0]?.code, patience).toBe('accepted');
    expect(sandbox.cases().find(({ idCaseMis }) => idCaseMis === id)?.case).toMatchObject({ TmcID: process!.id });
  });

  test('at a stage that is not configured stays as it is, and the operator and the doctor are told', async () => {
    const id = await begin();
    await expect.poll(stageOf(id), patience).toBe(stages.requested);
    const process = processes(id)[0]!.id;
    await move(process, 'Принять');
    await move(process, 'Назначить время', { appointment: { start: '2026-12-01T10:00:00' } });
    await expect.poll(stageOf(id), patience).toBe(stages.scheduled);
    const encounter = await look(id);
    expect([encounter['status'], toldOf(encounter)?.text]).toEqual([
      'planned',
      expect.stringContaining('не описана в настройках'),
    ]);
    const { number } = hub.clinics.byKey('p44')!;
    const troubled = await readTroubledConsultations(hub.pool, number);
    expect(troubled).toMatchObject([{ id, stage: stages.scheduled, reason: expect.stringContaining('не описана') }]);
    const { versionId } = encounter.meta!;
    await new Promise((done) => setTimeout(done, 1000));
    expect((await look(id)).meta!.versionId).toBe(versionId);
    await move(process, 'Дать заключение', { conclusion: { text: 'Здорова' } });
    await expect.poll(statusOf(id), patience).toBe('finished');
    expect(await readTroubledConsultations(hub.pool, number)).toEqual([]);
  });

  test('is cancelled in the region first', async () => {
    const id = await begin();
    await expect.poll(stageOf(id), patience).toBe(stages.requested);
    const answer = await put({ ...(await look(id)), status: 'cancelled' });
    expect([answer.status, answer.body['status']]).toEqual([200, 'planned']);
    expect(toldOf(answer.body)?.text).toBe('Статус меняется в системе телемедицины региона');
    await expect.poll(statusOf(id), patience).toBe('cancelled');
    expect(processes(id)).toMatchObject([{ currentStageId: stages.cancelled }]);
    expect(await rowOf(id)).toMatchObject({ state: 'ended', wish: null });
  });

  test('is brought into no other status from here; what else is in it may change, but for what is the hub’s', async () => {
    const id = await begin();
    await expect.poll(stageOf(id), patience).toBe(stages.requested);
    const current = await look(id);
    const refused = await put({ ...current, status: 'finished' });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([422, expect.stringContaining('workflow-decides')]);
    const another = await put({ ...current, subject: { reference: `Patient/${await person()}` } } as Resource);
    expect([another.status, JSON.stringify(another.body)]).toEqual([422, expect.stringContaining('workflow-decides')]);
    const { extension: _, identifier: __, ...stripped } = current;
    const changed = await put({ ...stripped, length: { value: 20, unit: 'min' } } as Resource);
    expect([changed.status, numberOf(changed.body), toldOf(changed.body)]).toEqual([
      200,
      numberOf(current),
      toldOf(current),
    ]);
    const gone = await ask(hub, 'DELETE', `Encounter/${id}`, { token: doctors });
    expect([gone.status, JSON.stringify(gone.body)]).toEqual([409, expect.stringContaining('workflow-decides')]);
  });

  test('of another kind is kept as ever; of an unknown workflow it is refused', async () => {
    const before = sandbox.processes().length;
    const plain = await plan(await person(), { type: undefined });
    expect([plain.status, toldOf(plain.body)]).toEqual([201, undefined]);
    expect((await put({ ...plain.body, status: 'cancelled' })).body['status']).toBe('cancelled');
    const type = [{ coding: [{ system: 'https://medmost.ru/fhir/CodeSystem/regiz-workflow', code: 'toString' }] }];
    const unknown = await plan(await person(), { type });
    expect([unknown.status, JSON.stringify(unknown.body)]).toEqual([422, expect.stringContaining('workflow-unknown')]);
    const { rowCount } = await hub.pool.query(`select from consultation where id = $1`, [plain.body.id]);
    expect([rowCount, sandbox.processes().length]).toEqual([0, before]);
  });
});

describe('when the engine does not answer', () => {
  test.each(['commit-then-reset', 'commit-then-empty-200', 'commit-then-hang'])(
    '%s: it is found by our id, and begun once',
    async (name) => {
      fault(name, 'Tm.StartNewProcess');
      const id = await begin();
      await expect.poll(stageOf(id), patience).toBe(stages.requested);
      expect(processes(id)).toMatchObject([{ id: numberOf(await look(id)) }]);
    },
  );

  test('one that never came there is refused when the grace is over, and is begun anew when it is changed', async () => {
    fault('drop-before', 'Tm.StartNewProcess');
    const id = await begin();
    await expect.poll(async () => (await rowOf(id))?.state, patience).toBe('refused');
    expect(toldOf(await look(id))?.text).toBe('Система телемедицины региона не подтвердила консультацию.');
    expect(processes(id)).toEqual([]);
    expect((await put({ ...(await look(id)), length: { value: 20, unit: 'min' } } as Resource)).status).toBe(200);
    await expect.poll(stageOf(id), patience).toBe(stages.requested);
    expect(processes(id)).toHaveLength(1);
  });

  test('one that was given up and has turned up since is not begun again', async () => {
    fault('drop-before', 'Tm.StartNewProcess');
    const id = await begin();
    await expect.poll(async () => (await rowOf(id))?.state, patience).toBe('refused');
    const { consultations } = hub.clinics.byKey('p44')!;
    const told = { urgency: { code: '1' }, reasonCode: { code: 'I10' }, complaints: 'Голова' };
    const serviceRequest = { ...told, performerOrganization: { code: '1.2.643.5.1.13.13.12.2.78.9945' } };
    const late = { process: { serviceRequest }, doctor: { snils: '11223344595' } };
    const context = { signal: AbortSignal.timeout(10_000), booking: id };
    expect(await consultations!.start('consultation', late, context)).toMatchObject({ outcome: 'confirmed' });
    expect((await put({ ...(await look(id)), length: { value: 20, unit: 'min' } } as Resource)).status).toBe(200);
    await expect.poll(stageOf(id), patience).toBe(stages.requested);
    expect(processes(id)).toMatchObject([{ id: numberOf(await look(id)) }]);
  });

  /** Refused without its answer being known, and the grace not over: the clock is turned back. */
  async function doubted(): Promise<string> {
    fault('drop-before', 'Tm.StartNewProcess');
    const id = await begin();
    await expect.poll(async () => (await rowOf(id))?.state, patience).toBe('refused');
    await hub.pool.query(
      `update consultation set doubted_at = clock_timestamp() + interval '2 seconds' where id = $1`,
      [id],
    );
    return id;
  }
  async function comeLate(id: string): Promise<void> {
    const told = { urgency: { code: '1' }, reasonCode: { code: 'I10' }, complaints: 'Голова' };
    const serviceRequest = { ...told, performerOrganization: { code: '1.2.643.5.1.13.13.12.2.78.9945' } };
    const late = { process: { serviceRequest }, doctor: { snils: '11223344595' } };
    const context = { signal: AbortSignal.timeout(10_000), booking: id };
    const { consultations } = hub.clinics.byKey('p44')!;
    expect(await consultations!.start('consultation', late, context)).toMatchObject({ outcome: 'confirmed' });
  }
  const looked = (operation: string) => sandbox.log().filter((entry) => entry.operation === operation).length;

  test('one that may yet come there is not begun anew before the grace is over', async () => {
    const id = await doubted();
    const looks = looked('Tm.GetReadAvailableProcesses');
    expect((await put({ ...(await look(id)), length: { value: 20, unit: 'min' } } as Resource)).status).toBe(200);
    await expect.poll(() => looked('Tm.GetReadAvailableProcesses'), patience).toBeGreaterThan(looks + 1);
    await comeLate(id);
    await expect.poll(stageOf(id), patience).toBe(stages.requested);
    expect(processes(id)).toMatchObject([{ id: numberOf(await look(id)) }]);
  });

  test('one that may yet come there is not told to be cancelled before it is known', async () => {
    const id = await doubted();
    await hub.pool.query(
      `update consultation set state = 'new', wish = 'cancelled', next_at = clock_timestamp() where id = $1`,
      [id],
    );
    await comeLate(id);
    await expect.poll(statusOf(id), patience).toBe('cancelled');
    expect(processes(id)).toMatchObject([{ currentStageId: stages.cancelled }]);
  });

  test('while writes are frozen nothing is begun, and what is cancelled meanwhile never is', async () => {
    const { number } = hub.clinics.byKey('p44')!;
    await hub.pool.query(`update clinic set frozen_at = now(), frozen_reason = 'test' where id = $1`, [number]);
    const id = await begin();
    await put({ ...(await look(id)), status: 'cancelled' });
    await new Promise((done) => setTimeout(done, 1500));
    expect([await statusOf(id)(), (await rowOf(id))?.state]).toEqual(['planned', 'new']);
    await hub.pool.query('update clinic set frozen_at = null, frozen_reason = null where id = $1', [number]);
    await hub.pool.query('update consultation set next_at = clock_timestamp() where id = $1', [id]);
    await expect.poll(statusOf(id), patience).toBe('cancelled');
    expect([processes(id), (await rowOf(id))?.state]).toEqual([[], 'ended']);
  });

  test('one whose sender has died is looked for, not begun again', async () => {
    const id = await begin();
    await expect.poll(stageOf(id), patience).toBe(stages.requested);
    await hub.pool.query(
      `update consultation set state = 'sending', reference = null, next_at = clock_timestamp() where id = $1`,
      [id],
    );
    await expect.poll(async () => (await rowOf(id))?.state, patience).toBe('standing');
    expect(processes(id)).toHaveLength(1);
  });

  test('a cancellation whose answer was lost is found out; one that never came there is repeated', async () => {
    const [a, b] = [await begin(), await begin()];
    for (const id of [a, b]) await expect.poll(stageOf(id), patience).toBe(stages.requested);
    fault('commit-then-reset', 'Tm.MoveToStage');
    await put({ ...(await look(a)), status: 'cancelled' });
    await expect.poll(statusOf(a), patience).toBe('cancelled');
    fault('drop-before', 'Tm.MoveToStage');
    await put({ ...(await look(b)), status: 'cancelled' });
    await expect.poll(statusOf(b), patience).toBe('cancelled');
    for (const id of [a, b]) expect(processes(id)).toMatchObject([{ currentStageId: stages.cancelled }]);
  });

  test('one that is cancelled before it is known whether it was begun is cancelled there as soon as it is', async () => {
    fault('commit-then-reset', 'Tm.StartNewProcess');
    fault('drop-before', 'Tm.GetReadAvailableProcesses', 2);
    const id = await begin();
    await expect.poll(async () => (await rowOf(id))?.state, patience).toBe('unknown');
    expect((await put({ ...(await look(id)), status: 'cancelled' })).status).toBe(200);
    await expect.poll(statusOf(id), patience).toBe('cancelled');
    expect(processes(id)).toMatchObject([{ currentStageId: stages.cancelled }]);
  });

  test('a stage that cannot be read changes nothing', async () => {
    const id = await begin();
    await expect.poll(stageOf(id), patience).toBe(stages.requested);
    fault('html-200', 'Tm.GetProcess', 3);
    const { versionId } = (await look(id)).meta!;
    await expect.poll(() => sandbox.faults().find(({ name }) => name === 'html-200')!.remaining, patience).toBe(0);
    expect((await look(id)).meta!.versionId).toBe(versionId);
  });
});

test('what the region refuses says so, and is kept here', async () => {
  const id = await begin({ reasonCode: undefined });
  await expect.poll(async () => (await rowOf(id))?.state, patience).toBe('refused');
  expect(toldOf(await look(id))?.text).toContain('не приняла консультацию');
  expect((await ask(hub, 'DELETE', `Encounter/${id}`, { token: doctors })).status).toBe(204);
});

test('a Patient is not destroyed while his consultation is followed; with him goes what is kept of it', async () => {
  const patient = await person();
  const { body } = await plan(patient);
  await expect.poll(stageOf(body.id!), patience).toBe(stages.requested);
  expect((await readPatient(hub.pool, patient))!.busy).toBe(true);
  await put({ ...(await look(body.id!)), status: 'cancelled' });
  await expect.poll(statusOf(body.id!), patience).toBe('cancelled');
  expect((await readPatient(hub.pool, patient))!.busy).toBe(false);
  await erasePatient(hub.pool, patient, []);
  expect(await rowOf(body.id!)).toBeUndefined();
});

test('the message log holds nothing of the patients', () => {
  const seen = JSON.stringify(hub.exchanges);
  expect(seen).toContain('Tm.StartNewProcess');
  for (const word of ['Удалённ', 'Тестовна', '1990-02-03', 'Голова', 'I10', sandbox.guid])
    expect(seen).not.toContain(word);
});
