/** What a person who has signed in sees and does: FEATURES D1, D8, D10, A7, A10; scopes of SMART, with and without constraints. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idOf } from '../../src/id.ts';
import { prepareDocument } from '../../src/store/document.ts';
import { putDocument } from '../../src/store/documents.sql.ts';
import { passHorizon } from '../support/database.ts';
import { ask } from '../support/hub.ts';
import { createMemoryHub, type MemoryHub } from '../support/memory-hub.ts';
import {
  begin,
  createMemoryMis,
  memoryConfig,
  openMemoryClinic,
  quarterSlots,
  schedules,
} from '../support/memory-mis.ts';
import { orderOf } from '../support/order.ts';
import { addAccount, grant, program } from '../support/people.ts';

const slots = schedules.flatMap((s) => quarterSlots(s.key, begin, 40));
let hub: MemoryHub;
/** The clinic's own program, which books at the desk. */
let desk: string;
let mother: string;
let child: string;
let stranger: string;
let nextSlot = 0;
const slot = () => idOf('one', 'Slot', String(slots[nextSlot++]!['key']));
const time = { now: Date.now() };

beforeAll(async () => {
  hub = await createMemoryHub({
    keys: ['one', 'two'],
    clock: () => time.now,
    open(key, number) {
      const mis = createMemoryMis();
      mis.slots = slots;
      const config = memoryConfig(key);
      return openMemoryClinic(key, number, mis, {
        ...config,
        open: key === 'one',
        booking: { ...config.booking, giveUpUntil: '18:00' },
      });
    },
  });
  await hub.read('one');
  await hub.read('two');
  desk = await hub.token({ clinics: ['one'], subject: 'desk' });
  [mother, child, stranger] = (await Promise.all(['Мария', 'Пётр', 'Иван'].map(addPatient))) as [
    string,
    string,
    string,
  ];
});
afterAll(() => hub.close());

async function addPatient(given: string): Promise<string> {
  const body = { resourceType: 'Patient', name: [{ family: 'Тестова', given: [given] }] };
  return (await ask(hub, 'POST', 'Patient', { token: desk, body })).body.id!;
}

async function book(token: string, patient: string): Promise<string> {
  const answer = await ask(hub, 'POST', 'Appointment', { token, body: orderOf(slot(), patient) });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body.id!;
}

const get = (path: string, token: string) => ask(hub, 'GET', path, { token });

async function found(path: string, token: string): Promise<string[]> {
  const { status, body } = await get(path, token);
  expect(status, `${path}: ${JSON.stringify(body)}`).toBe(200);
  return ((body['entry'] ?? []) as { resource: { id: string } }[]).map((e) => e.resource.id).sort();
}

const scope = 'user/*.cruds';

