/** Attaching by a code: who is let in, and that one who guesses learns nothing and is stopped. */

import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { chargeCode, useCode } from '../../../src/access/account/access-code.sql.ts';
import { type AttachRequest, attach, attachLimits } from '../../../src/access/account/attach.ts';
import { readFailures } from '../../../src/access/account/attach-failures.sql.ts';
import { keyOf } from '../../../src/access/account/attempt.sql.ts';
import { digestOf, makeCode, readCode } from '../../../src/access/account/code.ts';
import type { Fault } from '../../../src/fault.ts';
import { createIssuer } from './issuer.ts';
import { createStage, snils, snilsOf } from './stage.ts';

const stage = await createStage({ keys: ['demo', 'other'] });
const { hub, context } = stage;
afterAll(() => hub.close());
const maria = await stage.account('maria@example.test', '');
const warn = vi.spyOn(context.log, 'warn');

beforeEach(async () => {
  // The limits of the test before are over.
  stage.now += 2 * 3600_000;
  await hub.pool.query('delete from attempt');
  warn.mockClear();
});

const numberOf = (clinic: string) => hub.clinics.byKey(clinic)!.number;

const issue = createIssuer(stage);

const self = (more: Partial<AttachRequest> = {}): AttachRequest => ({
  ...{ account: maria, code: '', snils: snils.maria, other: undefined, ip: '192.0.2.1' },
  ...more,
});
const faultOf = (request: AttachRequest): Promise<Fault> =>
  attach(context, request).then(
    () => expect.unreachable('it was attached'),
    (error: Fault) => error,
  );
const cards = (account = maria) =>
  stage.rows<{ relation: string; given: string; patients: string[] }>(
    `select relation, given, array(select p.patient::text from card_patient p where p.card = c.id order by p.created) as patients
     from card c where account = $1 order by created`,
    [account],
  );

describe('with the right code', () => {
  test('and the СНИЛС the owner of the account is that Patient', async () => {
    const patient = await stage.patient();
    const { code } = await issue(patient);
    expect(await attach(context, self({ code, snils: '000-000-600 04' }))).toEqual({
      patient,
      clinic: numberOf('demo'),
    });
    expect((await cards()).map((c) => [c.relation, c.patients.includes(patient)])).toEqual([['self', true]]);
  });

  test('that was scanned no СНИЛС is asked', async () => {
    const patient = await stage.patient({}, 'other');
    const { token } = await issue(patient, 'other');
    expect(await attach(context, self({ code: token, snils: undefined }))).toMatchObject({ patient });
  });

  test('another person gets a card of his own, one for all his clinics', async () => {
    const name = {
      name: [{ family: 'Ёлкин', given: ['Пётр', 'Ильич'] }],
      birthDate: '1950-05-05',
      ...snilsOf(snils.other),
    };
    const other = { family: 'елкин', given: 'ПЕТР', patronymic: 'Ильич' };
    const [here, there] = [await stage.patient(name), await stage.patient(name, 'other')];
    await attach(context, self({ code: (await issue(here)).code, snils: snils.other, other }));
    await attach(context, self({ code: (await issue(there, 'other')).token, snils: undefined, other }));
    expect((await cards()).filter((c) => c.relation === 'other')).toEqual([
      { relation: 'other', given: 'Пётр', patients: [here, there] },
    ]);
  });

  test('it works once, and for one of many at once', async () => {
    const { code } = await issue(await stage.patient());
    const all = await Promise.allSettled(Array.from({ length: 4 }, () => attach(context, self({ code }))));
    expect(all.filter((a) => a.status === 'fulfilled')).toHaveLength(1);
    expect(await faultOf(self({ code }))).toMatchObject({ details: { code: 'attach-failed' } });
  });

  test('of two that were compared at the same moment, one uses it', async () => {
    const { code } = await issue(await stage.patient());
    const digest = digestOf(context.codeKey, readCode(code)!);
    const charge = () => chargeCode(hub.pool, digest, attachLimits(self()), stage.now);
    const [one, other] = [await charge(), await charge()];
    expect(await useCode(hub.pool, one!, maria, new Date(stage.now))).toBe(true);
    expect(await useCode(hub.pool, other!, maria, new Date(stage.now))).toBe(false);
  });

  test('success is not counted by the limits', async () => {
    for (let i = 0; i < 12; i++) await attach(context, self({ code: (await issue(await stage.patient())).code }));
  });

  test('an account on check stays so, unless codes confirm accounts', async () => {
    const stateOf = async (id: string) =>
      (await stage.rows<{ state: string }>('select state from account where id = $1', [id]))[0]!.state;
    const id = await stage.account('limited@example.test', '', { state: 'limited' });
    await attach(context, self({ account: id, code: (await issue(await stage.patient())).code }));
    expect(await stateOf(id)).toBe('limited');
    const trusting = { ...context, settings: { ...context.settings, codeConfirms: true } };
    await attach(trusting, self({ account: id, code: (await issue(await stage.patient())).code }));
    expect(await stateOf(id)).toBe('confirmed');
  });
});

