/**
 * RELIABILITY §5.4 33: whatever route shows or changes data of a patient writes an event for him. Routes come from what the hub
 * says of itself; whose the data are is asked of the database, and not found as the hub finds it.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadOperations } from '../../../src/fhir/operations.ts';
import { loadResources } from '../../../src/fhir/resources.ts';
import { compartmentParameters } from '../../../src/r4/table.ts';
import { unknownPatient } from '../../../src/store/compartment.ts';
import type { Resource } from '../../../src/store/resource.ts';
import { type Answer, ask } from '../../support/hub.ts';
import { orderOf } from '../../support/order.ts';
import { sampleOf } from '../../support/sample.ts';
import { createSampleHub, type SampleHub } from '../../support/sample-hub.ts';

const declarations = await loadResources();
const operations = await loadOperations(declarations);
let hub: SampleHub;
let token: string;
beforeAll(async () => {
  hub = await createSampleHub();
  token = await hub.token();
});
afterAll(() => hub.close());

interface Event {
  readonly interaction: string;
  readonly action: string;
  readonly outcome: number;
  readonly patient: string | null;
  readonly clinic: number | null;
  readonly subject: string;
  readonly query: string | null;
}

interface Seen {
  readonly answer: Answer;
  readonly events: readonly Event[];
}

async function see(
  method: Parameters<typeof ask>[1],
  path: string,
  options: Parameters<typeof ask>[3] = {},
): Promise<Seen> {
  const id = randomUUID();
  const answer = await ask(hub, method, path, {
    token,
    ...options,
    headers: { 'x-request-id': id, ...options.headers },
  });
  return { answer, events: await eventsOf(id) };
}

async function eventsOf(request: string): Promise<Event[]> {
  const { rows } = await hub.pool.query<Event>(
    `select e.interaction, e.action, e.outcome, e.patient, e.clinic, e.subject, q.text as query
     from audit_event e left join audit_query q on q.digest = e.query where e.request = $1`,
    [request],
  );
  return rows;
}

/** Everything with a type and an id in an answer; what is deleted, by its address. */
function* resourcesIn(value: unknown): Generator<readonly [type: string, id: string]> {
  if (Array.isArray(value)) for (const item of value) yield* resourcesIn(item);
  else if (value !== null && typeof value === 'object') {
    const { resourceType, id, fullUrl } = value as Record<string, unknown>;
    if (typeof resourceType === 'string' && typeof id === 'string') yield [resourceType, id];
    const [, type, of] = /\/([A-Z]\w+)\/([0-9a-f-]{36})$/.exec(String(fullUrl)) ?? [];
    if (type !== undefined && of !== undefined) yield [type, of];
    for (const member of Object.values(value)) yield* resourcesIn(member);
  }
}

/** Of a Subscription the compartment is its owner, who is no Patient; a Schedule of a patient there is among the samples only. */
async function patientsOf(resources: readonly (readonly [string, string])[]): Promise<string[]> {
  const own = resources.filter(
    ([type, id]) => type !== 'Schedule' && declarations.get(type)?.viewer === undefined && /^[0-9a-f-]{36}$/.test(id),
  );
  const { rows } = await hub.pool.query<{ patient: string }>(
    `select distinct patient from (select type, id, patient from document union all select type, id, patient from document_version) d
     join unnest($1::text[], $2::uuid[]) r (type, id) using (type, id) where patient is not null and patient <> $3`,
    [own.map(([type]) => type), own.map(([, id]) => id), unknownPatient],
  );
  return rows.map((r) => r.patient).sort();
}

async function expectSeen(
  { answer, events }: Seen,
  about: readonly (readonly [string, string])[] = [],
): Promise<string[]> {
  const location = /([A-Z]\w+)\/([0-9a-f-]{36})\/_history/.exec(answer.headers['location'] ?? '');
  const created = location === null ? [] : [[location[1]!, location[2]!] as const];
  const patients = await patientsOf([...resourcesIn(answer.body), ...about, ...created]);
  const seen = new Set(events.map((e) => e.patient));
  expect(patients.filter((p) => !seen.has(p))).toEqual([]);
  for (const event of events) {
    expect(event).toMatchObject({
      subject: 'test',
      outcome: 0,
      query: expect.stringMatching(/^(GET|HEAD|POST|PUT|PATCH|DELETE) /),
    });
    if (event.patient !== null && patients.includes(event.patient)) expect(event.clinic).toBe(1);
  }
  return patients;
}

/** Of those types whose samples are about patients. */
const isPersonal = (type: string) =>
  type === 'Patient' || ((compartmentParameters('Patient', type) ?? []).length > 0 && type !== 'Schedule');