describe('visits (D10)', () => {
  let account: string;
  let own: string;
  let childs: string;
  let atDesk: string;
  let childsAtDesk: string;
  let local: string;
  let esia: string;
  beforeAll(async () => {
    account = await addAccount(hub, { cards: [{ patient: mother }, { relation: 'child', patient: child }] });
    local = (await grant(hub, { account, scope })).token;
    esia = (await grant(hub, { account, scope, method: 'esia' })).token;
    own = await book(local, mother);
    childs = await book(local, child);
    atDesk = await book(desk, mother);
    childsAtDesk = await book(desk, child);
    await book(desk, stranger);
  });

  test('a local account sees those it has made', async () => {
    expect(await found('Appointment', local)).toEqual([own, childs].sort());
  });

  test('one by ЕСИА sees all of the person himself, and of others those made under it', async () => {
    expect(await found('Appointment', esia)).toEqual([own, childs, atDesk].sort());
  });

  test('another account that has the same patient sees its own alone', async () => {
    const father = await addAccount(hub, { cards: [{ relation: 'other', patient: mother }] });
    const { token } = await grant(hub, { account: father, scope, method: 'esia' });
    expect(await found('Appointment', token)).toEqual([]);
    expect(await found('Patient', token)).toEqual([mother]);
  });

  test('what is hidden is not there, by whatever way', async () => {
    for (const id of [atDesk, childsAtDesk]) {
      expect((await get(`Appointment/${id}`, local)).status).toBe(404);
      expect((await get(`Appointment/${id}/_history`, local)).status).toBe(404);
      expect((await get(`Appointment/${id}/_history/1`, local)).status).toBe(404);
    }
    const told = async (path: string) => JSON.stringify((await get(path, local)).body);
    for (const path of [
      `Patient?_id=${mother}&_revinclude=Appointment:patient`,
      `Patient/${mother}/$everything`,
      'Appointment/_history?_count=1000',
      '_history?_count=1000',
      'Appointment?_lastUpdated=gt2020&_total=accurate',
    ]) {
      const text = await told(path);
      expect(text, path).not.toContain(atDesk);
      expect(text, path).not.toContain(childsAtDesk);
    }
    expect(await found(`Patient?_has:Appointment:patient:_id=${atDesk}`, local)).toEqual([]);
    expect(await found(`Patient?_has:Appointment:patient:_id=${own}`, local)).toEqual([mother]);
  });

  test('an app that was let in for one person sees that one', async () => {
    const { token } = await grant(hub, {
      account,
      scope: 'launch/patient patient/*.rs',
      patient: child,
      method: 'esia',
    });
    expect(await found('Patient', token)).toEqual([child]);
    expect(await found('Appointment', token)).toEqual([childs]);
    expect((await get(`Patient/${mother}`, token)).status).toBe(404);
  });

  test('a visit’s conclusion is shown with it (A10), the desk’s is not', async () => {
    const visit = (appointment: string) => ({
      resourceType: 'Encounter',
      status: 'finished',
      class: { code: 'VR' },
      subject: { reference: `Patient/${mother}` },
      appointment: [{ reference: `Appointment/${appointment}` }],
    });
    const [shown, hidden] = await Promise.all(
      [own, atDesk].map(async (a) => (await ask(hub, 'POST', 'Encounter', { token: desk, body: visit(a) })).body.id!),
    );
    expect(await found('Encounter', local)).toEqual([shown]);
    expect((await get(`Encounter/${hidden}`, local)).status).toBe(404);
    expect(await found('Encounter', esia)).toEqual([shown, hidden].sort());
    const message = {
      resourceType: 'Communication',
      status: 'completed',
      subject: { reference: `Patient/${mother}` },
      encounter: { reference: `Encounter/${shown}` },
    };
    const { body } = await ask(hub, 'POST', 'Communication', { token: desk, body: message });
    expect(await found('Communication', local)).toEqual([body.id]);
  });

  test('what a person writes himself he sees, another account does not', async () => {
    const consent = {
      resourceType: 'Consent',
      status: 'active',
      scope: { text: 'обработка персональных данных' },
      category: [{ text: 'согласие' }],
      patient: { reference: `Patient/${mother}` },
      dateTime: '2026-11-01',
      policyRule: { text: '1' },
    };
    const made = await ask(hub, 'POST', 'Consent', { token: local, body: consent });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    expect(await found('Consent', local)).toEqual([made.body.id]);
    expect(await found('Consent', desk)).toEqual([made.body.id]);
    const father = await addAccount(hub, { cards: [{ relation: 'other', patient: mother }] });
    const { token: fathers } = await grant(hub, { account: father, scope });
    expect(await found('Consent', fathers)).toEqual([]);
    const decided = await ask(hub, 'POST', 'Consent', { token: fathers, body: { ...consent, status: 'inactive' } });
    expect([decided.status, codeOf(decided)]).toEqual([403, 'not-by-others']);
    const byReference = async (token: string, reference: string) => {
      const body = { ...consent, status: 'inactive', patient: { reference } };
      const answer = await ask(hub, 'POST', 'Consent', { token, body });
      return [answer.status, codeOf(answer)];
    };
    // A version of hers is she; what leads to nobody here withdraws nothing, and says so.
    expect(await byReference(fathers, `Patient/${mother}/_history/1`)).toEqual([403, 'not-by-others']);
    for (const token of [fathers, local, desk])
      for (const version of ['', '/_history/1'])
        expect(await byReference(token, `http://hub.test/fhir/Patient/${mother}${version}`)).toEqual([
          422,
          'patient-unknown',
        ]);
    expect(await found('Consent', desk)).toEqual([made.body.id]);
    const others = { ...consent, patient: { reference: `Patient/${stranger}` } };
    const refused = await ask(hub, 'POST', 'Consent', { token: local, body: others });
    expect([refused.status, codeOf(refused)]).toEqual([422, 'reference-unknown']);
  });

  test('only what was booked here is given up here (D8)', async () => {
    const cancel = async (id: string, token: string) => {
      const { body } = await get(`Appointment/${id}`, token);
      return ask(hub, 'PUT', `Appointment/${id}`, { token, body: { ...body, status: 'cancelled' } });
    };
    const refused = await cancel(atDesk, esia);
    expect([refused.status, codeOf(refused)]).toEqual([403, 'not-made-here']);
    const free = idOf('one', 'Slot', String(slots[nextSlot]!['key']));
    const { body } = await get(`Appointment/${atDesk}`, esia);
    const moved = await ask(hub, 'PUT', `Appointment/${atDesk}`, {
      token: esia,
      body: { ...body, slot: [{ reference: `Slot/${free}` }] },
    });
    expect([moved.status, codeOf(moved)]).toEqual([403, 'not-made-here']);
    expect((await cancel(childs, local)).status).toBe(200);
    expect((await cancel(atDesk, desk)).status).toBe(200);
  });

  test('and until the hour of the day before', async () => {
    const late = await book(local, mother);
    const { body } = await get(`Appointment/${late}`, local);
    const cancel = async () =>
      ask(hub, 'PUT', `Appointment/${late}`, { token, body: { ...body, status: 'cancelled' } });
    const was = time.now;
    time.now = Date.parse(String(body['start'])) - 60_000;
    const { token } = await grant(hub, { account, scope });
    const refused = await cancel();
    expect([refused.status, codeOf(refused)]).toEqual([422, 'too-late-to-cancel']);
    time.now = was;
  });
});

