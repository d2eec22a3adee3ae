/** Requests in the журнал отложенной записи that others have registered, mirrored (FEATURES C1; protocols/regiz.md §4). */
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { readPatient } from '../../src/access/erasure/erase.sql.ts';
import { addHubService, path } from '../../src/doors/hub-service/mount.ts';
import { hubServiceSettings } from '../../src/hub-service-settings.ts';
import { validate } from '../../src/r4/validate.ts';
import { freezeClinic, thawClinic } from '../../src/store/clinics.sql.ts';
import type { Resource } from '../../src/store/resource.ts';
import { startQueue } from '../../src/workflows/queue.ts';
import { syncDirectory } from '../../src/workflows/sync.ts';
import { get } from '../sandbox/regiz/client.ts';
import { ask } from '../support/hub.ts';
import { addAccount, grant } from '../support/people.ts';
import { openPortal, type PortalPerson } from '../support/portal.ts';
import { createRegizHub } from '../support/regiz-hub.ts';

const hub = await createRegizHub();
const { sandbox } = hub;
const guid = '22222222-2222-4333-8444-555555555555';
const callers = { concentrator: { guid, clinics: { p44: { idLpu: 44 } } } };
addHubService(hub.app, hub.context, hubServiceSettings.parse({ callers }), { url: 'http://hub.test' });
const door = `${await hub.app.listen({ port: 0, host: '127.0.0.1' })}${path}`;
const portal = openPortal(sandbox);
afterEach(() => sandbox.clearFaults());
afterAll(() => hub.close());

const letters = 'абвгдежзик';
let people = 0;
const person = (more: Partial<PortalPerson> = {}): PortalPerson => {
  const end = letters[people % 10]! + letters[Math.floor(people++ / 10)]!;
  return { Surname: `Очередная${end}`, Name: 'Аглая', SecondName: 'Тестовна', Birthday: '1990-02-03', ...more };
};
const patientOf = ({ Surname, Name, SecondName, Birthday, Snils }: PortalPerson) => ({
  resourceType: 'Patient',
  name: [{ use: 'official', family: Surname, given: [Name, SecondName] }],
  birthDate: Birthday,
  ...(Snils !== undefined && { identifier: [{ system: 'urn:oid:1.2.643.100.3', value: Snils }] }),
});
const create = async (one: PortalPerson) =>
  (await ask(hub, 'POST', 'Patient', { body: patientOf(one) })).body.id as string;

type Found = Resource & { participant: { actor: { reference?: string; display?: string } }[] };

/** What the hub shows of a request. */
async function shown(idPar: string): Promise<Found[]> {
  const query = `identifier=${encodeURIComponent(`https://medmost.ru/fhir/sid/regiz-par|${idPar}`)}`;
  const { body } = await ask(hub, 'GET', `Appointment?${query}`);
  return ((body['entry'] ?? []) as { resource: Found }[]).map(({ resource }) => resource);
}
const statusOf = (idPar: string) => async () => (await shown(idPar)).map((a) => a['status']);
const patientIn = (found: Found) =>
  found.participant.map(({ actor }) => actor.reference ?? '').find((r) => r.startsWith('Patient/'))!;
const patience = { timeout: 15_000, interval: 50 };
const number = hub.clinics.byKey('p44')!.number;