/** Of accounts, which the programs of a clinic do not see: below. */
const ofAccounts = ['Person', 'RelatedPerson'];
const types = [...declarations.values()].filter((d) => d.viewer === undefined && !ofAccounts.includes(d.type));

describe.each(types)('$type', ({ type, interactions }) => {
  // The first of these is about a place.
  const first = () => hub.samples.get(type)![type === 'DiagnosticReport' ? 1 : 0]!;
  const about = () => [[type, first()] as const];
  const personal = isPersonal(type);

  async function tried(seen: Seen, of: readonly (readonly [string, string])[] = []): Promise<void> {
    expect(seen.answer.status, JSON.stringify(seen.answer.body)).toBeLessThan(300);
    const patients = await expectSeen(seen, of);
    // The first sample is about a patient, so that nothing is tried on nobody.
    if (personal) expect(patients.length).toBeGreaterThan(0);
    else if (patients.length === 0 && type !== 'Schedule') expect(seen.events).toEqual([]);
  }

  const reads: Record<string, () => Promise<void>> = {
    read: async () => {
      await tried(await see('GET', `${type}/${first()}`), about());
      await tried(await see('HEAD', `${type}/${first()}`), about());
      await tried(await see('GET', `${type}/${first()}?_elements=id`), about());
      const known = await see('GET', `${type}/${first()}`, { headers: { 'if-none-match': '*' } });
      expect(known.answer.status).toBe(304);
      if (personal) expect(known.events.map((e) => e.patient)).toEqual(await patientsOf(about()));
    },
    vread: async () => tried(await see('GET', `${type}/${first()}/_history/1`), about()),
    'history-instance': async () => tried(await see('GET', `${type}/${first()}/_history`), about()),
    'history-type': async () => tried(await see('GET', `${type}/_history`)),
    'search-type': async () => {
      await tried(await see('GET', `${type}?_id=${first()}`), about());
      await tried(await see('GET', `${type}?_count=50`));
      await tried(await see('GET', `${type}?_elements=id`));
      await tried(await see('GET', `${type}?_summary=text`));
      const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } };
      const id = randomUUID();
      const response = await hub.app.inject({
        method: 'POST',
        url: `/fhir/${type}/_search`,
        headers: { authorization: `Bearer ${token}`, 'x-request-id': id, ...form.headers },
        payload: `_id=${first()}`,
      });
      const answer = { status: response.statusCode, body: response.json() as Answer['body'], headers: {} };
      await tried({ answer, events: await eventsOf(id) }, about());
      const counted = await see('GET', `${type}?_summary=count`);
      expect(counted.events.map((e) => e.patient)).toEqual(personal ? [null] : []);
    },
  };

  const sent = { headers: { prefer: 'return=minimal' } };
  const make = async (): Promise<string> => {
    const made = await see('POST', type, { body: bodyOf(type), ...sent });
    await tried(made);
    return /\/([0-9a-f-]{36})(\/_history|$)/.exec(
      (made.answer.headers['location'] ?? made.answer.headers['content-location'])!,
    )![1]!;
  };
  const writes: Record<string, () => Promise<void>> = {
    create: async () => void (await make()),
    update: async () => {
      const id = await make();
      const { body } = await ask(hub, 'GET', `${type}/${id}`, { token });
      const changed = type === 'Appointment' ? { ...body, status: 'cancelled' } : { ...body, language: 'ru' };
      await tried(await see('PUT', `${type}/${id}`, { body: changed, ...sent }), [[type, id]]);
    },
    patch: async () => {
      const id = await make();
      const operation =
        type === 'Appointment'
          ? { op: 'replace', path: '/status', value: 'cancelled' }
          : { op: 'add', path: '/language', value: 'ru' };
      const headers = { ...sent.headers, 'content-type': 'application/json-patch+json' };
      await tried(await see('PATCH', `${type}/${id}`, { body: [operation], headers }), [[type, id]]);
    },
    delete: async () => {
      const id = await make();
      await tried(await see('DELETE', `${type}/${id}`), [[type, id]]);
      await tried(await see('GET', `${type}/${id}/_history`), [[type, id]]);
      const other = await make();
      await tried(await see('DELETE', `${type}?_id=${other}`), [[type, other]]);
    },
  };

  test.each(interactions)('%s', async (interaction) => {
    const trial = { ...reads, ...writes }[interaction];
    if (trial === undefined) throw new Error(`nobody knows how to try ${interaction}`);
    await trial();
  });
});

