/** A narrow token reaches no further than its scopes, neither through operations nor through what another app of the same person has made. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clinicsOf, createStanding } from '../../src/access/standing.sql.ts';
import { currentViewer } from '../../src/fhir/viewer.ts';
import { type Answer, ask } from '../support/hub.ts';
import { orderOf } from '../support/order.ts';
import { addAccount, grant, program } from '../support/people.ts';
import { createStage, type Stage } from '../workflows/subscription-stage.ts';

let stage: Stage;
let account: string;
let daughter: string;
let son: string;
let nextSlot = 0;
const slot = () => stage.slot(nextSlot++);

beforeAll(async () => {
  stage = await createStage();
  const { hub } = stage;
  const standing = createStanding({ db: hub.pool, ...clinicsOf(hub.clinics) });
  Object.assign(hub.context.subscriptions, { viewerOf: currentViewer(hub.context, standing) });
  [daughter, son] = [await stage.patient('Дочкина'), await stage.patient('Сынов')];
  const child = (patient: string) => ({ patient, clinic: 'one', relation: 'child' as const });
  account = await addAccount(hub, { cards: [child(daughter), child(son)] });
});
afterAll(() => stage.close());

const person = async (scope: string, patient?: string, client = 'phone') =>
  (await grant(stage.hub, { account, scope, client, ...(patient !== undefined && { patient }) })).token;
const send = (path: string, token: string, body?: object) =>
  ask(stage.hub, 'POST', path, { token, ...(body && { body }) });
const get = (path: string, token: string) => ask(stage.hub, 'GET', path, { token });
const parameters = (...parameter: object[]) => ({ resourceType: 'Parameters', parameter });
const statusAndCode = ({ status, body }: Answer) => {
  const [issue] = (body['issue'] ?? []) as unknown as { details: { coding: { code: string }[] } }[];
  return [status, issue?.details.coding[0]?.code];
};
const outOfScope = [403, 'not-in-scope'];

test('$book changes nothing for a token that may only create', async () => {
  const whole = await person('user/*.cruds');
  const { body: made } = await send('Appointment', whole, orderOf(slot(), son));
  const token = await person('patient/Appointment.crs patient/Slot.rs patient/Patient.rs', son, 'narrow');
  const appointment = (resource: object) => ({ name: 'appt-resource', resource });
  const inPlaceOf = { name: 'cancelled-appt-id', valueUri: `Appointment/${made.id}` };
  const attempts = [
    [appointment({ ...made, status: 'cancelled' })],
    [appointment({ ...orderOf(slot(), son), id: made.id })],
    [appointment(orderOf(slot(), son)), inPlaceOf],
  ];
  for (const attempt of attempts)
    expect(statusAndCode(await send('Appointment/$book', token, parameters(...attempt)))).toEqual(outOfScope);
  expect((await get(`Appointment/${made.id}`, whole)).body).toEqual(made);
  const booked = await send('Appointment/$book', token, parameters(appointment(orderOf(slot(), son))));
  expect(booked.status).toBe(201);
});

test('$book makes no Patient for one who may make none', async () => {
  const order = () => ({ ...orderOf(slot(), son), participant: [{ actor: { display: '-' }, status: 'accepted' }] });
  const stranger = { resourceType: 'Patient', name: [{ family: 'Пришлая' }] };
  const body = () =>
    parameters({ name: 'patient-resource', resource: stranger }, { name: 'appt-resource', resource: order() });
  const app = await program(stage.hub, 'system/Appointment.cruds system/Slot.rs system/Patient.rs', 'app', ['one']);
  for (const token of [await person('user/*.cruds'), app])
    expect(statusAndCode(await send('Appointment/$book', token, body()))).toEqual(outOfScope);
  const desk = await stage.hub.token({ clinics: ['one'] });
  expect((await get(`Patient?family=${encodeURIComponent('Пришлая')}`, desk)).body['total']).toBe(0);
  expect((await send('Appointment/$book', desk, body())).status).toBe(201);
});

test('a subscription is that of the app through which it was made', async () => {
  const wide = await person('launch/patient user/*.cruds', daughter, 'wide');
  const { body: made } = await stage.follow('appointment-changed', 'full-resource', {
    token: wide,
    channel: { header: ['Authorization: Bearer of-the-wide-app'] },
  });
  await stage.turn();
  const booked = await send('Appointment', await person('user/*.cruds'), orderOf(slot(), son));
  expect(booked.status).toBe(201);
  await stage.turn();
  expect(JSON.stringify((await get(`Subscription/${made.id}/$events`, wide)).body)).toContain(son);

  const narrow = await person('patient/Subscription.cruds patient/Appointment.rs', daughter, 'narrow');
  for (const path of ['', '/_history', '/$events?content=full-resource', '/$status', '/$get-ws-binding-token'])
    expect([
      path,
      (
        await ask(stage.hub, path.includes('$get') ? 'POST' : 'GET', `Subscription/${made.id}${path}`, {
          token: narrow,
        })
      ).status,
    ]).toEqual([path, 404]);
  expect((await get('Subscription', narrow)).body['total']).toBe(0);
  const channel = { ...(made['channel'] as object), endpoint: `${stage.receiver.url}/thief` };
  const stolen = await ask(stage.hub, 'PUT', `Subscription/${made.id}`, { token: narrow, body: { ...made, channel } });
  expect(stolen.status).toBe(404);

  const less = await person('launch/patient user/Subscription.r', daughter, 'wide');
  const told = await get(`Subscription/${made.id}/$events?content=full-resource`, less);
  expect(told.status).toBe(200);
  // Also when what was looked up at its beginning has grown old on the way.
  const { clock } = stage.hub.context;
  let looks = 0;
  Object.assign(stage.hub.context, { clock: () => clock() + 1100 * looks++ });
  expect((await get(`Subscription/${made.id}/$events`, wide)).status).toBe(200);
  Object.assign(stage.hub.context, { clock });
  expect(JSON.stringify(told.body)).not.toMatch(new RegExp(`${son}|${booked.body.id}`));
});

test('an offer that is held tells for whom to none who does not see him', async () => {
  const held = slot();
  const wish = { ...orderOf(held, daughter) };
  const order = parameters({ name: 'appt-resource', resource: wish });
  const daughters = await person('patient/*.cruds', daughter, 'wide');
  const { status, body } = await send('Appointment/$hold', daughters, order);
  expect(status).toBe(200);
  const [{ resource }] = body['entry'] as [{ resource: { id: string } }];
  const read = async (token: string) => JSON.stringify((await get(`Appointment/${resource.id}`, token)).body);
  expect(await read(daughters)).toContain(daughter);
  expect(await read(await person('patient/*.cruds', son, 'narrow'))).not.toContain(daughter);
});

test('to read is not to issue codes, nor to moderate', async () => {
  const staff = (['registrar', 'moderator'] as const).map((role) => ({ clinic: 'one', role }));
  const worker = await addAccount(stage.hub, { staff });
  const newcomer = await addAccount(stage.hub, { state: 'limited' });
  const as = async (role: 'registrar' | 'moderator', scope: string) =>
    (await grant(stage.hub, { account: worker, role, scope })).token;
  const issue = async (scope: string) =>
    statusAndCode(await send(`Patient/${son}/$issue-access-code`, await as('registrar', scope)));
  expect(await issue('user/Patient.rs')).toEqual(outOfScope);
  expect(await issue('user/Patient.ru')).toEqual([200, undefined]);
  const block = parameters({ name: 'decision', valueCode: 'block' });
  const decide = async (scope: string) =>
    statusAndCode(await send(`Person/${newcomer}/$moderate`, await as('moderator', scope), block));
  expect(await decide('user/Person.rs')).toEqual(outOfScope);
  expect(await decide('user/Person.ru')).toEqual([200, undefined]);
});

test('who was let in for one patient moderates no account', async () => {
  const worker = await addAccount(stage.hub, { staff: [{ clinic: 'one', role: 'moderator' }] });
  const newcomer = await addAccount(stage.hub, { state: 'limited' });
  const block = parameters({ name: 'decision', valueCode: 'block' });
  const decide = async (scope: string) => {
    const { token } = await grant(stage.hub, { account: worker, role: 'moderator', scope, patient: son });
    return statusAndCode(await send(`Person/${newcomer}/$moderate`, token, block));
  };
  expect(await decide('patient/Person.ru')).toEqual(outOfScope);
  expect(await decide('patient/Person.r user/Person.ru')).toEqual([404, 'not-found']);
  const { rows } = await stage.hub.pool.query('select state from account where id = $1', [newcomer]);
  expect(rows).toEqual([{ state: 'limited' }]);
});

test('who was let in for one of the card file attaches nobody to the account', async () => {
  const attach = async (scope: string, code: string) => {
    const parameter = [
      { name: 'code', valueString: code },
      { name: 'name', valueHumanName: { family: 'Отцов', given: ['Анна'] } },
    ];
    const token = await person(scope, daughter);
    return statusAndCode(await send('Person/$attach', token, parameters(...parameter)));
  };
  const linked = async () => {
    const { rows } = await stage.hub.pool.query<{ patient: string }>(
      'select p.patient from card c join card_patient p on p.card = c.id where c.account = $1',
      [account],
    );
    return rows.map((row) => row.patient).sort();
  };
  const father = await stage.patient('Отцов');
  const desk = await stage.hub.token({ clinics: ['one'], role: 'registrar' });
  const issued = await send(`Patient/${father}/$issue-access-code`, desk);
  const [, , link] = issued.body['parameter'] as unknown as { valueUri: string }[];
  const code = link!.valueUri.split('#')[1]!;
  for (const scope of ['patient/Person.u', 'patient/*.cruds', 'patient/Person.u user/Person.rs'])
    expect([scope, ...(await attach(scope, code))]).toEqual([scope, ...outOfScope]);
  expect(await linked()).toEqual([daughter, son].sort());
  expect(await attach('patient/Appointment.rs user/Person.u', code)).toEqual([200, undefined]);
  expect(await linked()).toEqual([daughter, father, son].sort());
});
