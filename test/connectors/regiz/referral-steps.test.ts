/** The connector's steps of both clinics before УО of the pretend region, over real HTTP (protocols/regiz.md §3.3). */
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import type { ReferralStep } from '../../../src/connectors/referral-step.ts';
import { validate } from '../../../src/r4/validate.ts';
import { loggedOf } from '../../support/exchange.ts';
import { mqFault, startRelay } from '../../support/referral-relay.ts';
import { referralSettingsOf } from '../../support/regiz-hub.ts';
import { connect, mappings, now } from './stage.ts';

const sandbox = await startRegizSandbox({ start: '2026-12-01', clock: () => now, doctors: 4 });
const relay = await startRelay();
relay.forward(referralSettingsOf(sandbox).url);
const base = { url: sandbox.url, lpu: 44, guid: sandbox.guid, guard: { readRepeats: 0, breakAfter: 1000 } };
const opened: ReturnType<typeof connect>[] = [];
function open(incoming: object = {}, more: object = {}) {
  const referrals = { ...referralSettingsOf(sandbox), url: relay.url, incoming, ...more };
  const one = connect({ ...base, referrals });
  opened.push(one);
  return { ...one, referrals: one.operations.referrals! };
}
const { referrals, exchanges } = open();
afterAll(async () => {
  for (const { operations } of opened) await operations.close();
  await relay.close();
  await sandbox.close();
});
afterEach(() => {
  sandbox.clearFaults();
  sandbox.settings({ withdrawnBefore: '', urnOid: false });
});

const signal = () => AbortSignal.timeout(20_000);
const refer = async (more: { status?: number; target?: string; profile?: string } = {}) =>
  (await sandbox.desk({ action: 'refer', target: '44', surname: 'Проверкина', name: 'Аглая', ...more })).id!;
const change = (id: string, more: { status?: number; target?: string }) =>
  sandbox.desk({ action: 'change-referral', id, ...more });
const at = Date.parse('2026-12-08T10:30:00+03:00');
const advance = (id: string, step: ReferralStep, more: object = {}) =>
  referrals.advance(id, { step, at, ...more }, { signal: signal(), booking: id });
interface Kept {
  readonly idMq: string;
  readonly status: number;
  readonly referral: { EventsInfo?: { Target?: object }; Target?: object };
}
const keptOf = (id: string) => (sandbox.referrals() as unknown as Kept[]).find(({ idMq }) => idMq === id)!;
const writes = () => sandbox.log().filter(({ operation, access }) => operation.startsWith('Mq.') && access === 'write');