const codeOf = ({ body }: { body: { issue?: unknown } }) =>
  (body.issue as { details: { coding: { code: string }[] } }[])[0]!.details.coding[0]!.code;

describe('what ends, ends at once', () => {
  async function stage() {
    const account = await addAccount(hub, { cards: [{ patient: mother }] });
    const given = await grant(hub, { account, scope, method: 'esia', client: `app-${account}` });
    expect(await found('Patient', given.token)).toEqual([mother]);
    const later = async () => {
      time.now += 1000;
      const answer = await get('Patient', given.token);
      return answer.status === 200 ? (await found('Patient', given.token)).length : answer.status;
    };
    return { account, later, ...given };
  }

  test.each<[string, string, number]>([
    ['a grant', 'update smart_grant set ended = now() where account = $1', 401],
    ['a grant that has run out', 'update smart_grant set ends = now() where account = $1', 401],
    ['an account that is blocked', `update account set state = 'blocked' where id = $1`, 401],
    ['an account that is gone', 'delete from account where id = $1', 401],
    ['a client', `update client set disabled = now() where id = 'app-' || $1::text`, 401],
    ['a card, by coming of age', 'update card set ends = now() where account = $1', 0],
    ['a card that was removed', 'delete from card where account = $1', 0],
  ])('%s', async (_what, text, left) => {
    const { account, later } = await stage();
    await hub.pool.query(text, [account]);
    expect(await later()).toBe(left);
  });
});

describe('an account on check (D1)', () => {
  test('sees the timetable, and neither its patient nor books', async () => {
    const account = await addAccount(hub, { state: 'limited', cards: [{ patient: mother }] });
    const { token } = await grant(hub, { account, scope });
    expect((await get('Slot?_count=1', token)).status).toBe(200);
    for (const [method, path] of [
      ['GET', 'Patient'],
      ['GET', `Patient/${mother}`],
      ['POST', 'Appointment'],
    ] as const) {
      const body = method === 'POST' ? { body: orderOf(slot(), mother) } : {};
      const answer = await ask(hub, method, path, { token, ...body });
      expect([answer.status, codeOf(answer)], path).toEqual([403, 'account-limited']);
    }
  });
});

