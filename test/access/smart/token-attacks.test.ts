/** RELIABILITY §5.3: 11 what is revoked, 26 codes, 27 refresh tokens; and introspection. */
import { decodeJwt, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newSecret } from '../../../src/access/smart/client.ts';
import { pruneSmart } from '../../../src/access/smart/upkeep.sql.ts';
import { Browser, backOf } from './browser.ts';
import {
  type Authorization,
  askToken,
  authorizationOf,
  authorize,
  callback,
  createSmartHub,
  get,
  type SmartHub,
  signIn,
  type TokenAnswer,
} from './smart-hub.ts';

let hub: SmartHub;
let account: string;
let patient: string;
const login = 'maria@mail.test';
const scope = 'launch/patient patient/Patient.rs openid offline_access';
const secret = newSecret();
const basic = { authorization: `Basic ${Buffer.from(`server:${secret}`).toString('base64')}` };

beforeAll(async () => {
  hub = await createSmartHub();
  const common = {
    audience: 'patient',
    scopes: ['patient/*.cruds', 'launch/patient', 'openid', 'offline_access', 'online_access'],
  } as const;
  await hub.client('app', { ...common, scopes: [...common.scopes] });
  await hub.client('other', { ...common, scopes: [...common.scopes] });
  await hub.client('server', { ...common, scopes: [...common.scopes], authentication: 'client_secret_basic', secret });
});
beforeEach(async () => {
  await hub.pool.query('delete from account where login = $1', [login]);
  account = await hub.account(login);
  [patient] = (await hub.card(account, 'self', 'Тестова Мария', ['demo'])) as [string];
});
afterAll(() => hub.close());

async function codeFor(client = 'app'): Promise<{ begun: Authorization; parameters: Record<string, string> }> {
  const begun = authorizationOf(hub, client, scope);
  const browser = new Browser();
  const back = await browser.submit(await signIn(browser, begun.url, login), '/consent');
  const code = backOf(back).get('code')!;
  return {
    begun,
    parameters: {
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      client_id: client,
      code_verifier: begun.verifier,
    },
  };
}

const refresh = (token: string, client: string | null = 'app', headers: Record<string, string> = {}) =>
  askToken(
    hub,
    { grant_type: 'refresh_token', refresh_token: token, ...(client !== null && { client_id: client }) },
    headers,
  );

const read = async (answer: TokenAnswer) => (await get(hub, answer.body.access_token, `Patient/${patient}`)).status;

const invalid = { status: 400, body: { error: 'invalid_grant' } };