describe('every failure', () => {
  const other = { family: 'Тестова', given: 'Мария', patronymic: 'Ивановна' };

  test('is answered alike, by as many statements of the same kind', async () => {
    const live = async () => (await issue(await stage.patient())).code;
    const old = await live();
    await hub.pool.query(`update access_code set ends = $1 where ended is null`, [new Date(stage.now)]);
    const used = await live();
    await attach(context, self({ code: used }));
    const replacedOf = await stage.patient();
    const { code: replaced } = await issue(replacedOf);
    await issue(replacedOf);
    const dead = await live();
    await hub.pool.query('update access_code set failures = 5, ended = $2 where typed = $1', [
      digestOf(context.codeKey, readCode(dead)!),
      new Date(stage.now),
    ]);
    const requests: [string, AttachRequest][] = [
      ['unknown', self({ code: makeCode().typed })],
      ['unknown, scanned', self({ code: makeCode().scanned, snils: undefined })],
      ['too old', self({ code: old })],
      ['used', self({ code: used })],
      ['replaced', self({ code: replaced })],
      ['dead', self({ code: dead })],
      ['another СНИЛС', self({ code: await live(), snils: snils.other })],
      ['no СНИЛС at all', self({ code: await live(), snils: 'abc' })],
      [
        'another name than the account has',
        self({ code: await live(), account: await stage.account('x@example.test', '', { family: 'Чужая' }) }),
      ],
      ['another name than was said', self({ code: await live(), other: { ...other, given: 'Марина' } })],
      ['another patronymic', self({ code: await live(), other: { ...other, patronymic: 'Петровна' } })],
      [
        'of another name, scanned',
        self({ code: (await issue(await stage.patient())).token, other: { ...other, family: 'Иванова' } }),
      ],
    ];
    const query = vi.spyOn(hub.pool, 'query');
    const seen = [];
    for (const [name, request] of requests) {
      query.mockClear();
      // Each from an address of its own: the limits are another test's.
      const { kind, message, details } = await faultOf({ ...request, ip: `192.0.2.${seen.length + 1}` });
      seen.push({
        name,
        answer: { kind, message, details },
        work: query.mock.calls.map(([q]) => (q as { name?: string }).name),
      });
      await hub.pool.query('delete from attempt');
    }
    query.mockRestore();
    expect(seen[0]).toMatchObject({
      answer: { kind: 'business-rule', details: { code: 'attach-failed' } },
      work: ['charge_code', 'read_account', 'count_attach_failure'],
    });
    for (const { name, ...rest } of seen) expect(rest, name).toEqual({ answer: seen[0]!.answer, work: seen[0]!.work });
  });

  test('counts against the code: after five it is dead, also for who knows the СНИЛС', async () => {
    const { code } = await issue(await stage.patient());
    for (let i = 0; i < 5; i++) await faultOf(self({ code, snils: snils.other, ip: `192.0.2.${i}` }));
    expect(await faultOf(self({ code, ip: '192.0.2.9' }))).toMatchObject({ details: { code: 'attach-failed' } });
  });

  test('of four at once each counts', async () => {
    const patient = await stage.patient();
    const { code } = await issue(patient);
    await Promise.all([1, 2, 3, 4].map((i) => faultOf(self({ code, snils: snils.other, ip: `198.51.100.${i}` }))));
    expect(await stage.rows('select failures from access_code where patient = $1', [patient])).toEqual([
      { failures: 4 },
    ]);
  });

  test('the fifth try may still be the right one', async () => {
    const { code } = await issue(await stage.patient());
    for (let i = 0; i < 4; i++) await faultOf(self({ code, snils: snils.other }));
    expect(await attach(context, self({ code }))).toBeDefined();
  });

  test('of 50 tries of a code at once, five are compared', async () => {
    const patient = await stage.patient();
    const { code } = await issue(patient);
    const accounts = await Promise.all(Array.from({ length: 10 }, (_, i) => stage.account(`r${i}@example.test`, '')));
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        faultOf(self({ code, snils: snils.other, account: accounts[i % 10]!, ip: `198.51.100.${i}` })),
      ),
    );
    const [row] = await stage.rows<{ failures: number }>('select failures from access_code where patient = $1', [
      patient,
    ]);
    expect(row!.failures).toBe(5);
  });
});