describe('clinics', () => {
  test('a patient sees those that are open and his own (A7)', async () => {
    const account = await addAccount(hub, { cards: [{ patient: mother }] });
    const { token } = await grant(hub, { account, scope });
    const schedulesOf = async () => (await found('Schedule', token)).length;
    expect(await schedulesOf()).toBe(2);
    const card = (await hub.pool.query<{ id: string }>('select id from card where account = $1', [account])).rows[0]!
      .id;
    const elsewhere = await ask(hub, 'POST', 'Patient', {
      token: await hub.token({ clinics: ['two'] }),
      body: { resourceType: 'Patient', name: [{ family: 'Тестова' }] },
    });
    await hub.pool.query(`insert into card_patient (card, patient, clinic, basis) values ($1, $2, $3, 'code')`, [
      card,
      elsewhere.body.id,
      hub.clinics.byKey('two')!.number,
    ]);
    time.now += 1000;
    expect(await schedulesOf()).toBe(4);
  });

  test('staff sees its own, and nothing when it works there no more', async () => {
    const account = await addAccount(hub, { staff: [{ clinic: 'one', role: 'registrar' }] });
    const { token } = await grant(hub, { account, role: 'registrar', scope, client: 'cabinet' });
    expect(await found('Patient', token)).toEqual([mother, child, stranger].sort());
    expect((await get('Encounter', token)).status).toBe(403);
    await hub.pool.query('delete from staff where account = $1', [account]);
    time.now += 1000;
    expect((await get('Patient', token)).status).toBe(401);
  });
});