describe('26: a code', () => {
  test('is taken once; a second time ends what the first has given', async () => {
    const { parameters } = await codeFor();
    const first = await askToken(hub, parameters);
    expect(await read(first)).toBe(200);
    expect(await askToken(hub, parameters)).toMatchObject(invalid);
    expect(await refresh(first.body.refresh_token)).toMatchObject(invalid);
    hub.later(1.1);
    expect(await read(first)).toBe(401);
  });

  test('is taken once, however many ask at the same time', async () => {
    for (let round = 0; round < 5; round++) {
      const { parameters } = await codeFor();
      const answers = await Promise.all(Array.from({ length: 8 }, () => askToken(hub, parameters)));
      expect(answers.filter((a) => a.status === 200)).toHaveLength(1);
      expect(answers.filter((a) => a.status === 400)).toHaveLength(7);
      // The one has something that works, until the code comes again.
      const given = answers.find((a) => a.status === 200)!;
      hub.later(1.1);
      expect(await read(given)).toBe(200);
      const next = await refresh(given.body.refresh_token);
      expect(next.status).toBe(200);
      expect(await askToken(hub, parameters)).toMatchObject(invalid);
      hub.later(1.1);
      expect(await read(next)).toBe(401);
      expect(await refresh(next.body.refresh_token)).toMatchObject(invalid);
    }
  });

  /** Nobody gets by a table meanwhile. @returns lets them go on */
  async function hold(table: string): Promise<() => Promise<void>> {
    const holder = await hub.pool.connect();
    await holder.query(`begin; lock table ${table} in access exclusive mode`);
    return async () => {
      await holder.query('rollback');
      holder.release();
    };
  }
  const isUsed = async () => {
    const text = `select from smart_record where model = 'AuthorizationCode' and consumed is not null and grant_id = (
      select id from smart_record where model = 'Grant' order by expires desc limit 1)`;
    return (await hub.pool.query(text)).rowCount === 1;
  };
  const soon = () => new Promise((done) => setTimeout(done, 500));

  test.each(['and is looked at before', 'and is looked at only after'])(
    'is not taken from the first one by a second that comes before the answer, %s',
    async (when) => {
      const { parameters } = await codeFor();
      // Who has used the code up waits for grants; who waits for clients has not looked at the code yet.
      const releaseFirst = await hold('smart_grant');
      const first = askToken(hub, parameters);
      await expect.poll(isUsed).toBe(true);
      const releaseSecond = when.endsWith('after') ? await hold('client') : undefined;
      const second = askToken(hub, parameters);
      await Promise.race([second, soon()]);
      await releaseFirst();
      if (releaseSecond !== undefined) await first;
      await releaseSecond?.();
      expect(await second).toMatchObject(invalid);
      const given = await first;
      expect(given.status).toBe(200);
      hub.later(1.1);
      expect(await read(given)).toBe(200);
      expect(await askToken(hub, parameters)).toMatchObject(invalid);
      hub.later(1.1);
      expect(await read(given)).toBe(401);
    },
  );

  test('that was taken, and whose answer never came, is used up all the same', async () => {
    const { parameters } = await codeFor();
    const first = await askToken(hub, parameters);
    const crashed = `update smart_record set consumed = now() + interval '5 seconds' where model = 'AuthorizationCode' and consumed is not null`;
    await hub.pool.query(crashed);
    expect(await askToken(hub, parameters)).toMatchObject(invalid);
    expect(await read(first)).toBe(200);
    await hub.pool.query(`update smart_record set consumed = consumed - interval '10 seconds' where consumed > now()`);
    expect(await askToken(hub, parameters)).toMatchObject(invalid);
    hub.later(1.1);
    expect(await read(first)).toBe(401);
  });

  test('is no use to another client, at another address, or after a minute', async () => {
    const { parameters } = await codeFor();
    expect(await askToken(hub, { ...parameters, client_id: 'other' })).toMatchObject(invalid);
    expect(await askToken(hub, { ...parameters, redirect_uri: `${callback}/` })).toMatchObject(invalid);
    expect(await askToken(hub, { ...parameters, code: `${parameters['code']}x` })).toMatchObject(invalid);
    const text = `select payload::json->>'exp' as exp, payload::json->>'iat' as iat from smart_record where model = 'AuthorizationCode' and consumed is null`;
    const { rows } = await hub.pool.query<{ exp: string; iat: string }>(text);
    expect(Number(rows[0]!.exp) - Number(rows[0]!.iat)).toBe(60);
    await hub.pool.query(
      `update smart_record set payload = replace(payload, '"exp":${rows[0]!.exp}', '"exp":${Number(rows[0]!.exp) - 61}') where model = 'AuthorizationCode'`,
    );
    expect(await askToken(hub, parameters)).toMatchObject(invalid);
  });

  test('of a client with a secret is not given to one without', async () => {
    const { parameters } = await codeFor('server');
    const { client_id: _id, ...rest } = parameters;
    expect((await askToken(hub, parameters)).status).toBe(401);
    const wrong = { authorization: `Basic ${Buffer.from(`server:${newSecret()}`).toString('base64')}` };
    expect((await askToken(hub, rest, wrong)).status).toBe(401);
    expect((await askToken(hub, rest, basic)).status).toBe(200);
  });
});

