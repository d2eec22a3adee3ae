/** The referral queue (УО) of the pretend РЕГИЗ: what is needed, which way statuses go, what a fault looks like. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { DataObject } from '../../../sandbox/regiz/data.ts';
import { type Sandbox, startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { get, scale } from './client.ts';
import { call } from './typed-client.ts';

let sandbox: Sandbox;
let empty: string;
let oid: string;

beforeAll(async () => {
  sandbox = await startRegizSandbox({ ...scale, days: 2 });
  empty = sandbox.snapshot();
  const [clinic] = (await get(sandbox, 'GetLPUList', { idDistrict: 1 }))['ListLPU'] as DataObject[];
  oid = String(clinic!['Oid']);
});
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.restore(empty);
  sandbox.clearFaults();
});

const coding = (Code: string, System = '1.2.643.2.69.1.1.1.64') => ({ Code, System, Version: '1' });
const credentials = (Token = sandbox.guid) => ({ Organization: '1.2.643.2.69.1.2.0', Token });
const mq = (operation: string, ask: DataObject) =>
  call(sandbox.origin, 'mq', operation, { credentials: credentials(), ...ask });

const anna = {
  BirthDate: '1980-02-29T00:00:00',
  HumanName: { FamilyName: 'Примерова', GivenName: 'Анна', MiddleName: 'Ивановна' },
  Sex: coding('2', '1.2.643.5.1.13.2.1.1.156'),
};

function referral(more: DataObject = {}): DataObject {
  const person = { HumanName: { FamilyName: 'Лечащий', GivenName: 'Лев' } };
  const doctor = {
    Lpu: coding('1'),
    Person: person,
    Position: coding('1'),
    Role: coding('1'),
    Speciality: coding('1'),
  };
  return {
    Patient: { Person: anna },
    ReferralInfo: { ProfileMedService: coding('13'), ReferralType: coding('1') },
    Source: { Doctors: [doctor], IdReferralMis: 'R-77', Lpu: coding('1') },
    Target: { Lpu: coding(oid) },
    ...more,
  };
}

async function register(): Promise<string> {
  const { result } = await mq('Register', { referral: referral() });
  return String((result as DataObject)['IdMq']);
}

const info = (IdMq: string) => ({ ReferralInfo: { IdMq } });
const at = '2026-12-01T09:00:00';
const parts: Record<string, DataObject> = {
  AgreedFromSourcedMo: {
    EventsInfo: { Source: { IsReferralReviewed: true, ReferralReviewDate: at, ReferralCreateDate: at } },
  },
  PatientDocumentIssue: { EventsInfo: { Source: { ReferralOutDate: at } }, Target: { Lpu: coding('2') } },
  AgreedFromTargetMo: { EventsInfo: { Target: { IsReferralReviwed: true, ReferralReviewDate: at } } },
  ChangePlannedResource: { EventsInfo: { Target: { ReceptionAppointDate: at, ReceptionAppointTime: '09:00' } } },
  HealthCareStart: { EventsInfo: { Target: { CaseOpenDate: at } } },
  HealthCareEnd: { EventsInfo: { Target: { CaseCloseDate: at } } },
  Cancellation: {
    EventsInfo: { Cancellation: { Date: at, CancellationReason: coding('1'), CancellationSource: coding('1') } },
  },
};

/** Code of the status, or the number of the first complaint. */
async function step(operation: string, idMq: string, more = parts[operation]!): Promise<string | number> {
  const { result, complaints } = await mq(operation, { referral: { ...more, ...info(idMq) } });
  if (complaints.length > 0) return complaints[0]!.code;
  return String(((result as DataObject)['MqReferralStatus'] as DataObject)['Code']);
}

test('a referral goes its way from 1 to 7, and its document is there at the end', async () => {
  const idMq = await register();
  expect(idMq).toMatch(/^78\d{12}$/);
  const document = async () => (await mq('GetResultDocument', { referral: info(idMq) })).result as DataObject;
  expect((await document())['IsDocProvided']).toBe(false);
  const way = Object.keys(parts).slice(0, 6);
  const codes = [];
  for (const operation of way) codes.push(await step(operation, idMq));
  expect(codes).toEqual(['2', '3', '4', '5', '6', '7']);
  expect(await document()).toMatchObject({ IsDocProvided: true, ResultDocument: { MimeType: 'text/plain' } });
});

test.each([
  [[], { AgreedFromSourcedMo: '2', PatientDocumentIssue: '3', Cancellation: '0' }],
  [['AgreedFromSourcedMo'], { PatientDocumentIssue: '3', Cancellation: '0' }],
  [['PatientDocumentIssue'], { AgreedFromTargetMo: '4', ChangePlannedResource: '5', Cancellation: '0' }],
  [['PatientDocumentIssue', 'AgreedFromTargetMo'], { ChangePlannedResource: '5', Cancellation: '0' }],
  [['PatientDocumentIssue', 'ChangePlannedResource'], { HealthCareStart: '6', Cancellation: '0' }],
  [['PatientDocumentIssue', 'ChangePlannedResource', 'HealthCareStart'], { HealthCareEnd: '7' }],
  [['Cancellation'], {}],
])('after %j only these may follow: %j', async (before, allowed) => {
  for (const operation of Object.keys(parts)) {
    sandbox.restore(empty);
    const idMq = await register();
    for (const earlier of before) await step(earlier, idMq);
    const expected = (allowed as Record<string, string>)[operation] ?? 4;
    expect([operation, await step(operation, idMq)]).toEqual([operation, expected]);
  }
});

test('the target may find a referral not justified, which ends it', async () => {
  const idMq = await register();
  await step('PatientDocumentIssue', idMq);
  const no = { EventsInfo: { Target: { IsReferralReviwed: false, ReferralReviewDate: at } } };
  expect(await step('AgreedFromTargetMo', idMq, no)).toBe('8');
  expect(await step('Cancellation', idMq)).toBe(4);
});

