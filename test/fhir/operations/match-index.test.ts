/** Patient/$match with the region's index behind it (FEATURES C3): who is found there, for whom, and what its silence does. */
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { validate } from '../../../src/r4/validate.ts';
import type { Resource } from '../../../src/store/resource.ts';
import { type Answer, ask } from '../../support/hub.ts';
import { orderOf } from '../../support/order.ts';
import { addToMpi, addToPix, indexOf, known, words } from '../../support/region-people.ts';
import { createRegizHub } from '../../support/regiz-hub.ts';
import { lines } from '../../support/scanned-log.ts';

const hub = await createRegizHub((sandbox) => ({ index: indexOf('pix', sandbox, { patienceMilliseconds: 5000 }) }));
const { sandbox } = hub;
const global = await addToPix(sandbox);
afterEach(() => sandbox.clearFaults());
afterAll(() => hub.close());

const snils = { system: 'urn:oid:1.2.643.100.3', value: '000-000-600 04' };
const name = [{ family: known.family, given: [known.given] }];
const { birthDate } = known;

interface Entry {
  fullUrl: string;
  resource: Resource;
  search: { mode: string; score: number; extension: { valueCode: string }[] };
}

const registrar = { role: 'registrar', clinics: ['p44'] } as const;

async function match(patient: object, principal: object = registrar, more: object[] = []): Promise<Answer> {
  const resource = { resourceType: 'Patient', ...patient };
  const body = { resourceType: 'Parameters', parameter: [{ name: 'resource', resource }, ...more] };
  return ask(hub, 'POST', 'Patient/$match', { body, token: await hub.token(principal) });
}

const entriesOf = ({ body }: Answer) => (body['entry'] ?? []) as Entry[];
const matchesOf = (answer: Answer) => entriesOf(answer).filter(({ search }) => search.mode === 'match');
const outcomesOf = (answer: Answer) => entriesOf(answer).filter(({ search }) => search.mode === 'outcome');
const indexCalls = () => hub.exchanges.filter((e) => e.operation === 'Pix.GetPatient').length;
const only = [{ name: 'onlyCertainMatches', valueBoolean: true }];

test('who is in the index alone is told with score and grade, and cannot be taken for one of ours', async () => {
  const answer = await match({ name, birthDate });
  expect([answer.status, answer.body['total']]).toEqual([200, 1]);
  expect(validate(answer.body)).toEqual([]);
  const [{ fullUrl, resource, search }] = entriesOf(answer) as [Entry];
  expect(fullUrl).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
  expect([resource.id, search.extension[0]!.valueCode]).toEqual([undefined, 'probable']);
  expect(resource).toMatchObject({
    meta: { source: 'https://medmost.ru/fhir/patient-index/p44' },
    identifier: [
      { system: 'https://medmost.ru/fhir/sid/regiz-pix', value: global },
      { system: snils.system, value: known.snils },
    ],
    name: [{ family: known.family, given: [known.given, known.patronymic] }],
  });
  const certain = await match({ name, birthDate, identifier: [snils] }, registrar, only);
  expect(matchesOf(certain).map((e) => e.search.extension[0]!.valueCode)).toEqual(['certain']);
  const stranger = await ask(hub, 'GET', `Patient/${fullUrl.slice('urn:uuid:'.length)}`);
  expect(stranger.status).toBe(404);
});

test('СНИЛС in the spelling and system of others is understood', async () => {
  const foreign = { system: 'urn:oid:1.2.643.2.69.1.1.1.6.223', value: '000 000 600 04' };
  expect(matchesOf(await match({ identifier: [foreign] }))).toHaveLength(1);
});

test('somebody whom the index tells and who is another scores too low to be told', async () => {
  const other = { name: [{ family: 'Прочих', given: ['Иван', 'Янович'] }], birthDate: '1950-05-05', gender: 'male' };
  expect(matchesOf(await match({ ...other, identifier: [snils] }))).toEqual([]);
});