describe('a guesser', () => {
  test('is stopped as an account, after ten failures, for an hour', async () => {
    for (let i = 0; i < 10; i++) await faultOf(self({ code: makeCode().typed, ip: `192.0.2.${i}` }));
    const { code } = await issue(await stage.patient());
    expect(await faultOf(self({ code, ip: '192.0.2.99' }))).toMatchObject({
      kind: 'throttled',
      details: { retryAfter: 3600 },
    });
    stage.now += 3600_000;
    expect(await attach(context, self({ code, ip: '192.0.2.99' }))).toBeDefined();
  });

  test('is stopped as an address, after thirty', async () => {
    const accounts = await Promise.all([0, 1, 2, 3].map((i) => stage.account(`a${i}@example.test`, '')));
    const kinds = [];
    for (let i = 0; i < 36; i++)
      kinds.push((await faultOf(self({ account: accounts[i % 4]!, code: makeCode().typed, ip: '203.0.113.1' }))).kind);
    expect(kinds).toEqual([...Array(30).fill('business-rule'), ...Array(6).fill('throttled')]);
  });

  test('a code that is tried while its trier is stopped loses no try', async () => {
    const patient = await stage.patient();
    const { code } = await issue(patient);
    for (let i = 0; i < 14; i++) await faultOf(self({ code: makeCode().typed }));
    await faultOf(self({ code, snils: snils.other, ip: '192.0.2.77' }));
    expect(await stage.rows('select failures from access_code where patient = $1', [patient])).toEqual([
      { failures: 0 },
    ]);
  });

  test('a mistake in typing is told as such and counts nowhere', async () => {
    const { code } = await issue(await stage.patient());
    const wrong = code.slice(0, -1) + ((Number(code.at(-1)) + 1) % 10);
    for (let i = 0; i < 12; i++)
      expect(await faultOf(self({ code: wrong }))).toMatchObject({
        kind: 'bad-value',
        details: { code: 'code-misspelled' },
      });
    expect(await attach(context, self({ code }))).toBeDefined();
  });

  test('fifty failures in an hour are an alarm: once in the log, and to be read until the hour is over', async () => {
    const accounts = await Promise.all([0, 1, 2, 3, 4, 5].map((i) => stage.account(`b${i}@example.test`, '')));
    for (let i = 0; i < 55; i++)
      await faultOf(self({ account: accounts[i % 6]!, code: makeCode().typed, ip: `203.0.113.${i}` }));
    expect(warn.mock.calls).toEqual([[{ alarm: 'attach-failures', failures: 50 }, 'access codes are being guessed']]);
    expect(await readFailures(hub.pool, new Date(stage.now))).toBe(55);
    expect(await readFailures(hub.pool, new Date(stage.now + 3600_000))).toBe(0);
  });

  test('all of them together are stopped, after a thousand', async () => {
    await faultOf(self({ code: makeCode().typed }));
    await hub.pool.query('update attempt set count = 1000 where key = $1', [keyOf('attach')]);
    const account = await stage.account('late@example.test', '');
    expect(await faultOf(self({ account, code: makeCode().typed, ip: '192.0.2.55' }))).toMatchObject({
      kind: 'throttled',
    });
  });

  test.each([1, 100])(
    'of 100,000 guesses on 10,000 live codes from %i addresses none is right, and a thousand are looked at at most',
    async (addresses) => {
      await hub.pool.query('delete from access_code');
      const patient = await stage.patient();
      const codes = Array.from({ length: 10_000 }, () => makeCode());
      const digests = (name: 'typed' | 'scanned') =>
        codes.map((c) => digestOf(context.codeKey, name === 'typed' ? readCode(c.typed)! : c.scanned));
      await hub.pool.query(
        `insert into access_code (id, patient, clinic, typed, scanned, issued_by, created, ends)
         select gen_random_uuid(), gen_random_uuid(), $1, t, s, 'test', $2, $3 from unnest($4::bytea[], $5::bytea[]) c(t, s)`,
        [
          numberOf('demo'),
          new Date(stage.now),
          new Date(stage.now + 7 * 86_400_000),
          digests('typed'),
          digests('scanned'),
        ],
      );
      expect(patient).toBeDefined();
      const accounts = await Promise.all(
        Array.from({ length: addresses }, (_, i) => stage.account(`g${addresses}-${i}@example.test`, '')),
      );
      const query = vi.spyOn(hub.pool, 'query');
      const answers = new Map<string, number>();
      const guess = async (i: number) => {
        const who = i % addresses;
        const { kind } = await faultOf(self({ account: accounts[who]!, code: makeCode().typed, ip: `10.9.${who}.1` }));
        answers.set(kind, (answers.get(kind) ?? 0) + 1);
      };
      for (let i = 0; i < 100_000; i += 50) await Promise.all(Array.from({ length: 50 }, (_, n) => guess(i + n)));
      const looked = query.mock.calls.filter(([q]) => (q as { name?: string }).name === 'charge_code').length;
      query.mockRestore();
      const tried = addresses === 1 ? 10 : 1000;
      expect(Object.fromEntries(answers)).toEqual({ 'business-rule': tried, throttled: 100_000 - tried });
      expect(looked).toBeLessThan(tried + 100 * addresses);
      expect(
        await stage.rows('select from card_patient p join card c on c.id = p.card where c.account = any($1)', [
          accounts,
        ]),
      ).toEqual([]);
    },
    120_000,
  );
});