test('updates move on by whatever they bring', async () => {
  const idMq = await register();
  const source = { EventsInfo: { Source: { ReferralOutDate: at } } };
  expect(await step('UpdateFromSourcedMo', idMq, source)).toBe('3');
  expect(await step('SetOrChangeTargetMo', idMq, { Target: { Lpu: coding('9') } })).toBe('3');
  const target = { EventsInfo: { Target: { ReceptionAppointDate: at, ReceptionAppointTime: '09:00' } } };
  expect(await step('UpdateFromTargetMo', idMq, target)).toBe('5');
});

test('what is missing is told field by field', async () => {
  const bare = await mq('Register', {
    referral: referral({ Patient: { Person: { HumanName: { FamilyName: 'Примерова' } } } }),
  });
  expect(bare.status).toBe(500);
  expect(bare.complaints.map((c) => [c.code, c.property])).toEqual([
    [2, 'Patient.Person.BirthDate'],
    [2, 'Patient.Person.Sex.Code'],
    [2, 'Patient.Person.HumanName.GivenName'],
  ]);
  const survey = await mq('Register', { referral: referral({ ReferralSurvey: { Comment: 'МРТ' } }) });
  expect(survey.complaints).toMatchObject([{ code: 4, property: 'ReferralInfo.ReferralType' }]);
  expect(await step('HealthCareStart', '78999999999999')).toBe(3);
  const denied = await mq('Register', { credentials: credentials('nobody'), referral: referral() });
  expect(denied.complaints).toMatchObject([{ code: 1, property: 'credentials.Token' }]);
});

test('referrals are found by what is filled, whether the dictionary has urn:oid: or not', async () => {
  const idMq = await register();
  const many = async (options: DataObject) => ((await mq('SearchMany', { options })).result as DataObject)['QLength'];
  expect(await many({ Source: { IdReferralMis: 'R-77' } })).toBe(1);
  expect(await many({ Source: { IdReferralMis: 'R-78' } })).toBe(0);
  expect(await many({ IdMq: idMq })).toBe(1);
  const profile = coding('13', 'urn:oid:1.2.643.2.69.1.1.1.64');
  expect(await many({ ReferralInfo: { ProfileMedService: profile }, Target: { Lpu: coding(oid) } })).toBe(1);
  const one = (await mq('SearchOne', { options: { IdMq: idMq } })).result as DataObject;
  expect(one).toMatchObject({ IdMq: idMq, Referral: { ReferralInfo: { IdMq: idMq } } });
  expect((await mq('SearchOne', { options: {} })).complaints).toMatchObject([{ code: 6 }]);
  const queue = (await mq('GetQueueInfo', { options: { Target: { Lpu: coding(oid) } } })).result as DataObject;
  expect(queue['ActiveProfiles']).toMatchObject([{ TargetLpu: { Code: oid }, QueueInfos: [{ QlengthStatus1: 1 }] }]);
  expect((await mq('ListAll', { page: 1 })).result).toMatchObject([{}, {}, {}, {}, { IdMq: idMq, StatusId: 1 }]);
  expect((await mq('CalculateQueues', { queryDate: at })).result).toBe(true);
  expect((await mq('UpdateMedServiceProfile', { profileMedService: { StartDate: at } })).status).toBe(200);
});

test('a referral given out here is booked by in the Hub', async () => {
  const idMq = await register();
  const inspect = { doctorsReferal: idMq, surname: 'Примерова' };
  await expect(get(sandbox, 'InspectDoctorsReferral2', inspect)).rejects.toThrow('676');
  await step('UpdateFromSourcedMo', idMq, { EventsInfo: { Source: { ReferralOutDate: at } } });
  expect(await get(sandbox, 'InspectDoctorsReferral2', inspect)).toMatchObject({ IdLpu: 44 });
});

test('the connection’s faults fit it: registered, and then a page', async () => {
  sandbox.fault({ fault: 'commit-then-500', times: 1, operations: ['Mq.Register'] });
  await expect(register()).rejects.toThrow();
  const { result } = await mq('SearchMany', { options: { Source: { IdReferralMis: 'R-77' } } });
  expect((result as DataObject)['QLength']).toBe(1);
  expect(sandbox.log().findLast((e) => e.operation === 'Mq.Register')).toMatchObject({ committed: true });
});

test('another clinic refers somebody here, changes its mind, and is always a little faster when that is set', async () => {
  const { id } = await sandbox.desk({ action: 'refer', target: oid, surname: 'Примерова' });
  const options = {
    ReferralInfo: { MqReferralStatus: coding('3', '1.2.643.2.69.1.1.1.50') },
    Target: { Lpu: coding(oid) },
  };
  const found = async () =>
    (((await mq('SearchMany', { options })).result as DataObject)['Referrals'] as DataObject[]).map(
      (one) => (one['ReferralInfo'] as DataObject)['IdMq'],
    );
  expect(await found()).toContain(id);
  await sandbox.desk({ action: 'change-referral', id: id!, target: '45' });
  expect(await found()).not.toContain(id);
  await sandbox.desk({ action: 'change-referral', id: id!, target: oid, status: 4 });
  expect(await found()).not.toContain(id);
  sandbox.settings({ withdrawnBefore: 'ChangePlannedResource' });
  expect(await step('ChangePlannedResource', id!)).toBe(4);
  sandbox.settings({ withdrawnBefore: '' });
  expect(sandbox.referrals().find(({ idMq }) => idMq === id)?.status).toBe(0);
  await expect(sandbox.desk({ action: 'change-referral', id: 'nothing', status: 0 })).rejects.toThrow();
});