let variant = 5000;
function bodyOf(type: string): Resource {
  const [patient] = hub.samples.get('Patient')!;
  if (type === 'Appointment') return orderOf(hub.freeSlots.pop()!, patient!);
  const refer = (targets: readonly string[], n: number) =>
    targets.includes('Patient') ? `Patient/${patient}` : hub.refer(targets, n);
  return sampleOf(type, variant++, refer);
}

const personalTypes = types.filter((d) => isPersonal(d.type)).map((d) => d.type);

test("what is included is seen, too, also beside what is nobody's", async () => {
  const all = await see(
    'GET',
    'Practitioner?_revinclude=Appointment:practitioner&_revinclude=Encounter:practitioner&_count=50',
  );
  expect(all.answer.status).toBe(200);
  expect((await expectSeen(all)).length).toBeGreaterThan(0);
});

test('the whole system: history, batch, transaction', async () => {
  expect((await expectSeen(await see('GET', '_history?_count=1000'))).length).toBeGreaterThan(0);
  const entry = personalTypes.map((type) => ({
    request: { method: 'GET', url: `${type}/${hub.samples.get(type)![0]}` },
  }));
  for (const type of ['batch', 'transaction']) {
    const seen = await see('POST', '', { body: { resourceType: 'Bundle', type, entry } });
    expect(seen.answer.status).toBe(200);
    expect((await expectSeen(seen)).length).toBeGreaterThan(0);
    expect(new Set(seen.events.map((e) => e.interaction))).toEqual(new Set(personalTypes.map((t) => `read ${t}`)));
  }
});

test('of a transaction that fails, nothing is told to have been done', async () => {
  const [patient] = hub.samples.get('Patient')!;
  const entry = [
    { request: { method: 'GET', url: `Patient/${patient}` } },
    { request: { method: 'GET', url: `Patient/${randomUUID()}` } },
  ];
  const { answer, events } = await see('POST', '', { body: { resourceType: 'Bundle', type: 'transaction', entry } });
  expect(answer.status).toBe(404);
  expect(events.length).toBeGreaterThan(0);
  expect(events.filter((e) => e.outcome === 0)).toEqual([]);
});

/** Each operation with a call that shows or changes data of a patient, or the reason why there is none. */
const calls: Record<string, string | (() => Promise<Seen>)> = {
  book: () =>
    see('POST', 'Appointment/$book', { body: parameters(['appt-resource', { resource: bodyOf('Appointment') }]) }),
  everything: () => see('GET', `Patient/${hub.samples.get('Patient')![0]}/$everything`),
  match: async () => {
    const name = [{ family: 'Тестова', given: ['Мария', 'Ивановна'] }];
    const resource = { resourceType: 'Patient', name, birthDate: '1990-02-03', gender: 'female' };
    await ask(hub, 'POST', 'Patient', { token, body: resource });
    return see('POST', 'Patient/$match', { body: parameters(['resource', { resource }]) });
  },
  'who-saw': async () =>
    see('GET', `Patient/${hub.samples.get('Patient')![0]}/$who-saw`, { token: await hub.token({ role: 'operator' }) }),
  attach: 'of an account, tried in attach.test.ts',
  moderate: 'of an account: an event without a patient, as of every call on Person',
  'issue-access-code': () => see('POST', `Patient/${hub.samples.get('Patient')![0]}/$issue-access-code`),
  hold: 'holds time, and shows none of the patient',
  'slot-hold': 'the same',
  find: 'finds time',
  templates: "of a clinic's timetable",
  'set-template': 'tried in operations/template.test.ts: it names Appointments',
  'delete-template': 'the same',
  advance: 'tried in workflows/referral-steps.test.ts: it needs a queue of referrals',
  'referral-queues': 'of clinics',
  status: "of a subscription, which is its owner's",
  events: 'notifications are tried in notifications.test.ts',
  'get-ws-binding-token': 'a token',
  export: 'tried in notifications.test.ts',
  expand: 'terminology',
  lookup: 'terminology',
  translate: 'terminology',
  'validate-code': 'terminology',
  validate: 'tells what is wrong with what was sent',
};

const parameters = (...list: [string, object][]) => ({
  resourceType: 'Parameters',
  parameter: list.map(([name, value]) => ({ name, ...value })),
});

test.each(operations.all.map((o) => o.code))('$%s', async (code) => {
  const call = calls[code];
  expect(call, `say how $${code} is called, or that it touches no patient`).toBeDefined();
  if (typeof call === 'string') return;
  const seen = await call!();
  expect(seen.answer.status, JSON.stringify(seen.answer.body)).toBeLessThan(300);
  await expectSeen(seen);
  expect(seen.events.filter((e) => e.patient !== null)).not.toEqual([]);
});