describe('what a registrar has registered', () => {
  test('is an Appointment that waits, for a Patient made of it', async () => {
    const [role] = ((await ask(hub, 'GET', 'PractitionerRole?_count=1')).body['entry'] as { resource: Resource }[]).map(
      ({ resource }) => resource,
    );
    const { rows } = await hub.pool.query<{ mis: { doctor: string; doctorName: string } }>(
      `select mis from document where type = 'PractitionerRole' and id = $1`,
      [role!.id],
    );
    const { doctor: IdDoc, doctorName: NameDoc } = rows[0]!.mis;
    const who = person();
    const intervals = [{ StartDate: '2026-12-10T17:00:00', EndDate: '2026-12-17T20:00:00' }];
    const idPar = await portal.register(who, { place: { IdDoc, NameDoc, FerIdSpeciality: '27' }, intervals });
    expect(await hub.readJournal()).toMatchObject({ outcome: 'done', written: 1 });
    const [found, ...others] = await shown(idPar);
    expect(others).toEqual([]);
    expect(validate(found!)).toEqual([]);
    expect(found).toMatchObject({
      status: 'waitlist',
      comment: 'после 17:00',
      description: 'Нет свободных талонов',
      requestedPeriod: [{ start: '2026-12-10T14:00:00Z', end: '2026-12-17T17:00:00Z' }],
      created: expect.stringMatching(/Z$/),
    });
    expect(found!.participant.map(({ actor }) => actor)).toContainEqual({
      reference: `PractitionerRole/${role!.id}`,
      display: NameDoc,
    });
    const { body: patient } = await ask(hub, 'GET', patientIn(found!));
    expect(patient).toMatchObject({
      name: [{ family: who.Surname, given: ['Аглая', 'Тестовна'] }],
      birthDate: '1990-02-03',
      telecom: [{ value: '+79000000002' }, { value: 'aglaya@example.org' }],
    });
    const waiting = await ask(hub, 'GET', `Appointment?status=waitlist&patient=${patient.id}`);
    expect(waiting.body['total']).toBe(1);
  });

  test('read again, nothing is written; a second request of the same card is of the same Patient', async () => {
    const who = person();
    const [first, second] = [
      await portal.register(who),
      await portal.register(who, { place: { FerIdSpeciality: '13' } }),
    ];
    expect(await hub.readJournal()).toMatchObject({ outcome: 'done', written: 2 });
    expect(await hub.readJournal()).toMatchObject({ outcome: 'done', written: 0 });
    const [one, other] = [(await shown(first!))[0]!, (await shown(second!))[0]!];
    expect([one.meta!.versionId, patientIn(one)]).toEqual(['1', patientIn(other)]);
  });

  test('is of the Patient here who has that card, and not of a namesake', async () => {
    const [mine, namesakes] = [person(), person({ Snils: '112-233-445 95' })];
    const patient = await create(mine);
    const idPar = await portal.register(mine);
    // The clinic's card has another СНИЛС: whoever is kept here under that name and day is not the one who waits.
    await create({ ...namesakes, Snils: '087-654-302 00' });
    const other = await portal.register(namesakes);
    await hub.readJournal();
    expect(patientIn((await shown(idPar))[0]!)).toBe(`Patient/${patient}`);
    const made = patientIn((await shown(other))[0]!);
    expect((await ask(hub, 'GET', made)).body['identifier']).toEqual([
      { system: 'https://medmost.ru/fhir/sid/regiz-patient', value: expect.stringMatching(/^44\/\d+$/) },
    ]);
  });

  test('is not of a twin, nor of one who is called alike in part', async () => {
    const who = person();
    const others = [{ given: ['Аглаида', 'Тестовна'] }, { given: [] }, { given: ['Аглая', 'Пробовна'] }];
    const made: string[] = [];
    for (const { given } of others) {
      const name = [{ family: who.Surname, ...(given.length > 0 && { given }) }];
      const { body } = await ask(hub, 'POST', 'Patient', { body: { ...patientOf(who), name } });
      made.push(`Patient/${body.id}`);
    }
    const asked = () => sandbox.log().filter(({ operation }) => operation === 'CheckPatient').length;
    const idPar = await portal.register(who);
    const before = asked();
    await hub.readJournal();
    expect([made.includes(patientIn((await shown(idPar))[0]!)), asked()]).toEqual([false, before]);
  });

  test('is changed here when it is changed there', async () => {
    const idPar = await portal.register(person());
    await hub.readJournal();
    const kept = sandbox.deferred().find((one) => one['IdPar'] === idPar);
    const info = { ...kept, PARequestInfo: { Claim: '2', Info: 'лучше утром' } };
    await get(sandbox, 'HandlePARequestChanged', { info });
    expect(await hub.readJournal()).toMatchObject({ written: 1 });
    expect(await shown(idPar)).toMatchObject([
      { status: 'waitlist', comment: 'лучше утром', description: 'Нет удобного времени', meta: { versionId: '2' } },
    ]);
  });

  test('to a doctor whom the mirror does not know is told in words', async () => {
    const idPar = await portal.register(person(), { place: { IdDoc: 'никто', NameDoc: 'Новая Нина Новоселовна' } });
    await hub.readJournal();
    expect((await shown(idPar))[0]!.participant.map(({ actor }) => actor)).toContainEqual({
      display: 'Новая Нина Новоселовна',
    });
  });

  test.each([
    ['that nobody was reached', 2, 'Клиника не смогла с вами связаться'],
    ['no such doctor', 3, 'В клинике нет такого специалиста'],
  ])('is closed here when the clinic closes it: %s', async (_why, reason, text) => {
    const idPar = await portal.register(person());
    await hub.readJournal();
    await sandbox.desk({ action: 'cancel-deferred', idPar, reason });
    await hub.readJournal();
    await expect.poll(statusOf(idPar), patience).toEqual(['cancelled']);
    expect((await shown(idPar))[0]).toMatchObject({ cancelationReason: { text } });
    expect(await hub.readJournal()).toMatchObject({ written: 0 });
  });

  test('waits again when a MIS that was restored shows it again', async () => {
    const idPar = await portal.register(person());
    await hub.readJournal();
    const snapshot = sandbox.snapshot();
    await sandbox.desk({ action: 'cancel-deferred', idPar });
    await hub.readJournal();
    await expect.poll(statusOf(idPar), patience).toEqual(['cancelled']);
    sandbox.restore(snapshot);
    expect(await hub.readJournal()).toMatchObject({ written: 0 });
    expect(await statusOf(idPar)()).toEqual(['cancelled']);
    await hub.pool.query(`update waiting set changed = changed - interval '4 seconds' where reference = $1`, [idPar]);
    expect(await hub.readJournal()).toMatchObject({ written: 1 });
    expect(await shown(idPar)).toMatchObject([{ status: 'waitlist', meta: { versionId: '3' } }]);
    expect((await shown(idPar))[0]!['cancelationReason']).toBeUndefined();
  });
});