describe('steps', () => {
  test('go the whole way, each sent once, and one that is done already is not sent again', async () => {
    const id = await refer();
    const before = writes().length;
    const way = ['accept', 'plan', 'start', 'complete'] as const;
    for (const [i, step] of way.entries())
      for (let times = 0; times < 2; times++) {
        const done = await advance(id, step, step === 'complete' ? { diagnosis: 'I11.9', conclusion: 'Здоров' } : {});
        expect(done).toMatchObject({ outcome: 'confirmed', found: { reference: id, status: { code: String(i + 4) } } });
      }
    expect(
      writes()
        .slice(before)
        .map(({ operation }) => operation),
    ).toEqual(['Mq.AgreedFromTargetMo', 'Mq.ChangePlannedResource', 'Mq.HealthCareStart', 'Mq.HealthCareEnd']);
    const local = '2026-12-08T10:30:00';
    expect(keptOf(id).referral).toMatchObject({
      EventsInfo: { Target: { IsReferralReviwed: true, ReceptionAppointDate: local, ReceptionAppointTime: '10:30' } },
      Target: { MainDiagnosis: [{ DiagnosisInfo: { Comment: 'Здоров', MkbCode: { Code: 'I11.9' } } }] },
    });
  });

  test('another time for a planned visit is an update, and shows by its time alone', async () => {
    const id = await refer();
    await advance(id, 'plan');
    const later = at + 3_600_000;
    const done = await advance(id, 'plan', { at: later });
    if (done.outcome !== 'confirmed') throw new Error(done.outcome);
    const { found } = done;
    expect(writes().at(-1)).toMatchObject({ operation: 'Mq.UpdateFromTargetMo' });
    expect(found).toMatchObject({ text: expect.stringContaining('08.12.2026 11:30') });
    expect(referrals.shows(found, { step: 'plan', at: later })).toBe(true);
    expect(referrals.shows(found, { step: 'plan', at })).toBe(false);
  });

  test.each([
    ['refuse', 3, '8'],
    ['cancel', 4, '0'],
    ['review', 1, '2'],
    ['issue', 2, '3'],
  ] as const)('%s from %i leads to %s', async (step, status, code) => {
    const id = await refer({ status });
    expect(await advance(id, step, { reason: 'Нет мест' })).toMatchObject({
      outcome: 'confirmed',
      found: { status: { code } },
    });
    expect(keptOf(id).status).toBe(Number(code));
  });

  test('that do not lead there are refused with how it stands, and not sent', async () => {
    const id = await refer({ status: 6 });
    const before = writes().length;
    for (const step of ['accept', 'refuse', 'plan', 'cancel', 'review', 'issue'] as const) {
      // Whatever is later than a step shows that it was done.
      const isDone = ['accept', 'review', 'issue'].includes(step);
      const given = await advance(id, step, { reason: 'Нет' });
      expect([step, given.outcome]).toEqual([step, isDone ? 'confirmed' : 'rejected']);
      if (given.outcome === 'rejected') expect(given.text).toMatch(/«Начато оказание медицинской помощи»/);
    }
    expect(await advance('78999999999999', 'accept')).toMatchObject({ outcome: 'rejected', reason: 'rule' });
    expect(writes().length).toBe(before);
  });

  test('another clinic is to see the patient: sent once, and only before that is judged there', async () => {
    const id = await refer({ status: 2 });
    const before = writes().length;
    for (let times = 0; times < 2; times++)
      expect(await advance(id, 'redirect', { place: '45' })).toMatchObject({
        outcome: 'confirmed',
        found: { place: '45', status: { code: '2' } },
      });
    expect(writes().slice(before)).toMatchObject([{ operation: 'Mq.SetOrChangeTargetMo' }]);
    expect(keptOf(id).referral).toMatchObject({ Target: { Lpu: { Code: '45' } } });
    await change(id, { status: 4 });
    expect(await advance(id, 'redirect', { place: '46' })).toMatchObject({ outcome: 'rejected', reason: 'rule' });
  });

  test('of what is another clinic’s are not sent', async () => {
    const id = await refer({ target: '45' });
    const before = writes().length;
    expect(await advance(id, 'accept')).toMatchObject({ outcome: 'rejected', found: { elsewhere: true } });
    expect(writes().length).toBe(before);
  });

  test('one that was withdrawn meanwhile is refused, and it is told', async () => {
    const id = await refer();
    sandbox.settings({ withdrawnBefore: 'AgreedFromTargetMo' });
    expect(await advance(id, 'accept')).toMatchObject({
      outcome: 'rejected',
      reason: 'rule',
      text: 'Состояние направления сейчас «Аннулировано»: это действие невозможно.',
      found: { state: 'revoked' },
    });
    expect(keptOf(id).status).toBe(0);
  });
});

describe('what proves nothing', () => {
  test('a lost answer of a step that was done is found out, and is no second write', async () => {
    const id = await refer();
    const before = writes().length;
    sandbox.fault({ fault: 'commit-then-reset', operations: ['Mq.AgreedFromTargetMo'], times: 1 });
    expect(await advance(id, 'accept')).toMatchObject({ outcome: 'confirmed', found: { status: { code: '4' } } });
    expect(writes().length).toBe(before + 1);
  });

  test('a step that came nowhere is unknown, and one of which УО cannot be read before is not sent', async () => {
    const id = await refer();
    sandbox.fault({ fault: 'drop-before', operations: ['Mq.AgreedFromTargetMo'], times: 1 });
    expect(await advance(id, 'accept')).toMatchObject({ outcome: 'unknown' });
    const before = writes().length;
    sandbox.fault({ fault: 'html-200', operations: ['Mq.SearchMany'], times: 1 });
    expect(await advance(id, 'accept')).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
    expect(writes().length).toBe(before);
  });

  test('a fault that names no property is unknown, one that does is a refusal in words of ours', async () => {
    const id = await refer();
    relay.refuse('AgreedFromTargetMo', mqFault('', undefined, 99));
    expect(await advance(id, 'accept')).toMatchObject({ outcome: 'unknown' });
    relay.refuse('AgreedFromTargetMo', mqFault('', 'EventsInfo.Target', 2));
    const refused = await advance(id, 'accept');
    expect(refused).toMatchObject({ outcome: 'rejected', text: 'Система направлений не приняла это действие.' });
    relay.refuse('AgreedFromTargetMo', mqFault('', 'credentials.Token', 1));
    expect(await advance(id, 'accept')).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
    expect(keptOf(id).status).toBe(3);
  });
});