describe('what is refused', () => {
  test('is written down with its reason, also when nobody has said who he is', async () => {
    const none = await see('GET', 'Appointment', { token: 'no-token' });
    expect([none.answer.status, none.events]).toEqual([
      401,
      [expect.objectContaining({ subject: '', outcome: 4, interaction: 'search-type Appointment' })],
    ]);
    const registry = await hub.token({ role: 'registry', subject: 'registry' });
    const { answer, events } = await see('GET', 'Appointment', { token: registry });
    expect([answer.status, events]).toEqual([403, [expect.objectContaining({ subject: 'registry', outcome: 4 })]]);
  });

  test.each(['GET', 'PUT', 'DELETE'] as const)(
    "%s of another's: the audit knows whose it was, the client does not",
    async (method) => {
      const [mine, other] = hub.samples.get('Patient')!;
      const stranger = await hub.token({ role: 'patient', subject: 'stranger', patient: mine! });
      const theirs = await hub.pool.query<{ id: string }>(
        `select id from document where type = 'Appointment' and patient is not null and patient <> $1 and patient <> $2 limit 1`,
        [mine, unknownPatient],
      );
      const [{ id }] = theirs.rows as [{ id: string }];
      const tries = [
        [`Patient/${other}`, other],
        [`Appointment/${id}`, (await patientsOf([['Appointment', id]]))[0]],
      ];
      for (const [path, patient] of method === 'DELETE' ? tries.slice(0, 1) : tries) {
        const [type, of] = path!.split('/');
        const body = method === 'PUT' ? { body: { ...bodyOf(type!), id: of } } : {};
        const seen = await see(method, path!, { token: stranger, ...body });
        const nobodys = await see(method, `${type}/${randomUUID()}`, { token: stranger });
        if (method === 'GET') expect(seen.answer.status).toBe(404);
        if (method === 'GET') expect(seen.answer.body).toEqual(nobodys.answer.body);
        expect(seen.answer.status).toBeGreaterThanOrEqual(400);
        expect(seen.events).toEqual([expect.objectContaining({ subject: 'stranger', outcome: 4, patient })]);
        expect(JSON.stringify(seen.answer.headers)).not.toContain(patient);
        if (method === 'GET')
          expect(nobodys.events).toEqual([expect.objectContaining({ subject: 'stranger', outcome: 4, patient: null })]);
      }
    },
  );
});

describe('when the audit cannot be written', () => {
  beforeAll(() =>
    hub.pool.query(
      'revoke insert on audit_event from medmost_audit; revoke insert (at) on audit_event from medmost_audit',
    ),
  );
  const restore = () =>
    hub.pool.query(`grant insert (at, kind, action, interaction, outcome, status, reason, clinic, patient, subject, role, client,
    account, address, request, resource, query) on audit_event to medmost_audit`);
  afterAll(restore);

  test('nothing about a patient is shown, slots and directories are', async () => {
    const [patient] = hub.samples.get('Patient')!;
    for (const path of [`Patient/${patient}`, 'Appointment', '_history', `Patient/${patient}/$everything`]) {
      const { status, body } = await ask(hub, 'GET', path, { token });
      expect([status, body.resourceType], path).toEqual([503, 'OperationOutcome']);
      expect(JSON.stringify(body)).not.toContain(patient);
    }
    for (const path of ['Slot?_count=5', 'Practitioner', 'metadata'])
      expect((await ask(hub, 'GET', path, { token })).status, path).toBe(200);
  });

  test('what was changed is owed, and nothing more is changed until it is written', async () => {
    const headers = { 'x-request-id': randomUUID() };
    const made = await ask(hub, 'POST', 'Communication', { token, body: bodyOf('Communication'), headers });
    expect(made.status).toBe(201);
    const refused = await ask(hub, 'POST', 'Communication', { token, body: bodyOf('Communication') });
    expect(refused.status).toBe(503);
    // A booking that is sent again for want of an answer must not sound as if it had come to nothing.
    expect(JSON.stringify(refused.body.issue)).toMatch(/"audit-unwritten".*says nothing of an earlier try/);
    await restore();
    expect((await ask(hub, 'POST', 'Communication', { token, body: bodyOf('Communication') })).status).toBe(201);
    expect(await eventsOf(headers['x-request-id'])).toEqual([
      expect.objectContaining({ interaction: 'create Communication' }),
    ]);
  });
});