describe('what was registered through the hub', () => {
  const wish = async (patient: string) => {
    const { body } = await ask(hub, 'GET', 'HealthcareService?_count=1');
    const [{ resource }] = body['entry'] as [{ resource: Resource }];
    return {
      resourceType: 'Appointment',
      status: 'waitlist',
      participant: [
        { actor: { reference: `Patient/${patient}` }, status: 'accepted' },
        { actor: { reference: `HealthcareService/${resource.id}` }, status: 'needs-action' },
      ],
    };
  };
  const of = async (patient: string) => (await ask(hub, 'GET', `Appointment?patient=${patient}`)).body['total'];

  test('is not mirrored a second time, also while its number is not known yet', async () => {
    const [known, lost] = [await create(person()), await create(person())];
    expect((await ask(hub, 'POST', 'Appointment', { body: await wish(known) })).status).toBe(201);
    sandbox.fault({ fault: 'commit-then-reset', operations: ['RegisterPARequest'], times: 1 });
    sandbox.fault({ fault: 'drop-before', operations: ['SearchPARequests'], times: 2 });
    expect((await ask(hub, 'POST', 'Appointment', { body: await wish(lost) })).status).toBe(202);
    expect(await hub.readJournal()).toMatchObject({ outcome: 'done', written: 0 });
    expect([await of(known), await of(lost)]).toEqual([1, 1]);
  });

  test('who waits by the desk for the same already is answered with that', async () => {
    const who = person();
    const patient = await create(who);
    const body = await wish(patient);
    const service = body.participant[1]!.actor.reference.split('/')[1];
    const { rows } = await hub.pool.query<{ key: string }>('select mis_key as key from document where id = $1', [
      service,
    ]);
    const idPar = await portal.register(who, { place: { IdSpeciality: rows[0]!.key } });
    await hub.readJournal();
    const answer = await ask(hub, 'POST', 'Appointment', { body });
    expect([answer.status, answer.body.id]).toEqual([200, (await shown(idPar))[0]!.id]);
  });
});