test('the call is in the audit, without a card', async () => {
  const { rows: before } = await hub.pool.query('select coalesce(max(seq), 0) as seq from audit_event');
  await match({ name, birthDate });
  const { rows } = await hub.pool.query('select interaction, patient, outcome from audit_event where seq > $1', [
    before[0]!['seq'],
  ]);
  expect(rows).toEqual([{ interaction: 'operation $match Patient', patient: null, outcome: 0 }]);
});

describe('for whom', () => {
  test.each(['doctor', 'registrar', 'operator'])('a %s', async (role) => {
    expect(matchesOf(await match({ name, birthDate }, { role, clinics: ['p44'] }))).toHaveLength(1);
  });

  const account = '6b1f5a52-0000-4000-8000-000000000001';
  const one = { account, patient: account };
  test.each([
    ['a patient', { role: 'patient', clinics: ['p44'], patient: account }],
    ['an app', { role: 'app', clinics: ['p44'] }],
    ['the registry', { role: 'registry', clinics: ['p44'] }],
    ['a moderator, who may see no Patients', { role: 'moderator', clinics: ['p44'] }],
    ['a doctor in a launch for one patient', { role: 'doctor', clinics: ['p44'], ...one, scope: 'patient/Patient.rs' }],
    ['a registrar of a clinic that is not this one', { role: 'registrar', clinics: ['elsewhere'] }],
    ['a registrar whose token is for some Patients', { ...registrar, account, scope: 'user/Patient.rs?gender=male' }],
  ])('not %s: the index is not even asked', async (_who, principal) => {
    const asked = indexCalls();
    expect(matchesOf(await match({ name, birthDate, identifier: [snils] }, principal))).toEqual([]);
    expect(indexCalls()).toBe(asked);
  });
});

describe('silence', () => {
  const faults = ['drop-before', 'html-502', 'soap-fault-500', 'truncated', 'session-401', 'wrong-element'];

  test.each(faults)('%s: who is kept here is told, with a warning that names the clinic', async (fault) => {
    const twin = { name: [{ family: 'Картотечных', given: ['Ян'] }], birthDate: '1970-01-01' };
    const token = await hub.token(registrar);
    if (fault === faults[0])
      expect((await ask(hub, 'POST', 'Patient', { token, body: { resourceType: 'Patient', ...twin } })).status).toBe(
        201,
      );
    sandbox.fault({ fault, times: 100, operations: ['Pix.GetPatient'] });
    const answer = await match(twin);
    expect([answer.status, answer.body['total']]).toEqual([200, 1]);
    expect(validate(answer.body)).toEqual([]);
    expect(matchesOf(answer)).toHaveLength(1);
    expect(outcomesOf(answer).map(({ resource }) => resource)).toMatchObject([
      {
        resourceType: 'OperationOutcome',
        issue: [{ severity: 'warning', code: 'incomplete', diagnostics: expect.stringContaining('Поликлиника № 44') }],
      },
    ]);
  });

  test('an index that hangs is waited for as long as is set', async () => {
    const hasty = await createRegizHub((other) => ({ index: indexOf('pix', other, { patienceMilliseconds: 200 }) }));
    try {
      hasty.sandbox.fault({ fault: 'commit-then-hang', times: 100, operations: ['Pix.GetPatient'] });
      const body = { resourceType: 'Patient', name, birthDate };
      const answer = await ask(hasty, 'POST', 'Patient/$match', { body, token: await hasty.token(registrar) });
      expect([answer.status, matchesOf(answer).length, outcomesOf(answer).length]).toEqual([200, 0, 1]);
    } finally {
      await hasty.close();
    }
  });

  test('nothing personal is in the log of the hub or of messages', () => {
    expect(lines.some((line) => line.includes('the index of patients gave no answer'))).toBe(true);
    const kept = JSON.stringify([lines, hub.exchanges.filter((e) => e.operation.startsWith('Pix.'))]);
    for (const word of [...words, sandbox.guid]) expect(kept).not.toContain(word);
  });
});

