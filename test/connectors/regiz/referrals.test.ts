/** The connector before УО of the pretend region, over real HTTP, with the real mapping making the requests. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { openReferralLink, RefusedByQueue } from '../../../src/connectors/regiz/referral/link.ts';
import { redactReferral } from '../../../src/connectors/regiz/referral/redact.ts';
import { regizSettings } from '../../../src/connectors/regiz/settings.ts';
import { contextOf } from '../../support/connection.ts';
import { loggedOf } from '../../support/exchange.ts';
import { mqFault, startRelay } from '../../support/referral-relay.ts';
import { referralSettingsOf } from '../../support/regiz-hub.ts';
import { connect, mappings, now } from './stage.ts';

const sandbox = await startRegizSandbox({ start: '2026-12-01', clock: () => now, doctors: 4 });
const relay = await startRelay();
relay.forward(referralSettingsOf(sandbox).url);
const base = { url: sandbox.url, lpu: 44, guid: sandbox.guid, guard: { readRepeats: 0, breakAfter: 1000 } };
const opened: ReturnType<typeof connect>[] = [];
function open(more: object = {}) {
  const one = connect({ ...base, referrals: { ...referralSettingsOf(sandbox), url: relay.url, ...more } });
  opened.push(one);
  return { ...one, referrals: one.operations.referrals! };
}
const { referrals, exchanges } = open();
afterAll(async () => {
  for (const { operations } of opened) await operations.close();
  await relay.close();
  await sandbox.close();
});
afterEach(() => sandbox.clearFaults());

const signal = () => AbortSignal.timeout(20_000);
const contextFor = (booking: string) => ({ signal: signal(), booking });
const coding = (system: string, code: string) => ({
  coding: [{ system: `urn:oid:1.2.643.2.69.1.1.1.${system}`, code }],
});

const request = (more: object = {}) =>
  mappings.toMis('ServiceRequest', {
    resource: {
      resourceType: 'ServiceRequest',
      category: [coding('55', '1')],
      code: coding('56', '13'),
      note: [{ text: 'Проверкину Аглаю не тревожить' }],
      ...more,
    },
    patient: {
      resourceType: 'Patient',
      id: randomUUID(),
      name: [{ family: 'Проверкина', given: ['Аглая', 'Тестовна'] }],
      gender: 'female',
      birthDate: '1990-02-03',
    },
    doctor: { resourceType: 'Practitioner', id: randomUUID(), name: [{ family: 'Образцова', given: ['Вера'] }] },
    booking: 'unused',
  });
const kept = (id: string) =>
  (sandbox.referrals() as unknown as { idMq: string; status: number; referral: Record<string, unknown> }[]).filter(
    ({ referral }) => (referral['Source'] as { IdReferralMis?: string } | undefined)?.IdReferralMis === id,
  );
async function registered(id: string): Promise<string> {
  const outcome = await referrals.register(request(), contextFor(id));
  if (outcome.outcome !== 'confirmed') throw new Error(outcome.outcome);
  return outcome.found.reference;
}

describe('a referral', () => {
  test.each([
    ['OIDs as they are', { urnOid: false }],
    ['OIDs as URIs', { urnOid: true }],
  ])('is registered, found by our id and by its number, withdrawn: %s', async (_name, setting) => {
    sandbox.settings({ urnOid: setting.urnOid });
    const { referrals: own } = open(setting);
    const id = randomUUID();
    const done = await own.register(request(), contextFor(id));
    const standing = { state: 'active', status: { system: 'urn:oid:1.2.643.2.69.1.1.1.50', code: '1' } };
    expect(done).toMatchObject({ outcome: 'confirmed', found: standing });
    const { reference } = await own.find(id, undefined, signal()).then((found) => found!);
    expect(await own.find('no matter', reference, signal())).toMatchObject({ reference, ...standing });
    const system = (kept(id)[0]!.referral['ReferralInfo'] as { ReferralType: { System: string } }).ReferralType.System;
    expect(system).toBe(`${setting.urnOid ? 'urn:oid:' : ''}1.2.643.2.69.1.1.1.55`);
    for (let times = 0; times < 2; times++)
      expect(await own.cancel(reference, 'Передумали', contextFor(id))).toMatchObject({
        outcome: 'confirmed',
        found: { state: 'revoked', status: { code: '0' } },
      });
    sandbox.settings({ urnOid: false });
  });

  test('that is not there is not found, by neither', async () => {
    expect(await referrals.find(randomUUID(), undefined, signal())).toBeUndefined();
    expect(await referrals.find('x', '78999999999999', signal())).toBeUndefined();
    expect(await referrals.cancel('78999999999999', undefined, contextFor(randomUUID()))).toMatchObject({
      outcome: 'unknown',
    });
  });

  test('is unfit without what УО demands; each thing is named, and nothing is sent', async () => {
    const calls = sandbox.log().length;
    const poor = mappings.toMis('ServiceRequest', {
      ...{ resource: { category: [coding('55', '1')] }, patient: { name: [{ family: 'Проверкина' }] }, booking: 'x' },
    });
    const text =
      'Для направления нужно указать: профиль помощи, имя пациента, дата рождения пациента, пол пациента, фамилия врача.';
    expect(referrals.unfit(poor)).toBe(text);
    expect(await referrals.register(poor, contextFor(randomUUID()))).toEqual({
      outcome: 'rejected',
      reason: 'rule',
      text,
    });
    const { referrals: strict } = open({ speciality: undefined });
    expect(strict.unfit(request())).toBe('Для направления нужно указать: специальность врача.');
    expect(referrals.unfit(request())).toBeUndefined();
    expect(sandbox.log()).toHaveLength(calls);
  });
});

describe('what proves nothing', () => {
  test('a lost answer is unknown, and is there once', async () => {
    const id = randomUUID();
    sandbox.fault({ fault: 'commit-then-reset', operations: ['Mq.Register'], times: 1 });
    expect(await referrals.register(request(), contextFor(id))).toMatchObject({ outcome: 'unknown' });
    expect(await referrals.find(id, undefined, signal())).toMatchObject({ reference: kept(id)[0]!.idMq });
  });

  test('a search that cannot be read is an error, not "not there"', async () => {
    const id = randomUUID();
    await registered(id);
    sandbox.fault({ fault: 'html-200', operations: ['Mq.SearchMany'], times: 1 });
    await expect(referrals.find(id, undefined, signal())).rejects.toMatchObject({ name: 'MisReadError' });
    relay.refuse('SearchMany', mqFault('', 'options', 3));
    await expect(referrals.find(id, undefined, signal())).rejects.toMatchObject({ name: 'MisReadError' });
    relay.refuse('SearchMany', mqFault('', 'options', 3));
    expect(await open({ notFound: [3] }).referrals.find(id, undefined, signal())).toBeUndefined();
  });

  test('a number that the region calls doubtful, and a withdrawal that fails', async () => {
    relay.refuse('Register', mqFault('', 'ReferralInfo', 77));
    const { referrals: doubtful } = open({ doubtful: [77] });
    expect(await doubtful.register(request(), contextFor(randomUUID()))).toMatchObject({ outcome: 'unknown' });
    const id = randomUUID();
    const reference = await registered(id);
    sandbox.fault({ fault: 'drop-before', operations: ['Mq.Cancellation'], times: 1 });
    expect(await referrals.cancel(reference, undefined, contextFor(id))).toMatchObject({ outcome: 'unknown' });
    sandbox.fault({ fault: 'commit-then-reset', operations: ['Mq.Cancellation'], times: 1 });
    expect(await referrals.cancel(reference, undefined, contextFor(id))).toMatchObject({ outcome: 'confirmed' });
  });

  test('nobody listens: certainly nothing was sent', async () => {
    const { referrals: dead } = open({ url: 'http://127.0.0.1:9/queues/MqService.svc' });
    const context = contextFor(randomUUID());
    expect(await dead.register(request(), context)).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
    expect(await dead.cancel('78', undefined, context)).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
  });
});

describe('a fault', () => {
  const settings = regizSettings.parse({ ...base, referrals: { ...referralSettingsOf(sandbox), url: relay.url } });
  const link = openReferralLink(
    settings.referrals!,
    settings,
    contextOf(() => now),
  );
  afterAll(() => link.close());

  test('is walked to its depth, and gives numbers and names of properties alone', async () => {
    const deep = mqFault(mqFault('', 'Patient.Person', 2) + mqFault(mqFault('', 'Source', 4), undefined, 9), undefined);
    relay.refuse('Register', deep);
    const error = await link.write('Register', { referral: {} }, { signal: signal() }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RefusedByQueue);
    const { complaints, message } = error as RefusedByQueue;
    expect(complaints).toEqual([
      { code: 2, property: 'Patient.Person' },
      { code: 4, property: 'Source' },
    ]);
    expect(`${message} ${JSON.stringify(complaints)}`).not.toMatch(/[А-Яа-я]/);
  });

  test('whose property is no name of one keeps it nowhere', async () => {
    relay.refuse('Register', mqFault('', 'Проверкина Аглая', 2));
    const error = await link.write('Register', { referral: {} }, { signal: signal() }).catch((e: unknown) => e);
    expect((error as RefusedByQueue).complaints).toEqual([{ code: 2, property: undefined }]);
  });
});

test('the message log tells the operation, and nothing of the patient or the token', () => {
  const seen = loggedOf(exchanges);
  expect(seen).toContain('Mq.SearchMany');
  for (const word of ['Проверкин', 'Аглая', 'Тестовна', '1990-02-03', sandbox.guid]) expect(seen).not.toContain(word);
});

test('what stands in CDATA or under another prefix is no better hidden', () => {
  const request =
    '<a:Comment><![CDATA[Проверкина <b>]]> больна</a:Comment><q:MkbCode i:x="1"><q:Code>I10</q:Code></q:MkbCode><Token>abc</Token>';
  const clean = redactReferral({
    request,
    response: '<Message>у Проверкиной</Message><faultstring>Аглая</faultstring>',
  });
  expect(JSON.stringify(clean)).not.toMatch(/Проверкин|больна|I10|abc|Аглая/);
});
