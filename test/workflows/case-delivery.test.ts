/** Finished remote consultations in the record of patients of the region (ИЭМК): protocols/regiz.md §3.2. */
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { erasePatient, readPatient } from '../../src/access/erasure/erase.sql.ts';
import encounters from '../../src/fhir/resources/encounter.ts';
import type { Resource } from '../../src/store/resource.ts';
import { hubIn } from '../../src/store/visibility.ts';
import { readTroubledCases, retryRefusedCases } from '../../src/workflows/case-delivery.sql.ts';
import { caseSystem } from '../../src/workflows/case-document.ts';
import { caseUrl } from '../../src/workflows/encounter-own.ts';
import { ask } from '../support/hub.ts';
import { caseSettingsOf, createRegizHub } from '../support/regiz-hub.ts';

const hub = await createRegizHub((started) => ({
  cases: { ...caseSettingsOf(started), graceMilliseconds: 6000 },
}));
const { sandbox } = hub;
afterAll(() => hub.close());
afterEach(() => sandbox.clearFaults());

const patience = { timeout: 20_000, interval: 50 };
const doctors = await hub.token({ subject: 'doctor', role: 'doctor' });
let people = 0;

async function person(more: object = {}): Promise<string> {
  const body = {
    resourceType: 'Patient',
    name: [{ family: `Дистанционная${'абвгдежзик'[people++ % 10]}`, given: ['Анна', 'Тестовна'] }],
    gender: 'female',
    birthDate: '1990-02-03',
    ...more,
  };
  const { status, body: created } = await ask(hub, 'POST', 'Patient', { body });
  expect(status).toBe(201);
  return created.id!;
}

const anyOf = async (type: string) => {
  const { body } = await ask(hub, 'GET', `${type}?_count=1`);
  return (body as unknown as { entry: { resource: Resource }[] }).entry[0]!.resource;
};
const role = await anyOf('PractitionerRole');

const consultation = (patient: string, more: object = {}) => ({
  resourceType: 'Encounter',
  status: 'finished',
  class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'VR' },
  subject: { reference: `Patient/${patient}` },
  participant: [{ individual: { reference: `PractitionerRole/${role.id}` } }],
  period: { start: '2026-12-01T06:00:00Z', end: '2026-12-01T06:20:00Z' },
  reasonCode: [{ text: 'Давление у Дистанционной' }],
  ...more,
});
const close = async (patient: string, more: object = {}) => {
  const { status, body } = await ask(hub, 'POST', 'Encounter', { token: doctors, body: consultation(patient, more) });
  expect(status).toBe(201);
  return body;
};
const look = async (id: string) => (await ask(hub, 'GET', `Encounter/${id}`, { token: doctors })).body;
const put = (body: Resource, headers: Record<string, string> = {}) =>
  ask(hub, 'PUT', `Encounter/${body.id}`, { token: doctors, body, headers });

interface Standing {
  readonly coding: readonly { readonly system: string; readonly code: string }[];
  readonly text: string;
}
const standingOf = (encounter: Resource): Standing | undefined =>
  (encounter['extension'] as { url: string; valueCodeableConcept: Standing }[] | undefined)?.find(
    ({ url }) => url === caseUrl,
  )?.valueCodeableConcept;
const codeOf = (id: string) => async () => standingOf(await look(id))?.coding[0]?.code;
const kept = (id: string) => sandbox.cases().filter(({ idCaseMis }) => idCaseMis === id);
const rowOf = async (id: string) =>
  (await hub.pool.query('select state, wish, accepted, doubted_at, next_at from case_delivery where id = $1', [id]))
    .rows[0];
/** Writes of one case that the region was asked for. */
const fault = (name: string, operation: string, times = 1) =>
  sandbox.fault({ fault: name, operations: [operation], times });

