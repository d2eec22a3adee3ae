/** Appointment/$find (IHE ITI-115). */

import { afterAll, expect, test } from 'vitest';
import { validate } from '../../src/r4/validate.ts';
import { prepareDocument } from '../../src/store/document.ts';
import { putDocument } from '../../src/store/documents.sql.ts';
import type { Resource } from '../../src/store/resource.ts';
import { hubIn } from '../../src/store/visibility.ts';
import { ask } from '../support/hub.ts';
import { begin } from '../support/memory-mis.ts';
import { orderOf } from '../support/order.ts';
import {
  appointmentsOf,
  codeOf,
  nextOf,
  openStage,
  parameters,
  practitionerOf,
  reference,
  scheduleOf,
  slotOf,
  slotsOfDoctor,
  type Value,
} from './booking-stage.ts';

let now = Date.now();
const stage = await openStage(() => now);
afterAll(() => stage.close());

const at = (quarter: number) => new Date(begin + quarter * 900_000).toISOString().replace('.000', '');
const window = (from: number, to: number) =>
  [
    ['start', 'valueDateTime', at(from)],
    ['end', 'valueDateTime', at(to)],
  ] as const;
const find = (...values: Value[]) => stage.call('Appointment/$find', parameters(...values));
const slotsOf = (answer: Awaited<ReturnType<typeof find>>) =>
  appointmentsOf(answer).map((a) => a.slot[0]!.reference.slice('Slot/'.length));

test('free time within a window is offered as proposed Appointments, as IHE profiles them', async () => {
  const answer = await find(...window(0, 4), reference('practitioner', `Practitioner/${practitionerOf(0)}`));
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({ resourceType: 'Bundle', type: 'searchset', total: 4 });
  expect(slotsOf(answer)).toEqual([0, 1, 2, 3].map((n) => slotOf(0, n)));
  expect(appointmentsOf(answer)[0]).toMatchObject({
    status: 'proposed',
    start: at(0),
    end: at(1),
    participant: [
      {
        actor: { reference: `Practitioner/${practitionerOf(0)}` },
        required: 'required',
        status: 'needs-action',
      },
    ],
    requestedPeriod: [{ start: at(0), end: at(4) }],
  });
});

test('what it proposes is valid R4 and can be read by its id', async () => {
  const answer = await find(...window(0, 3));
  for (const bundle of [answer.body, (await find(...window(95, 96))).body])
    expect(validate(bundle).filter((i) => i.severity === 'error')).toEqual([]);
  for (const offer of appointmentsOf(answer)) {
    const { requestedPeriod, ...same } = offer;
    const read = await stage.call(`Appointment/${offer.id}`);
    expect([read.status, read.body]).toMatchObject([200, same]);
  }
});

test('by GET as by POST, and a page leads to the next until all are seen once', async () => {
  let answer = await stage.call(`Appointment/$find?start=${at(0)}&end=${at(90)}&_count=50`);
  const seen: string[] = [];
  for (let pages = 1; ; pages++) {
    expect(answer.body['total']).toBe(2 * slotsOfDoctor);
    seen.push(...slotsOf(answer));
    const next = nextOf(answer);
    if (next === undefined) break;
    expect(slotsOf(answer)).toHaveLength(50);
    expect(pages).toBeLessThan(5);
    answer = await stage.call(next.slice('http://hub.test/fhir/'.length));
  }
  expect(new Set(seen).size).toBe(2 * slotsOfDoctor);
  const starts = (await find(...window(0, 90), ['_count', 'valueInteger', 200])).body;
  expect(seen).toHaveLength((starts['entry'] as object[]).length);
});

test('_count is honoured, 0 gives the total alone', async () => {
  expect(slotsOf(await find(...window(0, 9), ['_count', 'valueInteger', 3]))).toHaveLength(3);
  const none = await find(...window(0, 9), ['_count', 'valueInteger', 0]);
  expect([none.body['total'], none.body['entry']]).toEqual([18, undefined]);
});

test('alternatives come in the order of preference, page after page', async () => {
  const [first, second] = [practitionerOf(1), practitionerOf(0)].map((id) =>
    reference('practitioner', `Practitioner/${id}`),
  ) as [ReturnType<typeof reference>, ReturnType<typeof reference>];
  const answer = await find(...window(0, 4), first, second, ['_count', 'valueInteger', 3]);
  expect(answer.body['total']).toBe(8);
  expect(slotsOf(answer)).toEqual([0, 1, 2].map((n) => slotOf(1, n)));
  const next = await stage.call(nextOf(answer)!.slice('http://hub.test/fhir/'.length));
  expect(slotsOf(next)).toEqual([slotOf(1, 3), slotOf(0, 0), slotOf(0, 1)]);
});