describe('a reading that cannot be trusted closes nothing', () => {
  test.each(['empty-list', 'truncated', 'html-200', 'business-error', 'missing-success', 'wrong-namespace'])(
    '%s',
    async (fault) => {
      const idPar = await portal.register(person());
      await hub.readJournal();
      sandbox.fault({ fault, operations: ['SearchActivePARequests'], times: 1 });
      await hub.readJournal().catch(() => undefined);
      // Whoever was missing has been asked about by its number by then.
      const due = 'select 1 from waiting where reference = $1 and next_at <= clock_timestamp()';
      await expect.poll(async () => (await hub.pool.query(due, [idPar])).rowCount, patience).toBe(0);
      expect(await statusOf(idPar)()).toEqual(['waitlist']);
    },
  );

  test('one whose card cannot be asked about now keeps no other from it, and comes later', async () => {
    const [first, second] = [person(), person()];
    await create(first);
    const pars = [await portal.register(first), await portal.register(second)];
    sandbox.fault({ fault: 'html-502', operations: ['CheckPatient'], times: 1 });
    expect(await hub.readJournal()).toMatchObject({ outcome: 'done', written: 1, problem: expect.any(String) });
    expect(await statusOf(pars[0]!)()).toEqual([]);
    expect(await hub.readJournal()).toMatchObject({ written: 1 });
    expect(await statusOf(pars[0]!)()).toEqual(['waitlist']);
  });
});

describe('whoever tells the hub that a request has changed', () => {
  const tell = (idPar: string, IdLpu?: string) =>
    sandbox.call({ url: door, guid }, 'HandlePARequestChanged', {
      info: { IdPar: idPar, ...(IdLpu && { PARequest: { IdLpu } }), PARequestStatus: 3 },
    });

  test('makes it ask: a new one is mirrored, one that is closed is closed', async () => {
    const idPar = await portal.register(person());
    await tell(idPar, '44');
    await expect.poll(statusOf(idPar), patience).toEqual(['waitlist']);
    await sandbox.desk({ action: 'cancel-deferred', idPar });
    await tell(idPar);
    await expect.poll(statusOf(idPar), patience).toEqual(['cancelled']);
  });

  test('is not believed, and of another clinic nobody is asked', async () => {
    const idPar = await portal.register(person());
    const asked = () => sandbox.log().filter(({ operation }) => operation === 'SearchPARequests').length;
    const before = asked();
    await tell(idPar, '45');
    await tell(idPar);
    expect(asked()).toBe(before);
    await tell(idPar, '44');
    await expect.poll(statusOf(idPar), patience).toEqual(['waitlist']);
    await tell(idPar, '44');
    await expect.poll(asked, patience).toBeGreaterThan(before + 1);
    expect(await statusOf(idPar)()).toEqual(['waitlist']);
  });
});