describe('scopes', () => {
  const as = async (given: string) => {
    const account = await addAccount(hub, { cards: [{ patient: mother }] });
    return (await grant(hub, { account, scope: given, method: 'esia', patient: mother })).token;
  };

  test.each([
    ['patient/Patient.r', 'GET', `Patient?_count=1`, 403],
    ['patient/Patient.s', 'GET', `Patient?_count=1`, 200],
    ['patient/Patient.read', 'GET', `Patient?_count=1`, 200],
    ['patient/*.rs', 'GET', 'Slot?_count=1', 200],
    ['patient/*.rs', 'POST', 'Appointment', 403],
    ['patient/Appointment.write', 'GET', 'Appointment', 403],
    ['user/Appointment.rs', 'GET', 'Appointment', 200],
    ['system/*.cruds', 'GET', 'Patient', 403],
    ['openid fhirUser launch/patient', 'GET', 'Slot', 403],
    ['patient/*.cruds', 'POST', 'Patient', 403],
    ['patient/*.cruds', 'GET', 'Subscription', 200],
    ['patient/Patient.rs', 'GET', '_history', 200],
    ['PATIENT/*.RS', 'GET', 'Slot', 403],
    ['patient/Patient.sr', 'GET', 'Patient', 403],
  ] as const)('%s: %s %s is answered %i', async (given, method, path, status) => {
    const body = method === 'POST' ? { body: orderOf(slot(), mother) } : {};
    const answer = await ask(hub, method, path, { token: await as(given), ...body });
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    if (status === 403) expect(answer.headers['www-authenticate']).toContain('error="insufficient_scope"');
  });

  test('to be shown all of a type, by history or export, is to search it', async () => {
    const [reads, searches] = [await as('patient/Patient.r'), await as('patient/Patient.s')];
    const types = async (token: string) =>
      new Set(
        (
          (await get('_history?_count=1000', token)).body['entry'] as
            | { resource: { resourceType: string } }[]
            | undefined
        )?.map((e) => e.resource.resourceType),
      );
    await passHorizon(hub.pool);
    expect(await types(reads)).toEqual(new Set());
    expect(await types(searches)).toEqual(new Set(['Patient']));
  });

  test('a type that is not within them comes by no include, chain, history or record', async () => {
    const token = await as('patient/Patient.rs patient/Slot.rs');
    const appointment = await book(desk, mother);
    for (const path of [
      `Patient?_revinclude=Appointment:patient&_revinclude=*&_include=*`,
      `Patient/${mother}/$everything`,
      '_history?_count=1000',
    ]) {
      const { status, body } = await get(path, token);
      expect(status, path).toBe(200);
      const types = ((body['entry'] ?? []) as { resource?: { resourceType: string } }[]).map(
        (e) => e.resource?.resourceType,
      );
      expect(
        types.filter((type) => !['Patient', 'Slot', 'OperationOutcome'].includes(type ?? '')),
        path,
      ).toEqual([]);
      expect(JSON.stringify(body), path).not.toContain(appointment);
    }
    expect(await found(`Patient?_has:Appointment:patient:status=booked`, token)).toEqual([]);
    expect(await found('Slot?schedule.active=true&_include=Slot:schedule&_count=1', token)).toEqual([]);
  });

  test('with a constraint: what matches is there, and nothing else', async () => {
    const account = await addAccount(hub, { cards: [{ patient: mother }] });
    const whole = (await grant(hub, { account, scope, method: 'esia' })).token;
    const [kept, gone] = [await book(whole, mother), await book(whole, mother)];
    const { body } = await get(`Appointment/${gone}`, whole);
    await ask(hub, 'PUT', `Appointment/${gone}`, { token: whole, body: { ...body, status: 'cancelled' } });
    const token = (
      await grant(hub, {
        account,
        scope:
          'user/Appointment.rus?status=cancelled user/Patient.rs user/Slot.rs?status=free user/Encounter.r?status=planned',
        method: 'esia',
      })
    ).token;
    const seen = await found('Appointment', token);
    expect(seen).toContain(gone);
    expect(seen).not.toContain(kept);
    expect(await found('Appointment?status=booked', token)).toEqual([]);
    expect((await get('Appointment?_total=accurate&_count=0&status:not=x', token)).body['total']).toBe(seen.length);
    expect((await get(`Appointment/${gone}`, token)).status).toBe(200);
    expect((await get(`Appointment/${kept}`, token)).status).toBe(404);
    const update = await ask(hub, 'PUT', `Appointment/${kept}`, {
      token,
      body: { ...body, id: kept, status: 'cancelled' },
    });
    expect(update.status).toBe(404);
    const patch = [{ op: 'replace', path: '/status', value: 'cancelled' }];
    const headers = { 'content-type': 'application/json-patch+json' };
    expect((await ask(hub, 'PATCH', `Appointment/${kept}`, { token, body: patch, headers })).status).toBe(404);
    // By other ways the type is closed.
    expect((await get(`Appointment/${gone}/_history`, token)).status).toBe(403);
    expect(JSON.stringify((await get('Patient?_revinclude=Appointment:patient', token)).body)).not.toContain(kept);
    expect(await found(`Patient?_has:Appointment:patient:status=booked`, token)).toEqual([]);
    expect((await ask(hub, 'POST', 'Appointment', { token, body: orderOf(slot(), mother) })).status).toBe(403);
    const free = await get('Slot?_count=1000', token);
    const states = (free.body['entry'] as { resource: { status: string } }[]).map((e) => e.resource.status);
    expect(new Set(states)).toEqual(new Set(['free']));
    expect(states.length).toBeGreaterThan(0);
  });

  test('of a program: its role and its scopes, whichever is narrower', async () => {
    const registry = await program(hub, 'system/*.cruds', 'registry', ['one']);
    expect((await get('Slot?_count=1', registry)).status).toBe(200);
    expect((await get('Patient', registry)).status).toBe(403);
    const app = await program(hub, 'system/Patient.rs user/Appointment.cruds', 'app', null);
    expect(await found('Patient', app)).toEqual(expect.arrayContaining([mother, child]));
    expect((await get('Appointment', app)).status).toBe(403);
    const elsewhere = await program(hub, 'system/*.rs', 'app', ['two']);
    expect(await found(`Patient?_id=${mother}`, elsewhere)).toEqual([]);
  });
});

