/** Patient/$everything and Encounter/$everything over HTTP: all that is a patient's, what it leads to, and nobody else's. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idOf } from '../../../src/id.ts';
import { validate } from '../../../src/r4/validate.ts';
import { type Answer, ask, type TestHub } from '../../support/hub.ts';
import { schedules } from '../../support/memory-mis.ts';
import { createTarget, type Target } from '../target.ts';

let target: Target;
let hub: TestHub;
let token: string;
let patient: string;
let encounter: string;
let referral: string;
const messages: string[] = [];
/** Written while somebody was reading. */
const late: string[] = [];

beforeAll(async () => {
  target = await createTarget();
  hub = target.hub;
  token = await hub.token({ clinics: ['one'] });
  patient = target.people[0]!.patient;
  const subject = { reference: `Patient/${patient}` };
  referral = await create({
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    subject,
    authoredOn: '2026-02-01',
  });
  encounter = await create({
    ...{
      resourceType: 'Encounter',
      status: 'in-progress',
      subject,
      period: { start: '2026-03-10T09:00:00+03:00', end: '2026-03-10T09:30:00+03:00' },
    },
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'VR' },
    basedOn: [{ reference: `ServiceRequest/${referral}` }],
    participant: [{ individual: { reference: `Practitioner/${idOf('one', 'Practitioner', schedules[0].key)}` } }],
  });
  for (const sent of ['2026-03-10T08:00:00Z', '2026-04-30T20:59:59Z', '2026-04-30T21:00:00Z', undefined])
    messages.push(
      await create({
        ...{
          resourceType: 'Communication',
          status: 'completed',
          subject,
          encounter: { reference: `Encounter/${encounter}` },
        },
        ...(sent !== undefined && { sent }),
        recipient: [{ reference: `Patient/${target.people[1]!.patient}` }],
        payload: [{ contentString: `see "reference":"Patient/${target.people[1]!.patient}"` }],
      }),
    );
  const other = { reference: `Patient/${target.people[1]!.patient}` };
  await create({ resourceType: 'Communication', status: 'completed', subject: other });
});
afterAll(() => target.close());

