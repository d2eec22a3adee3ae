/** What is done on the pages of accounts is written down, and what is refused there; by ids alone. */
import { afterAll, beforeEach, expect, test } from 'vitest';
import { readAccount } from '../../../src/access/account/account.sql.ts';
import { confirmEmail, requestEmail } from '../../../src/access/account/change.ts';
import { unseal } from '../../../src/access/account/mail.ts';
import { pagesOf } from '../../../src/access/account/pages/pages.ts';
import { changePassword, recover, requestRecovery } from '../../../src/access/account/recovery.ts';
import { confirmRegistration, register } from '../../../src/access/account/registration.ts';
import { auditEventOf } from '../../../src/access/audit/balp.ts';
import type { AuditRow } from '../../../src/access/audit/event.sql.ts';
import { transaction } from '../../../src/postgres.ts';
import { createStage } from '../account/stage.ts';

const stage = await createStage({ keys: ['demo'] });
const { hub, context } = stage;
afterAll(() => hub.close());
beforeEach(() => hub.pool.query('delete from attempt'));

const ip = '192.0.2.7';
const [password, next] = ['берёзовый сок 7', 'зимний вечер 12'];
const email = 'canary@example.test';
const form = {
  ...{ family: 'Канарейкина', given: 'Мария', patronymic: '', birthDate: '14.03.1985', snils: '' },
  ...{ phone: '+79990000001', email, password, consent: '2026-11' },
};

async function tokenOfLetter(): Promise<string> {
  const [{ id, sealed }] = (await stage.rows<{ id: string; sealed: Buffer }>(
    'delete from mail returning id, sealed',
  )) as [{ id: string; sealed: Buffer }];
  return /#([\w-]{43})/.exec(unseal(context.mailKey, id, sealed).text)![1]!;
}

let seen = 0;
/** Events since the last time. */
async function told(): Promise<unknown[]> {
  const rows = await stage.rows<AuditRow>('select * from audit_event order by seq');
  const fresh = rows.slice(seen);
  seen = rows.length;
  expect(fresh.map((row) => row.address)).toEqual(fresh.map(() => ip));
  expect(fresh.map((row) => row.patient)).toEqual(fresh.map(() => null));
  return fresh.map(({ kind, interaction, outcome, account, reason }) => [kind, interaction, outcome, account, reason]);
}

const refusalOf = (work: Promise<unknown>): Promise<unknown> => expect(work).rejects.toThrow();

test('registration, recovery, new passwords and addresses', async () => {
  await told();
  await register(context, form, ip);
  expect(await told()).toEqual([['account', 'register', 0, null, null]]);
  const token = await tokenOfLetter();
  await refusalOf(confirmRegistration(context, token, 'не тот пароль', ip));
  const account = await confirmRegistration(context, token, password, ip);
  await refusalOf(confirmRegistration(context, token, password, ip));
  expect(await told()).toEqual([
    ['account', 'confirm-registration', 4, null, 'sign-in-failed'],
    ['account', 'confirm-registration', 0, account, null],
    ['account', 'confirm-registration', 4, null, 'link-used-up'],
  ]);

  await requestRecovery(context, email, ip);
  const link = await tokenOfLetter();
  await recover(context, link, next, ip);
  await refusalOf(recover(context, link, next, ip));
  await requestRecovery(context, 'nobody@example.test', ip);
  expect(await told()).toEqual([
    ['account', 'recover', 0, account, null],
    ['account', 'set-password', 0, account, null],
    ['account', 'set-password', 4, null, 'link-used-up'],
    ['account', 'recover', 0, null, null],
  ]);

  await refusalOf(changePassword(context, { login: email, password, next: 'осенний лес 5' }, ip));
  await changePassword(context, { login: email, password: next, next: 'осенний лес 5' }, ip);
  expect(await told()).toEqual([
    ['sign-in', 'sign-in password', 4, null, 'sign-in-failed'],
    ['account', 'change-password', 0, account, null],
  ]);

  await hub.pool.query('delete from mail');
  await transaction(hub.pool, async (db) =>
    requestEmail(context, db, (await readAccount(db, account))!, 'canary2@example.test'),
  );
  const moved = await tokenOfLetter();
  await confirmEmail(context, moved, ip);
  await refusalOf(confirmEmail(context, moved, ip));
  expect(await told()).toEqual([
    ['account', 'confirm-email', 0, account, null],
    ['account', 'confirm-email', 4, null, 'link-used-up'],
  ]);
  const [{ all }] = (await stage.rows<{ all: string }>(
    `select string_agg(e::text, ' ') as all from audit_event e`,
  )) as [{ all: string }];
  for (const canary of ['canary', 'Канарейкина', '9990000001', 'nobody', token, link, password])
    expect(all).not.toContain(canary);
});

test('a failed sign-in and too many of them, where a code is brought', async () => {
  const attaching = pagesOf(context).find((page) => page.path === 'attach')!;
  const wrong = (name: string) => ({ login: 'ghost-canary@example.test', password: 'x', code: '1' })[name] ?? '';
  for (let i = 0; i < 11; i++) await refusalOf(attaching.run(wrong, ip));
  const events = await told();
  expect(events).toHaveLength(11);
  expect(events[0]).toEqual(['sign-in', 'sign-in password', 4, null, 'sign-in-failed']);
  expect(events[10]).toEqual(['sign-in', 'sign-in password', 4, null, 'too-many-attempts']);
});

test('a form that is filled in wrongly is no attempt at anything', async () => {
  await refusalOf(register(context, { ...form, email: 'a@b' }, ip));
  expect(await told()).toEqual([]);
});

test('nothing is changed that cannot be written', async () => {
  const account = await stage.account('written@example.test', password);
  const unwritten = { ...context, audit: { ...context.audit, record: () => Promise.reject(new Error('no audit')) } };
  const asked = { login: 'written@example.test', password, next };
  await expect(changePassword(unwritten, asked, ip)).rejects.toThrow('no audit');
  await changePassword(context, asked, ip);
  expect(await told()).toEqual([['account', 'change-password', 0, account, null]]);
});

test('becomes an AuditEvent of its own type', async () => {
  const [row] = await stage.rows<AuditRow>(`select * from audit_event where interaction = 'change-password' limit 1`);
  expect(auditEventOf(row!, 'http://hub.test/fhir')).toMatchObject({
    type: { code: '110137' },
    subtype: [{ system: 'https://medmost.ru/fhir/CodeSystem/audit-event', code: 'change-password' }],
  });
});
