/** Who came by Госуслуги and did not consent leaves nothing behind. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertConsent } from '../../../src/access/account/consent.sql.ts';
import { keepUp } from '../../../src/access/account/upkeep.ts';
import { ask } from '../../support/hub.ts';
import { begin, quarterSlots } from '../../support/memory-mis.ts';
import { orderOf } from '../../support/order.ts';
import { type AccountStage, createStage } from './stage.ts';

let stage: AccountStage;
beforeAll(async () => {
  stage = await createStage({
    slots: quarterSlots('doctor-1;branch-1', Math.max(begin, Date.parse('2026-12-02T09:00:00Z')), 2),
  });
});
afterAll(() => stage.hub.close());

const person = { confirmed: true, family: 'Молчунова', given: 'Мария', birthDate: '1985-03-14', children: [] };
const accountsLeft = async () =>
  (
    await stage.rows<{ subject: string }>(
      'select provider_subject as subject from account where provider is not null order by 1',
    )
  ).map((r) => r.subject);

test('an hour later the account is destroyed with an act; who consented, has an app or works at a clinic stays', async () => {
  const signIn = async (subject: string) => (await stage.accounts.signInBy('esia', { ...person, subject })).account;
  const silent = await signIn('1');
  const consenting = await signIn('2');
  const withdrawn = await signIn('3');
  const working = await signIn('4');
  const text = { version: '2026-11', hash: 'x', channel: 'esia' } as const;
  for (const account of [consenting, withdrawn])
    await insertConsent(stage.hub.pool, { account, ...text, at: new Date(stage.now) });
  await stage.hub.pool.query('update account_consent set withdrawn_at = now() where account = $1', [withdrawn]);
  await stage.hub.pool.query(`insert into staff (account, clinic, role) select $1, id, 'doctor' from clinic limit 1`, [
    working,
  ]);
  await keepUp(stage.context);
  expect(await accountsLeft()).toEqual(['1', '2', '3', '4']);
  stage.now += 3600_001;
  await keepUp(stage.context);
  expect(await accountsLeft()).toEqual(['2', '3', '4']);
  expect(await stage.rows(`select from document where type = 'Person' and id = $1`, [silent])).toEqual([]);
  const acts = await stage.rows<{ subject: string; reason: string }>('select subject, reason from destruction');
  expect(acts).toEqual([{ subject: `account/${silent}`, reason: expect.stringContaining('согласие') }]);
});

test('whom a clinic has given a code, or who has booked, stays without an app; whom it only knows does not', async () => {
  const { hub } = stage;
  const signIn = async (subject: string) => (await stage.accounts.signInBy('esia', { ...person, subject })).account;
  const [coded, booked, known] = [await signIn('11'), await signIn('12'), await signIn('13')];
  const patient = await stage.patient();
  const clinic = hub.clinics.byKey('demo')!.number;
  const link = async (account: string, basis: 'code' | 'esia') => {
    const [card] = await stage.rows<{ id: string }>('select id from card where account = $1', [account]);
    const text = 'insert into card_patient (card, patient, clinic, basis) values ($1, $2, $3, $4)';
    await hub.pool.query(text, [card!.id, patient, clinic, basis]);
  };
  await link(coded, 'code');
  await link(booked, 'esia');
  await link(known, 'esia');
  await hub.read();
  const cards = [{ patient, whole: false }];
  const token = await hub.token({ subject: booked, account: booked, role: 'patient', clinics: ['demo'], cards });
  const free = await ask(hub, 'GET', 'Slot?status=free&_count=1', { token });
  const [{ resource }] = free.body['entry'] as [{ resource: { id: string } }];
  const made = await ask(hub, 'POST', 'Appointment', { token, body: orderOf(resource.id, patient) });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  stage.now += 7200_000;
  await keepUp(stage.context);
  const left = await accountsLeft();
  expect([left.includes('11'), left.includes('12'), left.includes('13')]).toEqual([true, true, false]);
});

test('where there is no text to consent to, nobody is destroyed', async () => {
  await stage.accounts.signInBy('esia', { ...person, subject: '9' });
  stage.now += 7200_000;
  await keepUp({ ...stage.context, settings: { ...stage.context.settings, consent: undefined } });
  expect(await accountsLeft()).toContain('9');
});