describe('27: a refresh token', () => {
  const old = (seconds: number) =>
    hub.pool.query(
      `update smart_record set consumed = consumed - make_interval(secs => $1) where consumed is not null`,
      [seconds],
    );

  test('that was replaced and comes again ends all that was given with it', async () => {
    const { body } = await authorize(hub, { client: 'app', scope, login });
    const second = await refresh(body.refresh_token);
    expect(second.status).toBe(200);
    await old(10);
    expect(await refresh(body.refresh_token)).toMatchObject(invalid);
    expect(await refresh(second.body.refresh_token)).toMatchObject(invalid);
    hub.later(1.1);
    expect(await read(second)).toBe(401);
  });

  test('that two tabs use at once is given to one, and the family lives', async () => {
    for (let round = 0; round < 3; round++) {
      const { body } = await authorize(hub, { client: 'app', scope, login });
      const answers = await Promise.all(Array.from({ length: 6 }, () => refresh(body.refresh_token)));
      const won = answers.filter((a) => a.status === 200);
      expect(won).toHaveLength(1);
      expect((await refresh(won[0]!.body.refresh_token)).status).toBe(200);
    }
  });

  test('is no use to another client, and one with a secret must show it', async () => {
    const { body } = await authorize(hub, { client: 'app', scope, login });
    expect(await refresh(body.refresh_token, 'other')).toMatchObject(invalid);
    const { parameters } = await codeFor('server');
    const { client_id: _id, ...rest } = parameters;
    const given = await askToken(hub, rest, basic);
    expect((await refresh(given.body.refresh_token, null)).status).toBe(400);
    expect((await refresh(given.body.refresh_token, 'server')).status).toBe(401);
    expect((await refresh(given.body.refresh_token, null, basic)).status).toBe(200);
  });

  test('of a client without a secret says by itself whose it is, as fhirclient has it', async () => {
    const { body } = await authorize(hub, { client: 'app', scope, login });
    expect((await refresh(body.refresh_token, null)).status).toBe(200);
    expect((await refresh('unknown', null)).status).toBe(400);
  });

  test('there is none without offline_access or online_access', async () => {
    const { body } = await authorize(hub, { client: 'app', scope: 'patient/Patient.rs', login });
    expect(body.refresh_token).toBeUndefined();
    const online = await authorize(hub, { client: 'app', scope: 'patient/Patient.rs online_access', login });
    expect((await refresh(online.body.refresh_token)).status).toBe(200);
  });

  test('is not an access token, nor is an id_token (6)', async () => {
    const { body } = await authorize(hub, { client: 'app', scope, login });
    for (const token of [body.refresh_token, String(body['id_token'])])
      expect((await get(hub, token, `Patient/${patient}`)).status).toBe(401);
  });
});

describe('11: what has ended', () => {
  const begin = () => authorize(hub, { client: 'app', scope, login });

  test.each([
    ['the account is blocked', () => hub.pool.query(`update account set state = 'blocked' where id = $1`, [account])],
    ['the grant has ended', () => hub.pool.query('update smart_grant set ended = now() where account = $1', [account])],
    ['the client is switched off', () => hub.pool.query(`update client set disabled = now() where id = 'app'`)],
  ])('%s: neither the access token nor a refresh goes on', async (_name, end) => {
    const given = await begin();
    expect(await read(given)).toBe(200);
    await end();
    hub.later(1.1);
    expect(await read(given)).toBe(401);
    expect((await refresh(given.body.refresh_token)).status).toBeGreaterThanOrEqual(400);
    await hub.pool.query(`update client set disabled = null`);
  });

  test('the card has ended: the child is not seen, and there is no refresh', async () => {
    const [child] = await hub.card(account, 'child', 'Тестов Пётр', ['demo']);
    const given = await authorize(hub, { client: 'app', scope, login, patient: child! });
    expect((await get(hub, given.body.access_token, `Patient/${child}`)).status).toBe(200);
    await hub.pool.query(`update card set ends = now() where relation = 'child' and account = $1`, [account]);
    hub.later(1.1);
    expect((await get(hub, given.body.access_token, `Patient/${child}`)).status).toBe(404);
    expect(await refresh(given.body.refresh_token)).toMatchObject(invalid);
  });

  test.each(['access_token', 'refresh_token'] as const)('a revoked %s ends the whole grant', async (kind) => {
    const given = await begin();
    const revoke = (client: string) =>
      fetch(`${hub.auth}/revoke`, {
        method: 'POST',
        body: new URLSearchParams({ token: given.body[kind], client_id: client }),
      });
    await revoke('other');
    expect(await read(given)).toBe(200);
    expect((await revoke('app')).status).toBe(200);
    hub.later(1.1);
    expect(await read(given)).toBe(401);
    expect(await refresh(given.body.refresh_token)).toMatchObject(invalid);
  });
});