async function create(body: object): Promise<string> {
  const answer = await ask(hub, 'POST', (body as { resourceType: string }).resourceType, { token, body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.id!;
}

const get = (path: string, as = token) => ask(hub, 'GET', path, { token: as });

interface Entry {
  search: { mode: string };
  resource: { resourceType: string; id: string };
}

const entriesOf = ({ body }: Answer) => (body['entry'] ?? []) as Entry[];
const keysOf = (answer: Answer, mode?: string) =>
  entriesOf(answer)
    .filter(({ search }) => mode === undefined || search.mode === mode)
    .map(({ resource }) => `${resource.resourceType}/${resource.id}`);
const nextOf = ({ body }: Answer) =>
  (body['link'] as { relation: string; url: string }[]).find((l) => l.relation === 'next')?.url.split('/fhir/')[1];

const own = () => [
  `Patient/${patient}`,
  `Appointment/${target.people[0]!.appointment}`,
  `ServiceRequest/${referral}`,
  `Encounter/${encounter}`,
  ...[...messages, ...late].map((id) => `Communication/${id}`),
];

describe('of a Patient', () => {
  test('the whole compartment, the Patient first, and what it leads to', async () => {
    const answer = await get(`Patient/${patient}/$everything`);
    expect(answer.status).toBe(200);
    expect(validate(answer.body)).toEqual([]);
    expect(keysOf(answer, 'match')[0]).toBe(`Patient/${patient}`);
    expect(keysOf(answer, 'match').toSorted()).toEqual(own().toSorted());
    const around = keysOf(answer, 'include');
    expect(around).toContain(`Slot/${target.slot(0)}`);
    expect(around).toContain(`Schedule/${idOf('one', 'Schedule', schedules[0].key)}`);
    expect(around).toContain(`Practitioner/${idOf('one', 'Practitioner', schedules[0].key)}`);
    expect(new Set(keysOf(answer)).size).toBe(keysOf(answer).length);
    expect(around.filter((key) => /^(Patient|Communication|Appointment)/.test(key))).toEqual([]);
    expect(nextOf(answer)).toBeUndefined();
  });

  test('care between two days, in the zone of the clinic; what has no date belongs to any', async () => {
    const [march, april, may, undated] = messages.map((id) => `Communication/${id}`);
    const between = async (query: string) =>
      keysOf(await get(`Patient/${patient}/$everything?${query}`), 'match').filter(
        (key) => !key.startsWith('Appointment'),
      );
    expect((await between('start=2026-03-10&end=2026-03-10')).toSorted()).toEqual(
      [`Patient/${patient}`, `Encounter/${encounter}`, march!, undated!].toSorted(),
    );
    expect(await between('start=2026-05-01')).toEqual([`Patient/${patient}`, may, undated]);
    expect(await between('start=2026-04-01&end=2026-04-30')).toEqual([`Patient/${patient}`, april, undated]);
    expect((await between('end=2026-02-28')).toSorted()).toEqual(
      [`Patient/${patient}`, `ServiceRequest/${referral}`, undated!].toSorted(),
    );
  });

  test('what was written since', async () => {
    const future = new Date(Date.now() + 86_400_000).toISOString();
    expect(keysOf(await get(`Patient/${patient}/$everything?_since=${future}`))).toEqual([]);
    const all = keysOf(await get(`Patient/${patient}/$everything`));
    expect(keysOf(await get(`Patient/${patient}/$everything?_since=2020-01-01T00:00:00Z`))).toEqual(all);
  });

  test('in pages, everything once, while a message comes in', async () => {
    const matches: string[] = [];
    let path: string | undefined =
      `Patient/${patient}/$everything?_count=2&_type=Patient,Communication&_type=Encounter`;
    for (let pages = 0; path !== undefined; pages++) {
      expect(pages).toBeLessThan(10);
      const answer: Answer = await get(path);
      expect(answer.status).toBe(200);
      matches.push(...keysOf(answer, 'match'));
      path = nextOf(answer);
      if (pages > 0) continue;
      expect(path).toMatch(/_count=2/);
      const subject = { reference: `Patient/${patient}` };
      late.push(await create({ resourceType: 'Communication', status: 'completed', subject }));
    }
    expect(matches.toSorted()).toEqual(
      own()
        .filter((key) => !/^(Appointment|ServiceRequest)/.test(key))
        .toSorted(),
    );
  });
});

describe('of an Encounter', () => {
  test('its messages, its patient and what they lead to', async () => {
    const answer = await get(`Encounter/${encounter}/$everything`);
    expect(answer.status).toBe(200);
    expect(keysOf(answer, 'match')).toEqual([`Encounter/${encounter}`, ...messages.map((id) => `Communication/${id}`)]);
    const practitioner = `Practitioner/${idOf('one', 'Practitioner', schedules[0].key)}`;
    expect(keysOf(answer, 'include').toSorted()).toEqual(
      expect.arrayContaining([`Patient/${patient}`, `ServiceRequest/${referral}`, practitioner]),
    );
    expect(keysOf(answer)).not.toContain(`Appointment/${target.people[0]!.appointment}`);
    expect(keysOf(answer).filter((key) => key.startsWith('Patient/'))).toEqual([`Patient/${patient}`]);
  });

  test('has no start and end', async () => {
    expect((await get(`Encounter/${encounter}/$everything?start=2026-01-01`)).status).toBe(400);
  });
});

describe('only what the token may see', () => {
  test("a patient's own record", async () => {
    const as = await hub.token({ role: 'patient', clinics: ['one'], patient });
    expect(keysOf(await get(`Patient/${patient}/$everything`, as), 'match').toSorted()).toEqual(own().toSorted());
    const other = await hub.token({ role: 'patient', clinics: ['one'], patient: target.people[1]!.patient });
    expect((await get(`Patient/${patient}/$everything`, other)).status).toBe(404);
    expect((await get(`Encounter/${encounter}/$everything`, other)).status).toBe(404);
  });

  test('not of another clinic, not a registry', async () => {
    const status = async (principal: object) =>
      (await get(`Patient/${patient}/$everything`, await hub.token(principal))).status;
    expect(await status({ clinics: ['two'] })).toBe(404);
    expect(await status({ role: 'registry', clinics: ['one'] })).toBe(403);
  });
});

test('refused', async () => {
  const status = async (path: string) => (await get(path)).status;
  expect(await status('Patient/nobody/$everything')).toBe(404);
  expect(await status(`Patient/${encounter}/$everything`)).toBe(404);
  expect(await status(`Patient/${patient}/$everything?_count=0`)).toBe(400);
  expect(await status(`Patient/${patient}/$everything?_type=Nothing`)).toBe(400);
  expect(await status(`Patient/${patient}/$everything?_cursor=x`)).toBe(400);
  expect(await status(`Patient/${patient}/$everything?start=yesterday`)).toBe(400);
  expect(await status(`Patient/${patient}/$everything?status=x`)).toBe(400);
});