describe('who sees it', () => {
  test('the patient it is for, and no other; the desk’s is given up by the desk, and by staff here', async () => {
    const who = person();
    const patient = await create(who);
    const idPar = await portal.register(who);
    await hub.readJournal();
    const [found] = await shown(idPar);
    const tokenOf = (id: string) => hub.token({ role: 'patient', subject: id, patient: id, account: id });
    const stranger = await tokenOf(await create(person()));
    const own = await tokenOf(patient);
    const get = async (token: string) => (await ask(hub, 'GET', `Appointment/${found!.id}`, { token })).status;
    expect([await get(own), await get(stranger)]).toEqual([200, 404]);
    const list = await ask(hub, 'GET', 'Appointment?status=waitlist', { token: stranger });
    expect(list.body['total']).toBe(0);
    const body = { ...found, status: 'cancelled' };
    const put = (token: string) => ask(hub, 'PUT', `Appointment/${found!.id}`, { token, body });
    expect([(await put(stranger)).status, (await put(own)).status]).toEqual([404, 403]);
    expect(portal.statusOf(idPar)).toBe(1);
    const left = await put(await hub.token({ role: 'registrar', subject: 'registrar' }));
    expect([left.status, left.body['status'], portal.statusOf(idPar)]).toEqual([200, 'cancelled', 3]);
  });

  test('by the way somebody has signed in: with Госуслуги what the desk has registered, too (FEATURES D10)', async () => {
    const who = person();
    const patient = await create(who);
    const idPar = await portal.register(who);
    await hub.readJournal();
    const [found] = await shown(idPar);
    const account = await addAccount(hub, { cards: [{ patient }] });
    const by = async (method: 'esia' | 'password') => {
      const { token } = await grant(hub, { account, scope: 'user/*.cruds', method });
      return (await ask(hub, 'GET', `Appointment/${found!.id}`, { token })).status;
    };
    expect([await by('esia'), await by('password')]).toEqual([200, 404]);
  });

  test('of whom the clinic keeps a request nothing is erased', async () => {
    const idPar = await portal.register(person());
    await hub.readJournal();
    const patient = patientIn((await shown(idPar))[0]!).split('/')[1]!;
    expect(await readPatient(hub.pool, patient)).toMatchObject({ busy: true });
    await sandbox.desk({ action: 'cancel-deferred', idPar });
    await hub.readJournal();
    await expect.poll(statusOf(idPar), patience).toEqual(['cancelled']);
    expect(await readPatient(hub.pool, patient)).toMatchObject({ busy: false });
  });
});

test('the list is read by a job, unless the clinic is frozen', async () => {
  const queue = await startQueue(hub.url, hub.sync, hub.settler, hub.clinics);
  try {
    const schedules = (await queue.boss.getSchedules()).filter(({ name }) => name === 'sync-waiting');
    expect(schedules).toMatchObject([{ key: 'p44', cron: '*/5 * * * *' }]);
    const read = async () => {
      const id = await queue.boss.send('sync-waiting', { clinic: 'p44' });
      const state = async () => (await queue.boss.getJobById('sync-waiting', id!))?.state;
      await expect.poll(state, { timeout: 25_000, interval: 100 }).toBe('completed');
    };
    const idPar = await portal.register(person());
    await freezeClinic(hub.pool, number, 'test');
    await read();
    expect(await statusOf(idPar)()).toEqual([]);
    await thawClinic(hub.pool, number);
    await read();
    expect(await statusOf(idPar)()).toEqual(['waitlist']);
  } finally {
    await queue.stop();
  }
}, 60_000);

test('the directory is read without touching any of it', async () => {
  const idPar = await portal.register(person());
  await hub.readJournal();
  await syncDirectory(hub.sync, hub.clinics.byNumber(number)!, AbortSignal.timeout(30_000));
  const [found] = await shown(idPar);
  expect(found!.meta!.versionId).toBe('1');
  expect((await ask(hub, 'GET', patientIn(found!))).body['active']).toBe(true);
});

test('the message log holds nothing of the patients', () => {
  const seen = JSON.stringify(hub.exchanges);
  for (const word of ['Очередная', 'Тестовна', '79000000002', 'aglaya', '1990-02-03', '112-233', sandbox.guid])
    expect(seen).not.toContain(word);
});