describe('introspection', () => {
  const introspect = async (token: string, headers: Record<string, string> = basic) => {
    const answer = await fetch(`${hub.auth}/introspect`, {
      method: 'POST',
      body: new URLSearchParams({ token }),
      headers,
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const given = async () => {
    const { client_id: _id, ...rest } = (await codeFor('server')).parameters;
    return askToken(hub, rest, basic);
  };

  test('tells a client of its own tokens, with their context', async () => {
    const { body } = await given();
    const claims = decodeJwt(body.access_token);
    const told = await introspect(body.access_token);
    expect(told.body).toMatchObject({
      active: true,
      client_id: 'server',
      sub: account,
      patient,
      scope: body.scope,
      exp: claims.exp,
      iss: hub.auth,
    });
    expect((await introspect(body.refresh_token)).body['active']).toBe(true);
  });

  test('tells nothing of others, of forged ones, of those that have ended, and nobody without a secret anything', async () => {
    const { body } = await given();
    const foreign = await authorize(hub, { client: 'app', scope, login });
    const forged = await new SignJWT(decodeJwt(body.access_token))
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .sign(new Uint8Array(32));
    for (const token of [foreign.body.access_token, forged, 'a.b.c', 'unknown', `${body.access_token}x`])
      expect(await introspect(token)).toEqual({ status: 200, body: { active: false } });
    expect((await introspect(body.access_token, {})).status).toBeGreaterThanOrEqual(400);
    await hub.pool.query(`update smart_grant set ended = now() where account = $1`, [account]);
    for (const token of [body.access_token, body.refresh_token])
      expect(await introspect(token)).toEqual({ status: 200, body: { active: false } });
  });

  test('takes no id of a token for the token, nor does revocation', async () => {
    const { body } = await given();
    const { jti } = decodeJwt(body.access_token);
    expect(await introspect(jti!)).toEqual({ status: 200, body: { active: false } });
    const revoked = await fetch(`${hub.auth}/revoke`, {
      method: 'POST',
      headers: basic,
      body: new URLSearchParams({ token: jti! }),
    });
    expect(revoked.status).toBe(200);
    for (const token of [body.access_token, body.refresh_token])
      expect((await introspect(token)).body['active']).toBe(true);
  });

  test('tells nothing more of a child that has left the card file, before its tokens end', async () => {
    const { body } = await given();
    expect((await introspect(body.access_token)).body).toMatchObject({ active: true, patient });
    await hub.pool.query(`update card set ends = now() where account = $1`, [account]);
    for (const token of [body.access_token, body.refresh_token])
      expect(await introspect(token)).toEqual({ status: 200, body: { active: false } });
  });

  test('is the same to a client, whether a token is of another one or of nobody', async () => {
    const { body } = await given();
    const headers = {};
    const asOther = async (token: string) => {
      const answer = await fetch(`${hub.auth}/introspect`, {
        method: 'POST',
        headers,
        body: new URLSearchParams({ token, client_id: 'other' }),
      });
      return { status: answer.status, body: await answer.json(), length: answer.headers.get('content-length') };
    };
    const unknown = await asOther('unknown');
    expect(unknown).toMatchObject({ status: 200, body: { active: false } });
    const { jti } = decodeJwt(body.access_token);
    for (const token of [body.access_token, body.refresh_token, body['id_token'] as string, jti!])
      expect(await asOther(token)).toEqual(unknown);
  });
});

test('the token endpoint refuses what is no request of it, and never breaks', async () => {
  const { parameters } = await codeFor();
  expect((await askToken(hub, { ...parameters, grant_type: 'password' })).body.error).toBe('unsupported_grant_type');
  expect((await askToken(hub, { ...parameters, grant_type: 'client_credentials' })).body.error).toMatch(
    /unauthorized_client|invalid_request/,
  );
  for (const body of [
    '',
    '%',
    'grant_type=refresh_token&grant_type=x',
    `code=${'x'.repeat(60_000)}`,
    '{"grant_type":"authorization_code"}',
    '\u0000',
  ])
    for (const type of [
      'application/x-www-form-urlencoded',
      'application/json',
      'text/plain',
      'application/x-www-form-urlencoded\t',
      '',
    ])
      expect(
        (await fetch(`${hub.auth}/token`, { method: 'POST', body, headers: { 'content-type': type } })).status,
      ).toBeLessThan(500);
});

test('ids of tokens, codes and sessions are nowhere in the database; what has expired goes', async () => {
  const { parameters } = await codeFor();
  const given = await askToken(hub, parameters);
  const { rows } = await hub.pool.query<{ all: string }>(
    `select string_agg(model || id || payload, ' ') as all from smart_record`,
  );
  for (const value of [parameters['code']!, given.body.refresh_token, decodeJwt(given.body.access_token).jti!])
    expect(rows[0]!.all).not.toContain(value);
  await hub.pool.query(
    `update smart_record set expires = now() - interval '2 hours' where model = 'AuthorizationCode'`,
  );
  await pruneSmart(hub.pool, 1000);
  const left = await hub.pool.query(`select model, count(*)::int from smart_record group by 1`);
  expect(left.rows.map((r) => r.model)).not.toContain('AuthorizationCode');
  expect(left.rows.map((r) => r.model)).toContain('RefreshToken');
});

describe('a grant is kept', () => {
  const given = async (made: Partial<{ scope: string }> = {}) => {
    const { body } = await authorize(hub, { client: 'app', scope: made.scope ?? scope, login });
    return { refresh: body.refresh_token, id: decodeJwt(body.access_token)['gid'] as string };
  };
  const age = (id: string, days: number) =>
    hub.pool.query(
      `with aged as (update smart_record set expires = expires - make_interval(days => $2) where grant_id = $1)
       update smart_grant set created = created - make_interval(days => $2), ends = ends - make_interval(days => $2) where id = $1`,
      [id, days],
    );
  const kept = async () => {
    await pruneSmart(hub.pool, 1000);
    const { rows } = await hub.pool.query<{ id: string }>('select id from smart_grant where account = $1', [account]);
    return rows.map((row) => row.id);
  };

  test('for an hour after it has ended, or its time is over', async () => {
    const [lives, revoked, over] = [await given(), await given(), await given({ scope: 'patient/Patient.rs' })];
    await hub.pool.query('update smart_grant set ended = now() where id = $1', [revoked.id]);
    await hub.pool.query('update smart_grant set ends = now() where id = $1', [over.id]);
    expect((await kept()).sort()).toEqual([lives.id, revoked.id, over.id].sort());
    const earlier = `now() - interval '61 minutes'`;
    await hub.pool.query(`update smart_grant set ended = ${earlier} where id = $1`, [revoked.id]);
    await hub.pool.query(`update smart_grant set ends = ${earlier} where id = $1`, [over.id]);
    expect(await kept()).toEqual([lives.id]);
  });

  test('as long as it is used once in 30 days, and no longer', async () => {
    const [used, unused] = [await given(), await given()];
    for (const { id } of [used, unused]) await age(id, 29);
    expect((await kept()).sort()).toEqual([used.id, unused.id].sort());
    expect((await refresh(used.refresh)).status).toBe(200);
    for (const { id } of [used, unused]) await age(id, 2);
    expect(await kept()).toEqual([used.id]);
  });

  test('twelve hours without a token that refreshes it', async () => {
    const { id } = await given({ scope: 'patient/Patient.rs' });
    await hub.pool.query(`update smart_record set expires = now() - interval '1 minute' where grant_id = $1`, [id]);
    expect(await kept()).toEqual([id]);
  });
});
