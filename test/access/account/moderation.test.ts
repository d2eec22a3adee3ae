/** A moderator's decisions, and the credentials of people who work at a clinic. */
import { afterAll, describe, expect, test } from 'vitest';
import { unseal } from '../../../src/access/account/mail.ts';
import { changePassword } from '../../../src/access/account/recovery.ts';
import { listStaff } from '../../../src/access/account/staff.sql.ts';
import { addStaff, removeStaff, type StaffOrder } from '../../../src/access/account/staff.ts';
import type { Role } from '../../../src/access/principal.ts';
import { type Answer, ask } from '../../support/hub.ts';
import { createStage, snils } from './stage.ts';

const stage = await createStage({ keys: ['demo', 'other'] });
const { hub, context, accounts } = stage;
afterAll(() => hub.close());

const limited = () =>
  stage.account(`${crypto.randomUUID()}@example.test`, '', {
    ...{ state: 'limited', email: 'box@example.test', birth_date: '1985-03-14', snils: snils.maria },
  });
const decide = async (id: string, values: Record<string, unknown>, role: Role = 'moderator'): Promise<Answer> =>
  ask(hub, 'POST', `Person/${id}/$moderate`, {
    token: await hub.token({ role }),
    body: {
      resourceType: 'Parameters',
      parameter: Object.entries(values).map(([key, value]) => {
        const [name, type] = key.split(' ');
        return { name, [type ?? 'valueCode']: value };
      }),
    },
  });
const confirm = { decision: 'confirm' };
const refuse = { decision: 'refuse', 'reason valueString': 'Дата рождения не та' };
const stateOf = async (id: string) =>
  (await stage.rows<{ state: string }>('select state from account where id = $1', [id]))[0]!.state;
async function letters(): Promise<string[]> {
  const rows = await stage.rows<{ id: string; sealed: Buffer }>('delete from mail returning id, sealed');
  return rows
    .map(({ id, sealed }) => unseal(context.mailKey, id, sealed))
    .map((l) => `${l.to}: ${l.subject}\n${l.text}`);
}
const waiting = async () => {
  const path = 'Person?_tag=https://medmost.ru/fhir/CodeSystem/account-state|limited&_count=100';
  const { body } = await ask(hub, 'GET', path, { token: await hub.token({ role: 'moderator' }) });
  return ((body['entry'] ?? []) as { resource: { id: string } }[]).map((e) => e.resource.id);
};

describe('a moderator', () => {
  test('finds who waits, and confirms', async () => {
    const id = await limited();
    expect(await waiting()).toContain(id);
    const { status, body } = await decide(id, confirm);
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({
        id,
        meta: expect.objectContaining({ tag: [expect.objectContaining({ code: 'confirmed' })] }),
      }),
    ]);
    expect(await stateOf(id)).toBe('confirmed');
    expect(await waiting()).not.toContain(id);
    expect((await letters()).at(-1)).toMatch(/^box@example.test: Учётная запись подтверждена/);
  });

  test('gives the owner his Patients only when told to, those that are he by all three', async () => {
    const [mine, there] = [await stage.patient(), await stage.patient({}, 'other')];
    await stage.patient({ birthDate: '1985-03-15' });
    await stage.patient({ name: [{ family: 'Другая', given: ['Мария'] }] });
    const id = await limited();
    const linked = () =>
      stage.rows<{ patient: string; basis: string }>(
        'select patient, basis from card_patient p join card c on c.id = p.card where account = $1 order by patient',
        [id],
      );
    await decide(id, confirm);
    expect(await linked()).toEqual([]);
    await decide(id, { ...confirm, 'attach valueBoolean': true });
    expect(await linked()).toEqual([mine, there].sort().map((patient) => ({ patient, basis: 'moderator' })));
  });

  test('refuses, and the person reads why; a new name is looked at again', async () => {
    const id = await limited();
    await decide(id, refuse);
    expect((await letters()).at(-1)).toContain('Дата рождения не та');
    const { body } = await stage.askAs({ account: id, limited: true }, 'GET', `Person/${id}`);
    expect(body).toMatchObject({ meta: { tag: [{ code: 'refused' }] } });
    expect(JSON.stringify(body['extension'])).toContain('Дата рождения не та');
    expect(await waiting()).not.toContain(id);
    await stage.askAs({ account: id, limited: true }, 'PUT', `Person/${id}`, {
      ...body,
      name: [{ family: 'Верная', given: ['Мария'] }],
    });
    expect(await waiting()).toContain(id);
  });

  test('blocks: whatever is signed in ends, and nobody signs in', async () => {
    const id = await stage.account('blockme@example.test', 'берёзовый сок 7');
    await hub.pool.query(
      `insert into smart_grant (id, client, account, role, method, ends) values ('g', 'app', $1, 'patient', 'password', now() + interval '1 day')`,
      [id],
    );
    await decide(id, { decision: 'block' });
    expect(await stage.rows('select from smart_grant where ended is null')).toEqual([]);
    await expect(accounts.signIn('blockme@example.test', 'берёзовый сок 7', '192.0.2.1')).rejects.toMatchObject({
      kind: 'unauthenticated',
    });
    expect((await stage.askAs({ account: id }, 'GET', `Person/${id}`)).body).toMatchObject({ active: false });
    await decide(id, confirm);
    expect(await accounts.signIn('blockme@example.test', 'берёзовый сок 7', '192.0.2.1')).toEqual({ account: id });
  });

  test.each([
    [400, 'a decision that there is not', { decision: 'praise' }],
    [400, 'a refusal without reason', { decision: 'refuse' }],
    [400, 'an empty reason', { decision: 'refuse', 'reason valueString': '  ' }],
    [400, 'a long reason', { decision: 'refuse', 'reason valueString': 'я'.repeat(501) }],
    [400, 'a reason for blocking', { decision: 'block', 'reason valueString': 'x' }],
    [400, 'Patients for who is refused', { ...refuse, 'attach valueBoolean': true }],
    [400, 'nothing', {}],
  ])('is answered %i for %s', async (status, _, values) => {
    const id = await limited();
    expect((await decide(id, values)).status).toBe(status);
    expect(await stateOf(id)).toBe('limited');
  });

  test('decides on nobody that there is not', async () => {
    for (const id of [crypto.randomUUID(), 'nobody']) expect((await decide(id, confirm)).status).toBe(404);
  });

  test.each(['app', 'doctor', 'registrar', 'operator', 'registry'] as const)('is not who is %s', async (role) => {
    const id = await limited();
    expect((await decide(id, confirm, role)).status).toBe(403);
    expect(await stateOf(id)).toBe('limited');
  });

  test('is not the owner of the account', async () => {
    const id = await limited();
    const parameter = [{ name: 'decision', valueCode: 'confirm' }];
    const answer = await stage.askAs({ account: id, limited: true }, 'POST', `Person/${id}/$moderate`, {
      resourceType: 'Parameters',
      parameter,
    });
    expect(answer.status).toBe(403);
  });
});

