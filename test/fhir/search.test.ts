import { afterAll, describe, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { prepareDocument } from '../../src/store/document.ts';
import { putDocument } from '../../src/store/documents.sql.ts';
import { type Answer, ask } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import {
  begin,
  createMemoryMis,
  memoryConfig,
  openMemoryClinic,
  quarterSlots,
  schedules,
} from '../support/memory-mis.ts';

const hub = await createMemoryHub({
  keys: ['one', 'two'],
  open(key, number) {
    const mis = createMemoryMis();
    mis.slots = schedules.flatMap((s) => quarterSlots(s.key, begin, 12));
    if (key === 'one') mis.slots[3] = { ...mis.slots[3], status: 'busy' };
    return openMemoryClinic(key, number, mis, memoryConfig(key));
  },
});
for (const { key } of hub.clinics.all) await hub.read(key);
await addPractitioner('one', 'doctor-1;branch-1', 'Соколова');
await addPractitioner('one', 'doctor-2;branch-1', 'Орлов');
afterAll(() => hub.close());

async function addPractitioner(clinic: string, key: string, family: string): Promise<void> {
  const { number, zone } = hub.clinics.byKey(clinic)!;
  const resource = {
    resourceType: 'Practitioner',
    id: idOf(clinic, 'Practitioner', key),
    name: [{ family, given: ['Анна'] }],
  };
  const origin = { clinic: number, zone, misKey: key, mis: {} };
  await putDocument(hub.pool, prepareDocument(resource, 1, Date.now(), origin, hub.sync.parameters));
}

const one = () => hub.token({ clinics: ['one'] });
const get = async (path: string, token?: string) => ask(hub, 'GET', path, { token: token ?? (await one()) });
const resources = (a: Answer) =>
  ((a.body['entry'] ?? []) as { resource: { id: string; resourceType: string } }[]).map((e) => e.resource);
const schedule = (n: number) => idOf('one', 'Schedule', schedules[n]!.key);
const at = (quarter: number) => `${new Date(begin + quarter * 900_000).toISOString().slice(0, 19)}Z`;

describe('slots', () => {
  test.each([
    ['', 24],
    ['status=free', 23],
    ['status=busy', 1],
    ['status=free,busy', 24],
    ['status:not=free', 1],
    ['status=http://hl7.org/fhir/slotstatus|free', 23],
    ['_id=00000000-0000-4000-8000-000000000000', 0],
    ['specialty=27', 0],
    ['schedule:missing=false', 24],
    ['schedule:missing=x', 400],
    ['unknown=1', 400],
    ['status=free&schedule.actor=Practitioner/x', 0],
    ['start=ge2000-01-01', 24],
    ['start=lt2000', 0],
    ['start=nonsense', 400],
    ['start=2000-02-30', 400],
    ['_count=0', 24],
    ['_count=-1', 400],
  ])('%s gives %i', async (query, expected) => {
    const answer = await get(`Slot?${query}&_total=accurate`);
    expect(answer.status).toBe(expected === 400 ? 400 : 200);
    if (expected === 400) expect(answer.body.resourceType).toBe('OperationOutcome');
    else expect(answer.body['total']).toBe(expected);
  });

  test('by schedule, status and a half-open time, sorted by start', async () => {
    const answer = await get(`Slot?schedule=Schedule/${schedule(0)}&status=free&start=ge${at(2)}&start=lt${at(6)}`);
    const starts = resources(answer).map((r) => (r as unknown as { start: string }).start);
    expect(starts).toEqual([at(2), at(4), at(5)]);
  });

  test('by the doctor, through the schedule', async () => {
    const doctor = idOf('one', 'Practitioner', schedules[1]!.key);
    expect((await get(`Slot?schedule.actor=Practitioner/${doctor}`)).body['total']).toBe(12);
    expect((await get(`Slot?schedule.actor:Practitioner.family=орлов`)).body['total']).toBe(12);
    expect((await get(`Slot?schedule.actor:Practitioner.family=никто`)).body['total']).toBe(0);
  });

  test('a day is a day in the zone of the clinic', async () => {
    const day = new Date(begin).toISOString().slice(0, 10);
    const inMoscow = await get(`Slot?start=${day}`);
    const before = await get(`Slot?start=lt${day}`);
    expect(inMoscow.body['total']).toBe(24);
    expect(before.body['total']).toBe(0);
  });

  test('pages hold every slot once', async () => {
    const seen: string[] = [];
    let path: string | undefined = 'Slot?_count=5&status=free';
    while (path !== undefined) {
      const answer: Answer = await get(path);
      seen.push(...resources(answer).map((r) => r.id));
      const links = answer.body['link'] as { relation: string; url: string }[];
      expect(links.find((l) => l.relation === 'self')).toBeDefined();
      path = links.find((l) => l.relation === 'next')?.url.replace('http://hub.test/fhir/', '');
    }
    expect(seen).toHaveLength(23);
    expect(new Set(seen).size).toBe(23);
  });

  test('a made-up page link is refused', async () => {
    expect((await get('Slot?_cursor=abc')).status).toBe(400);
  });

  test('includes bring the schedule and, iterated, its doctor, and only visible ones', async () => {
    const answer = await get(
      `Slot?schedule=${schedule(0)}&_count=2&_include=Slot:schedule&_include:iterate=Schedule:actor`,
    );
    expect(resources(answer).map((r) => r.resourceType)).toEqual(['Slot', 'Slot', 'Schedule', 'Practitioner']);
  });
});

describe('access', () => {
  test('without a token there is only the CapabilityStatement', async () => {
    expect((await hub.app.inject('/fhir/metadata')).statusCode).toBe(200);
    for (const path of ['Slot', 'Patient', `Slot/${schedule(0)}`, 'Appointment'])
      expect((await hub.app.inject(`/fhir/${path}`)).statusCode).toBe(401);
  });

  test("another clinic's things are not there, by any way", async () => {
    const token = await hub.token({ clinics: ['two'] });
    const foreign = schedule(0);
    expect((await get(`Schedule/${foreign}`, token)).status).toBe(404);
    expect((await get(`Slot?schedule=Schedule/${foreign}`, token)).body['total']).toBe(0);
    expect((await get(`Slot?schedule.actor:Practitioner.family=орлов`, token)).body['total']).toBe(0);
    expect((await get('Practitioner', token)).body['total']).toBe(0);
    const slot = resources(await get('Slot?_count=1'))[0]!.id;
    expect((await get(`Slot/${slot}`, token)).status).toBe(404);
  });

  test('a patient sees himself, another patient is not there, a registry sees none', async () => {
    const create = async (family: string) =>
      (await ask(hub, 'POST', 'Patient', { token: await one(), body: { resourceType: 'Patient', name: [{ family }] } }))
        .body.id!;
    const [mine, foreign] = [await create('Первая'), await create('Вторая')];
    const token = await hub.token({ clinics: ['one'], role: 'patient', patient: mine });
    expect((await get(`Patient/${mine}`, token)).status).toBe(200);
    expect((await get(`Patient/${foreign}`, token)).status).toBe(404);
    expect(resources(await get('Patient', token)).map((r) => r.id)).toEqual([mine]);
    expect((await get('Patient?family=вторая', token)).body['total']).toBe(0);
    const registry = await hub.token({ clinics: ['one'], role: 'registry' });
    expect((await get('Patient', registry)).status).toBe(403);
    expect((await get('Slot', registry)).body['total']).toBe(24);
  });

  test.each([
    ['nothing', ''],
    ['another scheme', 'Basic abc'],
    ['an unsigned token', 'Bearer eyJhbGciOiJub25lIn0.e30.'],
  ])('%s is no token', async (_name, authorization) => {
    const answer = await hub.app.inject({ url: '/fhir/Slot', headers: { authorization } });
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toContain('Bearer');
  });
});

describe('documents', () => {
  test.each([
    ['name=соколова', 1],
    ['family:exact=Соколова', 1],
    ['family:exact=соколова', 0],
    ['family:contains=коло', 1],
    ['given=анна', 2],
    ['family=соколова,орлов', 2],
    ['given=анна&family=орлов', 1],
    ['identifier=x|y', 0],
    ['_lastUpdated=gt2000-01-01', 2],
    ['gender:missing=true', 2],
  ])('Practitioner?%s finds %i', async (query, expected) => {
    expect((await get(`Practitioner?${query}`)).body['total']).toBe(expected);
  });

  test('sorting by a name and paging by it puts no name into the link', async () => {
    const answer = await get('Practitioner?_sort=family&_count=1');
    const next = (answer.body['link'] as { relation: string; url: string }[]).find((l) => l.relation === 'next')!.url;
    const second = await get(next.replace('http://hub.test/fhir/', ''));
    expect(
      resources(answer)
        .concat(resources(second))
        .map((r) => (r as unknown as { name: [{ family: string }] }).name[0].family),
    ).toEqual(['Орлов', 'Соколова']);
    const cursor = new URL(next).searchParams.get('_cursor')!;
    expect(Buffer.from(cursor.slice(9), 'base64url').toString()).not.toMatch(/орлов|соколова/i);
  });

  test('POST _search keeps identifiers out of the address', async () => {
    const answer = await hub.app.inject({
      method: 'POST',
      url: '/fhir/Practitioner/_search',
      headers: { authorization: `Bearer ${await one()}`, 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'family=%D0%9E%D1%80%D0%BB%D0%BE%D0%B2',
    });
    expect(answer.json().total).toBe(1);
  });

  test('POST _search with JSON is refused: it would be a search for everything', async () => {
    const answer = await ask(hub, 'POST', 'Practitioner/_search', { body: { family: 'Орлов' }, token: await one() });
    expect([answer.status, answer.body.issue![0]!.expression]).toEqual([415, ['http.content-type']]);
  });

  test('the self link tells the page size that was used', async () => {
    const links = (await get('Slot?_count=100000')).body['link'] as { relation: string; url: string }[];
    expect(links.find((l) => l.relation === 'self')?.url).toContain('_count=1000');
    expect(links.find((l) => l.relation === 'self')?.url).not.toContain('100000');
  });
});