describe('a doctor’s time (B3)', () => {
  const at = (n: number) => idOf('one', 'Schedule', schedules[n]!.key);
  const rule = async (n: number, code: string) => {
    const clinic = hub.clinics.byKey('one')!;
    const config = clinic.config as { availability?: Record<string, string> };
    config.availability = { [schedules[n]!.key]: code };
    await hub.read('one');
    time.now += 1000;
  };
  const times = async (token: string, n: number) =>
    (await found(`Slot?schedule=Schedule/${at(n)}&_count=1000`, token)).length;
  /** A free slot of the second doctor. */
  const free = async () => (await found(`Slot?schedule=Schedule/${at(1)}&status=free&_count=1`, desk))[0]!;

  test('for attached patients, or those with a referral; enforced in search and in booking', async () => {
    const account = await addAccount(hub, { cards: [{ patient: stranger }] });
    const { token } = await grant(hub, { account, scope, method: 'esia' });
    const all = await times(token, 1);
    expect(all).toBeGreaterThan(0);

    await rule(1, 'attached');
    expect(await times(token, 1)).toBe(0);
    expect(await times(token, 0)).toBeGreaterThan(0);
    expect((await get(`Slot/${await free()}`, token)).status).toBe(404);
    expect(await found(`Schedule?_id=${at(1)}&_revinclude=Slot:schedule`, token)).toEqual([at(1)]);
    const refused = await ask(hub, 'POST', 'Appointment', { token, body: orderOf(await free(), stranger) });
    expect([refused.status, codeOf(refused)]).toEqual([422, 'slot-unknown']);
    const byDesk = await ask(hub, 'POST', 'Appointment', { token: desk, body: orderOf(await free(), stranger) });
    expect([byDesk.status, codeOf(byDesk)]).toEqual([422, 'not-attached']);

    const organization = idOf('one', 'Organization', 'one');
    await mirror('Organization', organization);
    const patient = (await get(`Patient/${stranger}`, desk)).body;
    const attached = { ...patient, managingOrganization: { reference: `Organization/${organization}` } };
    await ask(hub, 'PUT', `Patient/${stranger}`, { token: desk, body: attached });
    time.now += 1000;
    expect(await times(token, 1)).toBe(all);

    await rule(1, 'referral');
    expect(await times(token, 1)).toBe(0);
    const without = await ask(hub, 'POST', 'Appointment', { token: desk, body: orderOf(await free(), stranger) });
    expect([without.status, codeOf(without)]).toEqual([422, 'referral-needed']);
    const refer = (more: object) => {
      const referral = { resourceType: 'ServiceRequest', status: 'active', intent: 'order' };
      const body = { ...referral, subject: { reference: `Patient/${stranger}` }, ...more };
      return made('ServiceRequest', body);
    };
    const made = async (type: string, body: object) => {
      const answer = await ask(hub, 'POST', type, { token: desk, body });
      expect(answer.status, JSON.stringify(answer.body)).toBe(201);
      return answer.body.id!;
    };
    const schedule = (await get(`Schedule/${at(1)}`, desk)).body as unknown as {
      actor: { reference: string }[];
      specialty: { coding: object[] }[];
    };
    const performer = schedule.actor.filter((a) => a.reference.startsWith('Practitioner/'));
    await mirror('Practitioner', performer[0]!.reference.slice('Practitioner/'.length));
    await refer({ performer, occurrencePeriod: { end: '2020-01-01' } });
    await refer({ performer, status: 'revoked' });
    time.now += 1000;
    expect(await times(token, 1)).toBe(0);
    const toHim = await refer({ performer, occurrencePeriod: { end: '2999-01-01' } });
    time.now += 1000;
    expect(await times(token, 1)).toBe(all);
    await ask(hub, 'DELETE', `ServiceRequest/${toHim}`, { token: desk });
    time.now += 1000;
    expect(await times(token, 1)).toBe(0);
    await refer({ performerType: schedule.specialty[0] });
    time.now += 1000;
    expect(await times(token, 1)).toBe(all);
    const booked = await ask(hub, 'POST', 'Appointment', { token, body: orderOf(await free(), stranger) });
    expect(booked.status, JSON.stringify(booked.body)).toBe(201);
    await rule(1, 'region');
  });

  /** As a MIS has it. */
  async function mirror(type: string, id: string): Promise<void> {
    const clinic = hub.clinics.byKey('one')!.number;
    const origin = { clinic, zone: 'UTC', misKey: id, mis: {} };
    const resource = { resourceType: type, id };
    await putDocument(hub.pool, prepareDocument(resource, 1, Date.now(), origin, hub.context.parameters));
  }
});