describe('staff', () => {
  const { number } = hub.clinics.byKey('demo')!;
  const order = (more: Partial<StaffOrder> = {}): StaffOrder => ({
    ...{ clinic: number, role: 'registrar', login: 'Petrova', practitioner: null, reset: false },
    name: { family: 'Петрова', given: 'Анна', patronymic: null },
    ...more,
  });
  const ip = '192.0.2.7';

  test('gets a password for one use, and comes in with one of his own', async () => {
    const done = await addStaff(context, order());
    const { password } = done as { password: string };
    expect(password).toMatch(/^[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}$/);
    await expect(accounts.signIn('petrova', password, ip)).rejects.toMatchObject({
      details: { code: 'password-change-needed' },
    });
    await changePassword(context, { login: 'petrova', password, next: 'зимний вечер 12' }, ip);
    const { account } = await accounts.signIn('petrova', 'зимний вечер 12', ip);
    expect(await listStaff(hub.pool, number)).toEqual([
      { clinic: 'demo', role: 'registrar', login: 'petrova', name: 'Петрова Анна', practitioner: null, issued: false },
    ]);
    expect(await stateOf(account)).toBe('confirmed');
  });

  test('gets another role without another password, and another password when it is reset', async () => {
    expect(await addStaff(context, order({ role: 'moderator', name: undefined }))).toEqual({ password: undefined });
    const { password } = (await addStaff(context, order({ role: 'moderator', reset: true }))) as { password: string };
    await expect(accounts.signIn('petrova', 'зимний вечер 12', ip)).rejects.toMatchObject({ kind: 'unauthenticated' });
    stage.now += 3 * 86_400_000;
    await expect(accounts.signIn('petrova', password, ip)).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  test('that nobody has named is not made', async () => {
    expect(await addStaff(context, order({ login: 'nobody', name: undefined }))).toBe('unknown');
  });

  test('loses a role at once, and what was granted for it', async () => {
    const [{ id }] = (await stage.rows<{ id: string }>(`select id from account where login = 'petrova'`)) as [
      { id: string },
    ];
    await hub.pool.query(
      `insert into smart_grant (id, client, account, role, method, ends)
       select r, 'app', $1, r, 'password', now() + interval '1 day' from unnest(array['registrar', 'moderator']) r`,
      [id],
    );
    expect(await removeStaff(context, number, 'registrar', 'petrova')).toBe(true);
    expect(await removeStaff(context, number, 'registrar', 'petrova')).toBe(false);
    expect(await stage.rows('select role from smart_grant where account = $1 and ended is null', [id])).toEqual([
      { role: 'moderator' },
    ]);
  });
});