test('different kinds must all fit; a doctor fits by what is his role too', async () => {
  const [organization, location, role, other] = await keepDirectory();
  const one = (name: string, type: string, id: string) => reference(name, `${type}/${id}`);
  expect(slotsOf(await find(...window(0, 2), one('organization', 'Organization', organization)))).toEqual([
    slotOf(0, 0),
    slotOf(0, 1),
  ]);
  const both = [one('organization', 'Organization', organization), one('location-reference', 'Location', location)];
  expect((await find(...window(0, 2), ...both)).body['total']).toBe(2);
  const apart = [one('organization', 'Organization', organization), one('location-reference', 'Location', other)];
  expect((await find(...window(0, 2), ...apart)).body['total']).toBe(0);
  expect(await find(...window(0, 2), ['location-string', 'valueString', 'Ленина'])).toMatchObject({
    body: { total: 2 },
  });
  expect(await find(...window(0, 2), ['location-string', 'valueString', 'Мира'])).toMatchObject({ body: { total: 0 } });
  expect(role).toBeDefined();
});

/** A role of the first doctor, in an organization and at a place with an address. */
async function keepDirectory(): Promise<[string, string, string, string]> {
  const ids = Array.from({ length: 4 }, () => crypto.randomUUID()) as [string, string, string, string];
  const [organization, location, role, other] = ids;
  await keep({ resourceType: 'Organization', id: organization, name: 'Поликлиника' });
  await keep({ resourceType: 'Location', id: location, address: { line: ['Ленина 1'], city: 'Ленинск' } });
  await keep({ resourceType: 'Location', id: other, address: { line: ['Мира 1'] } });
  await keep({
    resourceType: 'PractitionerRole',
    id: role,
    practitioner: { reference: `Practitioner/${practitionerOf(0)}` },
    organization: { reference: `Organization/${organization}` },
    location: [{ reference: `Location/${location}` }],
  });
  const { rows } = await stage.hub.pool.query(
    `select body, version from document where type = 'Schedule' and id = $1`,
    [scheduleOf(0)],
  );
  const { meta, ...schedule } = JSON.parse(rows[0].body);
  schedule.actor.push({ reference: `PractitionerRole/${role}` });
  await keep(schedule, rows[0].version + 1);
  return ids;
}

async function keep(resource: Resource, version = 1): Promise<void> {
  const { hub } = stage;
  const origin = { clinic: hub.clinics.byKey('demo')!.number, zone: 'Europe/Moscow', misKey: 'kept', mis: {} };
  expect(await putDocument(hub.pool, prepareDocument(resource, version, now, origin, hub.sync.parameters))).toBe(true);
}

test('specialties by token, in all their forms', async () => {
  const total = async (text: string) => (await find(...window(0, 1), ['specialty', 'valueString', text])).body['total'];
  const system = 'urn:oid:1.2.643.5.1.13.13.11.1066';
  expect([await total('27'), await total(`${system}|27`), await total('|27'), await total('28')]).toEqual([2, 2, 0, 0]);
  expect((await find(...window(0, 1), ['visit-type', 'valueString', 'x|y'])).body['total']).toBe(0);
});

test('an identifier nobody has finds nothing, and a reference to another type is refused', async () => {
  const identifier = { system: 'urn:x', value: 'nobody' };
  const none = await find(...window(0, 1), ['practitioner', 'valueReference', { identifier }]);
  expect([none.status, none.body['total']]).toEqual([200, 0]);
  const [entry] = none.body['entry'] as { resource: { resourceType: string }; search: { mode: string } }[];
  expect([entry!.resource.resourceType, entry!.search.mode]).toEqual(['OperationOutcome', 'outcome']);
  expect((await find(...window(0, 1), reference('practitioner', 'Location/x'))).status).toBe(400);
});

test.each([
  ['patient-resource', 'resource', { resourceType: 'Patient' }],
  ['reason', 'valueString', 'x|y'],
  ['referral-identifier', 'valueIdentifier', { value: '1' }],
  ['timing', 'valueTiming', { repeat: { dayOfWeek: ['mon'] } }],
  ['insurance-reference', 'valueReference', { reference: 'InsurancePlan/1' }],
] as const)('%s is refused by name and with the reason', async (name, type, value) => {
  const answer = await find(...window(0, 1), [name, type, value]);
  expect(answer.status).toBe(400);
  expect(answer.body.issue![0]).toMatchObject({ code: 'not-supported', expression: [`http.${name}`] });
  expect(answer.body.issue![0]!.diagnostics).toMatch(new RegExp(`${name} is not served: .{20}`));
});

test('start and end are needed, in this order, and must be times', async () => {
  const [start, end] = window(0, 1);
  expect((await find(start)).status).toBe(400);
  expect((await find(...window(2, 1))).status).toBe(400);
  expect((await find(start, end, ['_cursor', 'valueString', 'forged'])).status).toBe(400);
});

test('a day is a day of the clinic, in Moscow and across the change of a clock', async () => {
  const day = at(0).slice(0, 10);
  // The doctors begin at 3:00 in Moscow and have 22.5 hours: 21 of them on that day.
  const answer = await stage.call(`Appointment/$find?start=${day}&end=${day}`);
  expect(answer.body['total']).toBe(2 * 84);
  expect(
    (await stage.call(`Appointment/$find?start=${day}T00:00:00%2B03:00&end=${day}T04:00:00%2B03:00`)).body['total'],
  ).toBe(8);
});