describe('listing', () => {
  const listed = async (one = referrals) => (await one.incoming!.list(signal())).map(({ reference }) => reference);

  test.each([false, true])('finds what is for this clinic and has not ended; urn:oid: %s', async (urnOid) => {
    sandbox.settings({ urnOid });
    const ours = [await refer({ status: 3 }), await refer({ status: 5 }), await refer({ status: 6 })];
    const others = [await refer({ status: 2 }), await refer({ target: '45' }), await refer()];
    await change(others[2]!, { status: 0 });
    const all = await listed();
    for (const id of ours) expect(all).toContain(id);
    for (const id of others) expect(all).not.toContain(id);
  });

  test('profile by profile, and in the statuses that are set', async () => {
    const [heart, other] = [await refer({ profile: '13', status: 1 }), await refer({ profile: '77', status: 1 })];
    const { referrals: some } = open({ profiles: ['77', '78'], statuses: ['1'] });
    const all = await listed(some);
    expect([all.includes(heart), all.includes(other)]).toEqual([false, true]);
  });

  test('misses none that moves on while it is listed', async () => {
    const id = await refer({ status: 3 });
    const { referrals: some } = open({ statuses: ['4', '3'] });
    // Behind the first answer, before the second question.
    relay.after('SearchMany', () => change(id, { status: 4 }));
    const found = (await some.incoming!.list(signal())).find(({ reference }) => reference === id);
    expect(found?.status.code).toBe('4');
    const other = await refer({ status: 3 });
    sandbox.fault({ fault: 'html-200', operations: ['Mq.SearchMany'], times: 1 });
    await expect(some.incoming!.list(signal())).rejects.toMatchObject({ name: 'MisReadError' });
    expect(await listed(some)).toContain(other);
  });

  test('gives the record for the mapping', async () => {
    const id = await refer();
    const { record } = (await referrals.incoming!.find(id, signal()))!;
    expect(record).toMatchObject({
      ...{ key: id, referralType: '1', profile: '13', reason: 'Подобрать лечение', diagnosis: 'I10' },
      ...{ source: '9', target: '44', doctor: 'Лечащий Лев' },
      patient: {
        family: 'Проверкина',
        given: 'Аглая',
        sex: '2',
        birthDate: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      },
    });
    expect(await referrals.incoming!.find('78999999999999', signal())).toBeUndefined();
  });
});

test('codes of any length and shape are cut to what FHIR and an index take', async () => {
  const id = await refer({ profile: `  13 \n ${'9'.repeat(5000)}` });
  const { record } = (await referrals.incoming!.find(id, signal()))!;
  expect(record!['profile']).toMatch(/^13 9{1,61}$/);
  expect(() => mappings.mirror('referral', record!)).not.toThrow();
});