test('a registrar finds the person in the index, adds the e-mail, picks doctor and time, books; then it is a card', async () => {
  const token = await hub.token(registrar);
  const get = async (path: string) =>
    (await ask(hub, 'GET', path, { token })).body as { entry?: { resource: Resource }[] };
  const [{ resource }] = matchesOf(await match({ identifier: [snils], birthDate })) as [Entry];
  const email = { system: 'email', value: 'aglaya@example.org' };
  const phone = { system: 'phone', value: '+79000000001' };
  const created = await ask(hub, 'POST', 'Patient', { token, body: { ...resource, telecom: [email, phone] } });
  expect(created.status).toBe(201);
  const { entry: schedules = [] } = await get('Schedule?_count=100');
  const schedule = schedules.find((s) => JSON.stringify(s.resource).includes('Офтальмология'))!.resource;
  const { entry: slots = [] } = await get(`Slot?schedule=Schedule/${schedule.id}&status=free&_sort=-start&_count=1`);
  const body = orderOf(slots[0]!.resource.id!, created.body.id!);
  const booked = await ask(hub, 'POST', 'Appointment', { token, body });
  expect([booked.status, booked.body['status']]).toEqual([201, 'booked']);
  expect(sandbox.bookings({ source: 'hub', idLpu: 44 })).toHaveLength(1);

  const again = await match({ name, birthDate, identifier: [snils] });
  expect(matchesOf(again).map((e) => e.resource.id)).toEqual([created.body.id]);
  expect(again.body['total']).toBe(1);
  const certain = await match({ name, birthDate, identifier: [snils] }, registrar, only);
  expect(matchesOf(certain).map((e) => e.resource.id)).toEqual([created.body.id]);
});

test('a card under another name is known by the СНИЛС that the index tells, unless it was merged', async () => {
  const other = await createRegizHub((own) => ({ index: indexOf('pix', own, { patienceMilliseconds: 5000 }) }));
  try {
    await addToPix(other.sandbox);
    const token = await other.token(registrar);
    const card = { resourceType: 'Patient', identifier: [snils], name: [{ family: 'Девичьева', given: ['Аглая'] }] };
    const { body: merged } = await ask(other, 'POST', 'Patient', {
      token,
      body: { ...card, link: [{ type: 'replaced-by', other: { display: 'карта 2' } }] },
    });
    const find = () =>
      ask(other, 'POST', 'Patient/$match', { token, body: { resourceType: 'Patient', name, birthDate } });
    expect([merged.resourceType, matchesOf(await find()).map((e) => e.resource.id)]).toEqual(['Patient', [undefined]]);
    // Somebody else's card with this СНИЛС by mistake: nobody is told as him.
    const stranger = {
      name: [{ family: 'Прочих', given: ['Иван', 'Янович'] }],
      birthDate: '1950-05-05',
      gender: 'male',
    };
    await ask(other, 'POST', 'Patient', { token, body: { ...card, ...stranger } });
    expect(matchesOf(await find()).map((e) => e.resource.id)).toEqual([undefined]);
    const { body: created } = await ask(other, 'POST', 'Patient', { token, body: card });
    const [entry, ...more] = matchesOf(await find()) as [Entry];
    expect([entry.resource.id, entry.fullUrl, more]).toEqual([
      created.id,
      `http://hub.test/fhir/Patient/${created.id}`,
      [],
    ]);
  } finally {
    await other.close();
  }
});

test('the same over MPI', async () => {
  const other = await createRegizHub((own) => ({ index: indexOf('mpi', own, { patienceMilliseconds: 5000 }) }));
  try {
    const id = await addToMpi(other.sandbox);
    const body = { resourceType: 'Patient', name, birthDate };
    const answer = await ask(other, 'POST', 'Patient/$match', { body, token: await other.token(registrar) });
    expect(validate(answer.body)).toEqual([]);
    expect(matchesOf(answer).map((e) => e.resource['identifier'])).toMatchObject([
      [{ system: 'https://medmost.ru/fhir/sid/regiz-mpi', value: id }, { value: known.snils }],
    ]);
  } finally {
    await other.close();
  }
});