test('an end that is meant as none finds all, and a beginning long ago nothing that is past', async () => {
  const all = await stage.call('Appointment/$find?start=0001-01-01&end=9999-12-31&_count=0');
  expect([all.status, all.body['total']]).toEqual([200, 2 * slotsOfDoctor]);
});

test('what is held, booked, past or outside of the planning horizon is not offered', async () => {
  const total = async () => (await find(...window(10, 14))).body['total'];
  expect(await total()).toBe(8);
  const [held, booked] = [slotOf(1, 10), slotOf(1, 11)];
  expect((await stage.call('Slot/$hold', holdOf(held))).status).toBe(200);
  expect(await total()).toBe(7);
  expect((await stage.call('Appointment', orderOf(booked, await stage.hub.patient()))).status).toBe(201);
  expect(await total()).toBe(6);
  const { rows } = await stage.hub.pool.query(
    `select body, version from document where type = 'Schedule' and id = $1`,
    [scheduleOf(1)],
  );
  const { meta, ...schedule } = JSON.parse(rows[0].body);
  await keep({ ...schedule, planningHorizon: { start: at(0), end: at(13) } }, rows[0].version + 1);
  expect(await total()).toBe(5);
  const before = now;
  now = begin + 12.5 * 900_000;
  expect(await total()).toBe(1);
  now = before;
});

const holdOf = (slot: string) =>
  parameters(reference('slot-reference', `Slot/${slot}`), ['slot-status', 'valueCode', 'busy-tentative']);

test('a patient is offered the time of his clinic with his place in it; one who is not there is refused', async () => {
  const patient = await stage.hub.patient();
  const answer = await find(...window(20, 21), reference('patient-reference', `Patient/${patient}`));
  expect(appointmentsOf(answer)[0]!.participant[0]).toMatchObject({
    actor: { reference: `Patient/${patient}` },
    status: 'accepted',
  });
  const nobody = await find(...window(20, 21), reference('patient-reference', `Patient/${crypto.randomUUID()}`));
  expect([nobody.status, codeOf(nobody)]).toEqual([422, 'patient-unknown']);
  const two = [patient, await stage.hub.patient()].map((id) => reference('patient-reference', `Patient/${id}`));
  expect((await find(...window(20, 21), ...two)).status).toBe(400);
  const token = await stage.hub.token({ role: 'patient', patient });
  const own = await stage.call('Appointment/$find', parameters(...window(20, 21)), { token });
  expect(appointmentsOf(own)[0]!.participant[0]!.actor.reference).toBe(`Patient/${patient}`);
});

test('a stranger is offered nothing', async () => {
  const token = await stage.hub.token({ clinics: ['elsewhere'] });
  const answer = await stage.call('Appointment/$find', parameters(...window(0, 4)), { token });
  expect([answer.status, answer.body['total']]).toEqual([200, 0]);
  const offer = appointmentsOf(await find(...window(0, 1)))[0]!;
  expect((await ask(stage.hub, 'GET', `Appointment/${offer.id}`, { token })).status).toBe(404);
});

test('the statement of a page goes by the index of free time, whatever else there is', async () => {
  const client = await stage.hub.sync.pool.connect();
  try {
    await client.query(`insert into slot (id, schedule, start_at, end_at, clinic, status, mis_status, fragment)
      select gen_random_uuid(), md5((n % 500)::text)::uuid, now() + make_interval(mins => n), now() + make_interval(mins => n + 15), 1,
        0, 0, 1 from generate_series(1, 20000) n`);
    await client.query('analyze slot');
    const { readOffers, countOffers } = await import('../../src/fhir/scheduling/offers.sql.ts');
    const given = [0, 1].map((d) => ({
      schedule: scheduleOf(d as 0 | 1),
      rank: d,
      low: new Date(begin),
      high: new Date(begin + 86_400_000),
      after: '00000000-0000-0000-0000-000000000000',
    }));
    const asked = { viewer: hubIn(1) } as never;
    const context = { db: client } as never;
    for (let n = 0; n < 7; n++) {
      await readOffers(context, asked, given, 51);
      await countOffers(context, asked, given);
    }
    for (const call of [
      `offers('{1}', null, null, '{}', '${JSON.stringify(given)}', 51, null)`,
      `count_offers('{1}', null, null, '{}', '${JSON.stringify(given)}', null)`,
    ]) {
      const { rows } = await client.query(`explain execute ${call}`);
      const plan = rows.map((r) => r['QUERY PLAN'] as string).join('\n');
      expect(plan).toMatch(/Index (Only )?Scan using slot_free on slot/);
      expect(plan).not.toContain('Seq Scan');
    }
  } finally {
    client.release();
  }
});