describe('an answer of УО that is not as its contract says', () => {
  const list = () => referrals.incoming!.list(signal());

  test.each<[string, RegExp, string]>([
    ['a referral without a number', /<(\w+:)?IdMq>78\d+<\/(\w+:)?IdMq>/g, ''],
    ['a number with blanks', /(?<=<(\w+:)?IdMq>)78/g, '78 '],
    ['a date that is none', /(?<=<(\w+:)?BirthDate>)\d{4}/g, 'когда-то'],
    ['a stranger in the list', /<(\/?)(\w+:)?Referral>/g, '<$1$2Stranger>'],
    ['no XML at all', /^[\s\S]*$/, 'Сервер перегружен'],
  ])('%s spoils the listing, and is no empty one', async (_name, what, instead) => {
    const id = await refer();
    relay.rewrite('SearchMany', (answer) => answer.replace(what, instead));
    await expect(list()).rejects.toMatchObject({ name: 'MisReadError' });
    expect((await list()).map(({ reference }) => reference)).toContain(id);
  });

  test.each<[string, RegExp, string, string]>([
    ['a person of whom nothing is told', /<(\w+:)?Person>[\s\S]*?<\/(\w+:)?Person>/g, '', 'contained.0.name'],
    ['a day that there is not', /(?<=<(\w+:)?BirthDate>)\d{4}-\d\d-\d\d/g, '1990-02-31', 'contained.0.birthDate'],
    ['no profile', /<(\w+:)?ProfileMedService>[\s\S]*?<\/(\w+:)?ProfileMedService>/g, '', 'code'],
  ])('%s makes a poorer ServiceRequest', async (_name, what, instead, lacking) => {
    const id = await refer();
    relay.rewrite('SearchMany', (answer) => answer.replace(what, instead));
    const { record } = (await referrals.incoming!.find(id, signal()))!;
    const [made] = mappings.mirror('referral', record!);
    expect(made!.resource).not.toHaveProperty(lacking);
    expect(validate(made!.resource)).toEqual([]);
  });
});

describe('the answer of the other clinic', () => {
  async function completed(): Promise<string> {
    const id = await refer();
    for (const step of ['plan', 'start', 'complete'] as const)
      await advance(id, step, { at, ...(step === 'complete' && { diagnosis: 'I11.9', conclusion: 'Здоров' }) });
    return id;
  }

  test('has the diagnosis, the times and the document', async () => {
    const id = await completed();
    const found = await referrals.find('x', id, signal());
    expect(found).toMatchObject({
      state: 'completed',
      result: {
        ...{ opened: at, closed: at, place: '44', awaited: false },
        diagnoses: [{ code: 'I11.9', text: 'Здоров' }],
        document: { type: 'text/plain', title: 'Заключение' },
      },
    });
    const { document } = found!.result!;
    expect(Buffer.from(document!.data, 'base64').toString('utf8')).toContain(id);
  });

  test('is there without a document that cannot be had, is too long, or is not asked for', async () => {
    const id = await completed();
    sandbox.fault({ fault: 'html-200', operations: ['Mq.GetResultDocument'], times: 1 });
    const late = await referrals.find('x', id, signal());
    expect(late?.result).toMatchObject({ awaited: true, diagnoses: [{ code: 'I11.9' }] });
    expect(late?.result?.document).toBeUndefined();
    const { referrals: narrow } = open({}, { documentBytes: 8 });
    expect((await narrow.find('x', id, signal()))?.result).toMatchObject({ awaited: true });
    const { referrals: never } = open({}, { documentDays: 0 });
    expect((await never.find('x', id, signal()))?.result).toMatchObject({ awaited: false });
  });
});

test('where one can be referred to is told by place, with how many stand where', async () => {
  await refer({ profile: '901', status: 3 });
  await refer({ profile: '901', status: 5, target: '45' });
  const queues = await referrals.queues('901', signal());
  expect(queues).toMatchObject([
    {
      place: '44',
      days: 1,
      address: expect.any(String),
      standing: expect.arrayContaining([{ status: '3', count: 1 }]),
    },
    { place: '45', standing: expect.arrayContaining([{ status: '5', count: 1 }]) },
  ]);
  expect(await referrals.queues('902', signal())).toEqual([]);
  sandbox.fault({ fault: 'html-200', operations: ['Mq.GetQueueInfo'], times: 1 });
  await expect(referrals.queues('901', signal())).rejects.toMatchObject({ name: 'MisReadError' });
});

test('the message log tells the operations, and nothing of the patients, of what was found or the token', () => {
  const seen = loggedOf(exchanges);
  for (const name of ['Mq.AgreedFromTargetMo', 'Mq.HealthCareEnd', 'Mq.GetResultDocument', 'Mq.GetQueueInfo'])
    expect(seen).toContain(name);
  for (const word of ['Проверкин', 'Аглая', 'Здоров', 'I11.9', 'I10', 'Подобрать', 'ЭКГ', sandbox.guid])
    expect(seen).not.toContain(word);
});