describe('a finished remote consultation', () => {
  test('is handed over once, with its patient, its doctor and its times', async () => {
    const patient = await person();
    const { id, ...body } = await close(patient);
    expect(standingOf(body as Resource)).toEqual({
      coding: [{ system: caseSystem, code: 'pending' }],
      text: 'Передаётся в ИЭМК региона',
    });
    await expect.poll(codeOf(id!), patience).toBe('accepted');
    expect(kept(id!)).toMatchObject([{ status: 'closed', writes: 1, idPatientMis: patient }]);
    expect(kept(id!)[0]!.case).toMatchObject({
      $type: 'CaseTmc',
      ...{ OpenDate: '2026-12-01T09:00:00', CloseDate: '2026-12-01T09:20:00', Comment: 'Давление у Дистанционной' },
      DoctorInCharge: { IdSpeciality: expect.any(Number), IdPosition: 73 },
    });
    expect(await rowOf(id!)).toEqual({ state: 'accepted', wish: 1, accepted: true, doubted_at: null, next_at: null });
  });

  test('takes its beginning from the Appointment where it has none of its own, and its doctor, too', async () => {
    const patient = await person();
    const slots = await ask(hub, 'GET', 'Slot?status=free&_count=30');
    const free = (slots.body as unknown as { entry: { resource: Resource }[] }).entry.map((e) => e.resource);
    let booked: Resource | undefined;
    for (const slot of free) {
      const order = {
        resourceType: 'Appointment',
        status: 'proposed',
        slot: [{ reference: `Slot/${slot.id}` }],
        participant: [{ actor: { reference: `Patient/${patient}` }, status: 'accepted' }],
      };
      const { status, body } = await ask(hub, 'POST', 'Appointment', { body: order });
      if (status === 201) booked = body;
      if (booked !== undefined) break;
    }
    const end = new Date(Date.parse(String(booked!['start'])) + 900_000).toISOString();
    const { id } = await close(patient, {
      participant: undefined,
      period: { end },
      appointment: [{ reference: `Appointment/${booked!.id}` }],
    });
    await expect.poll(codeOf(id!), patience).toBe('accepted');
    const local = (at: number) => new Date(at + 3 * 3_600_000).toISOString().slice(0, 19);
    expect(kept(id!)[0]!.case).toMatchObject({
      OpenDate: local(Date.parse(String(booked!['start']))),
      HistoryNumber: booked!.id,
      DoctorInCharge: { Person: { HumanName: { FamilyName: expect.any(String) } } },
    });
  });

  test.each([
    ['still planned', { status: 'planned' }],
    ['in person', { class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' } }],
  ])('and none that is %s', async (_name, more) => {
    const body = await close(await person(), more);
    expect([standingOf(body), await rowOf(body.id!)]).toEqual([undefined, undefined]);
    expect((await ask(hub, 'DELETE', `Encounter/${body.id}`, { token: doctors })).status).toBe(204);
  });

  test('goes when it is finished by PUT or by PATCH, or in a transaction; of one taken back nothing goes', async () => {
    const [a, b] = [
      await close(await person(), { status: 'in-progress' }),
      await close(await person(), { status: 'in-progress' }),
    ];
    expect((await put({ ...a, status: 'finished' })).status).toBe(200);
    const patched = await ask(hub, 'PATCH', `Encounter/${b.id}`, {
      token: doctors,
      body: [{ op: 'replace', path: '/status', value: 'finished' }],
      headers: { 'content-type': 'application/json-patch+json' },
    });
    expect(patched.status).toBe(200);
    const patient = await person();
    const request = { method: 'POST', url: 'Encounter' };
    const bundle = (...entry: object[]) =>
      ask(hub, 'POST', '', { token: doctors, body: { resourceType: 'Bundle', type: 'transaction', entry } });
    const done = await bundle({ resource: consultation(patient), request });
    const { location } = (done.body as unknown as { entry: { response: { location: string } }[] }).entry[0]!.response;
    const [, c] = /Encounter\/([^/]+)/.exec(location)!;
    for (const id of [a.id!, b.id!, c!]) await expect.poll(codeOf(id), patience).toBe('accepted');
    const wrong = consultation('11111111-1111-4111-8111-111111111111');
    const before = sandbox.cases().length;
    expect((await bundle({ resource: consultation(patient), request }, { resource: wrong, request })).status).toBe(422);
    const { rowCount } = await hub.pool.query('select from case_delivery where next_at is not null');
    expect([rowCount, sandbox.cases().length]).toEqual([0, before]);
  });

  test('that cannot be written leaves nothing to be handed over', async () => {
    const planned = await close(await person(), { status: 'planned' });
    const { number } = hub.clinics.byKey('p44')!;
    const asked = {
      principal: { subject: 'doctor', role: 'doctor', clinics: ['p44'] },
      ...{ viewer: hubIn(number), base: 'http://hub.test/fhir', headers: {}, newId: planned.id! },
    } as const;
    const body = consultation(await person()) as unknown as Resource;
    await expect(encounters.create!(hub.context, asked, body)).rejects.toThrow('changed by somebody else');
    expect(await rowOf(planned.id!)).toBeUndefined();
  });

  test('is told again when it is corrected, and what a client says of it is nothing', async () => {
    const { id } = await close(await person());
    await expect.poll(codeOf(id!), patience).toBe('accepted');
    const current = await look(id!);
    const { extension: _, ...stripped } = current;
    const same = await put(stripped as Resource);
    expect([same.status, same.body.meta?.versionId]).toEqual([200, current.meta?.versionId]);
    const invented = [{ url: caseUrl, valueCodeableConcept: { text: 'Отозвано' } }];
    const claimed = await put({ ...current, extension: invented });
    expect([claimed.status, claimed.body.meta?.versionId]).toEqual([200, current.meta?.versionId]);
    const longer = { ...current, period: { start: '2026-12-01T06:00:00Z', end: '2026-12-01T07:00:00Z' } };
    expect(standingOf((await put(longer)).body)?.coding[0]?.code).toBe('pending');
    await expect.poll(codeOf(id!), patience).toBe('accepted');
    expect(kept(id!)).toMatchObject([{ writes: 2, case: { CloseDate: '2026-12-01T10:00:00' } }]);
  });

  test('that was entered in error is withdrawn, and cannot be deleted before', async () => {
    const { id } = await close(await person());
    await expect.poll(codeOf(id!), patience).toBe('accepted');
    const refused = await ask(hub, 'DELETE', `Encounter/${id}`, { token: doctors });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([409, expect.stringContaining('handed-over')]);
    expect((await put({ ...(await look(id!)), status: 'entered-in-error' })).status).toBe(200);
    await expect.poll(codeOf(id!), patience).toBe('withdrawn');
    expect(kept(id!)).toMatchObject([{ status: 'cancelled' }]);
    expect((await ask(hub, 'DELETE', `Encounter/${id}`, { token: doctors })).status).toBe(204);
  });
});

describe('one that is no finished remote consultation any more', () => {
  test.each([
    ['cancelled', { status: 'cancelled' }],
    ['not remote', { class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' } }],
  ])('%s: it is withdrawn', async (_name, change) => {
    const { id } = await close(await person());
    await expect.poll(codeOf(id!), patience).toBe('accepted');
    const before = await look(id!);
    const { body } = await put({ ...before, ...change } as Resource);
    expect(standingOf(body)).toMatchObject({ coding: [{ code: 'pending' }], text: 'Отзывается из ИЭМК региона' });
    await expect.poll(codeOf(id!), patience).toBe('withdrawn');
    expect(kept(id!)).toMatchObject([{ status: 'cancelled' }]);
    expect((await ask(hub, 'DELETE', `Encounter/${id}`, { token: doctors })).status).toBe(204);
  });

  test('of another patient: it is refused until it is withdrawn', async () => {
    const [one, other] = [await person(), await person()];
    const { id } = await close(one);
    await expect.poll(codeOf(id!), patience).toBe('accepted');
    const subject = { reference: `Patient/${other}` };
    const refused = await put({ ...(await look(id!)), subject });
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([409, expect.stringContaining('handed-over')]);
    await put({ ...(await look(id!)), status: 'entered-in-error' });
    await expect.poll(codeOf(id!), patience).toBe('withdrawn');
    expect(kept(id!)).toMatchObject([{ status: 'cancelled', idPatientMis: one }]);
    expect((await put({ ...(await look(id!)), subject })).status).toBe(200);
  });

  test('one that is opened again stays there until it is finished again', async () => {
    const { id } = await close(await person());
    await expect.poll(codeOf(id!), patience).toBe('accepted');
    await put({ ...(await look(id!)), status: 'in-progress' });
    expect([await rowOf(id!), await codeOf(id!)()]).toMatchObject([{ state: 'accepted', wish: 1 }, 'accepted']);
    await put({ ...(await look(id!)), status: 'finished' });
    await expect.poll(async () => kept(id!)[0]?.writes, patience).toBe(2);
  });
});

describe('until the region has it', () => {
  test.each([
    ['stored, and the answer lost', 'commit-then-reset', 2],
    ['stored, and an empty answer', 'commit-then-empty-200', 2],
    ['never got there', 'drop-before', 1],
    ['a page in place of an answer', 'html-502', 1],
  ])('%s: it stands there once', async (_name, name, writes) => {
    fault(name, 'Emk.AddCase');
    const { id } = await close(await person());
    await expect.poll(codeOf(id!), patience).toBe('accepted');
    expect(kept(id!)).toMatchObject([{ status: 'closed', writes }]);
  });

  test('the index fails first: the case follows', async () => {
    fault('commit-then-hang', 'Pix.AddPatient');
    fault('html-200', 'Pix.UpdatePatient');
    const { id } = await close(await person());
    await expect.poll(codeOf(id!), patience).toBe('accepted');
    expect(kept(id!)).toMatchObject([{ writes: 1 }]);
  });

  test('one that is stored late is not made twice', async () => {
    sandbox.fault({ fault: 'late-commit', operations: ['Emk.AddCase'], times: 1, params: { milliseconds: 4500 } });
    const { id } = await close(await person());
    await expect.poll(codeOf(id!), patience).toBe('accepted');
    await new Promise((done) => setTimeout(done, 1500));
    expect(kept(id!)).toHaveLength(1);
    const adds = sandbox.log().filter(({ operation, fault }) => operation === 'Emk.AddCase' && fault === 'late-commit');
    expect(adds).toMatchObject([{ committed: true }]);
  });

  test('one whose sender has died is told again', async () => {
    const { id } = await close(await person());
    await expect.poll(codeOf(id!), patience).toBe('accepted');
    await hub.pool.query(
      `update case_delivery set state = 'sending', accepted = false, doubted_at = clock_timestamp(), next_at = clock_timestamp() where id = $1`,
      [id],
    );
    await expect.poll(() => rowOf(id!), patience).toMatchObject({ state: 'accepted', accepted: true });
    expect(kept(id!)).toMatchObject([{ status: 'closed', writes: 2 }]);
  });

  test('what is corrected while it is sent is sent after it', async () => {
    sandbox.fault({ fault: 'slow', operations: ['Emk.AddCase'], times: 1, params: { milliseconds: 1500 } });
    const { id } = await close(await person());
    await expect.poll(async () => (await rowOf(id!))?.state, patience).toBe('sending');
    const longer = { ...(await look(id!)), period: { start: '2026-12-01T06:00:00Z', end: '2026-12-01T07:00:00Z' } };
    expect((await put(longer)).status).toBe(200);
    await expect.poll(codeOf(id!), patience).toBe('accepted');
    expect(kept(id!)).toMatchObject([{ writes: 2, case: { CloseDate: '2026-12-01T10:00:00' } }]);
  });

  test('one entered in error before it is known whether it stands there is withdrawn there, too', async () => {
    fault('commit-then-reset', 'Emk.AddCase');
    fault('drop-before', 'Emk.UpdateCase', 2);
    const { id } = await close(await person());
    await expect.poll(async () => (await rowOf(id!))?.doubted_at, patience).toBeInstanceOf(Date);
    expect((await put({ ...(await look(id!)), status: 'entered-in-error' })).status).toBe(200);
    await expect.poll(codeOf(id!), patience).toBe('withdrawn');
    expect(kept(id!)).toMatchObject([{ status: 'cancelled' }]);
  });

  test('one entered in error that is stored late and withdrawn before is withdrawn once it is there', async () => {
    sandbox.fault({ fault: 'late-commit', operations: ['Emk.AddCase'], times: 1, params: { milliseconds: 4500 } });
    const { id } = await close(await person());
    await expect.poll(async () => (await rowOf(id!))?.doubted_at, patience).toBeInstanceOf(Date);
    expect((await put({ ...(await look(id!)), status: 'entered-in-error' })).status).toBe(200);
    await expect.poll(codeOf(id!), patience).toBe('withdrawn');
    expect(kept(id!)).toMatchObject([{ status: 'cancelled' }]);
  });

  test('one entered in error that never got there is given up when the grace is over', async () => {
    fault('drop-before', 'Emk.AddCase');
    const { id } = await close(await person());
    await expect.poll(async () => (await rowOf(id!))?.doubted_at, patience).toBeInstanceOf(Date);
    expect((await put({ ...(await look(id!)), status: 'entered-in-error' })).status).toBe(200);
    await expect.poll(codeOf(id!), patience).toBe('withdrawn');
    expect(kept(id!)).toEqual([]);
  });
});

describe('what is refused', () => {
  test('says why in FHIR and to the operator, and goes once it is complete', async () => {
    const patient = await person({ birthDate: undefined });
    const { id } = await close(patient);
    await expect.poll(codeOf(id!), patience).toBe('refused');
    const text = 'Для передачи в ИЭМК нужно указать: дата рождения пациента.';
    expect(standingOf(await look(id!))?.text).toBe(text);
    const { number } = hub.clinics.byKey('p44')!;
    expect(await readTroubledCases(hub.pool, number)).toMatchObject([{ id, state: 'refused', reason: text }]);
    const { body } = await ask(hub, 'GET', `Patient/${patient}`);
    expect((await ask(hub, 'PUT', `Patient/${patient}`, { body: { ...body, birthDate: '1990-02-03' } })).status).toBe(
      200,
    );
    expect(await retryRefusedCases(hub.pool, number)).toBe(1);
    await expect.poll(codeOf(id!), patience).toBe('accepted');
    expect(await readTroubledCases(hub.pool, number)).toEqual([]);
    expect(kept(id!)).toHaveLength(1);
  });

  test('by the region itself is not told again, and can be deleted', async () => {
    fault('business-error', 'Emk.AddCase');
    const { id } = await close(await person());
    await expect.poll(codeOf(id!), patience).toBe('refused');
    expect(standingOf(await look(id!))?.text).toContain('ИЭМК региона не приняла консультацию');
    expect(await rowOf(id!)).toMatchObject({ state: 'refused', accepted: false, doubted_at: null, next_at: null });
    expect((await ask(hub, 'DELETE', `Encounter/${id}`, { token: doctors })).status).toBe(204);
    expect(await rowOf(id!)).toBeUndefined();
  });
});

test('a Patient is not destroyed while his consultation is on its way; with him goes what is kept of it', async () => {
  const patient = await person();
  fault('drop-before', 'Pix.AddPatient', 2);
  const { id } = await close(patient);
  expect((await readPatient(hub.pool, patient))!.busy).toBe(true);
  await expect.poll(codeOf(id!), patience).toBe('accepted');
  expect((await readPatient(hub.pool, patient))!.busy).toBe(false);
  await erasePatient(hub.pool, patient, []);
  expect(await rowOf(id!)).toBeUndefined();
});

test('the message log holds nothing of the patients', () => {
  const seen = JSON.stringify(hub.exchanges);
  expect(seen).toContain('Emk.AddCase');
  for (const word of ['Дистанционн', 'Тестовна', '1990-02-03', 'Давление', sandbox.guid])
    expect(seen).not.toContain(word);
});
