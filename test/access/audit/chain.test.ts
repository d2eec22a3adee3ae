import { beforeEach, describe, expect, test } from 'vitest';
import { type Audit, createAudit } from '../../../src/access/audit/audit.ts';
import type { AuditEntry } from '../../../src/access/audit/event.ts';
import { expireQueries, expireSeal, readNewestSeal, sealEvents } from '../../../src/access/audit/seal.sql.ts';
import { verifyAudit } from '../../../src/access/audit/verify.ts';
import { type Database, openPool, transaction } from '../../../src/postgres.ts';
import { createDatabase, passHorizon, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
let pool: Database;
let audit: Audit;

beforeEach(async () => {
  database = await createDatabase();
  pool = openPool(database.url, { name: 'test', connections: 8, onError: () => {} });
  audit = createAudit({ url: database.url, pool, onError: () => {} });
  return async () => {
    await Promise.all([audit.close(), pool.end()]);
    await database.drop();
  };
});

const now = Date.parse('2026-11-22T09:00:00Z');
const patient = '11111111-1111-4111-8111-111111111111';

const entry = (more: Partial<AuditEntry> = {}): AuditEntry => ({
  at: now,
  kind: 'rest',
  action: 'R',
  interaction: 'read Appointment',
  outcome: 0,
  status: 200,
  clinic: 1,
  patient,
  agent: { subject: 'account', role: 'patient', client: 'app', address: '192.0.2.1' },
  request: 'request-1',
  resource: 'Appointment/22222222-2222-4222-8222-222222222222',
  query: 'GET Appointment/22222222-2222-4222-8222-222222222222',
  ...more,
});

/** Three seals of three events each. */
async function fill(): Promise<void> {
  for (let seal = 0; seal < 3; seal++) {
    for (let i = 0; i < 3; i++) await audit.record([entry({ request: `${seal}-${i}`, reason: 'выдача «A»\t\u2028' })]);
    await passHorizon(pool);
    expect(await transaction(pool, sealEvents)).toBe(3);
  }
}

const verify = () => verifyAudit(pool, now);

/** As one would who owns the tables: past the triggers. */
async function tamper(...statements: string[]): Promise<void> {
  await transaction(pool, async (client) => {
    for (const table of ['audit_event', 'audit_seal']) await client.query(`alter table ${table} disable trigger user`);
    for (const text of statements) expect((await client.query(text)).rowCount, text).toBeGreaterThan(0);
    for (const table of ['audit_event', 'audit_seal']) await client.query(`alter table ${table} enable trigger user`);
  });
}

describe('the chain', () => {
  test('is whole when nothing was touched; what came since waits for its seal', async () => {
    await fill();
    await audit.record([entry()]);
    expect(await verify()).toMatchObject({ seals: 3, events: 9, expired: 0, unsealed: 1 });
    expect((await verify()).broken).toBeUndefined();
    await passHorizon(pool);
    await transaction(pool, sealEvents);
    expect(await verify()).toMatchObject({ seals: 4, events: 10, unsealed: 0 });
  });

  const second = `(select seq from audit_event order by seq offset 4 limit 1)`;
  test.each([
    ['a letter of an event', `update audit_event set subject = 'accounT' where seq = ${second}`, '2', 'altered'],
    ['an outcome', `update audit_event set outcome = 4 where seq = ${second}`, '2', 'altered'],
    [
      'a microsecond',
      `update audit_event set at = at + interval '1 microsecond' where seq = ${second}`,
      '2',
      'altered',
    ],
    ['a text becomes null', `update audit_event set client = null where seq = ${second}`, '2', 'altered'],
    ['an event that is taken out', `delete from audit_event where seq = ${second}`, '2', '1 of its 3'],
    [
      'an event that is put in',
      `insert into audit_event (xid, at, kind, action, interaction, outcome, subject, role)
       select xid, at, kind, action, interaction, outcome, subject, role from audit_event where seq = ${second}`,
      '2',
      '1 were put',
    ],
    ['a hash', `update audit_seal set hash = sha256(hash) where n = 2`, '2', 'the seal itself'],
    ['the number of events', `update audit_seal set count = 2 where n = 2`, '2', 'the seal itself'],
    ['a seal that is taken out', `delete from audit_seal where n = 2`, '3', 'missing'],
    ['the first seal that is taken out', `delete from audit_seal where n = 1`, '2', 'missing'],
  ])('%s is found', async (_what, statement, seal, problem) => {
    await fill();
    await tamper(statement);
    const { broken } = await verify();
    expect(broken).toMatchObject({ seal, problem: expect.stringContaining(problem) });
  });

  test('two events whose order was swapped are found', async () => {
    await fill();
    const { rows } = await pool.query<{ xid: string }>(`select xid from audit_event order by seq offset 3 limit 2`);
    const [one, two] = rows.map((r) => r.xid);
    await tamper(
      `update audit_event set xid = case xid when ${one} then ${two} else ${one} end where xid in (${one}, ${two})`,
    );
    expect((await verify()).broken).toMatchObject({ seal: '2', problem: expect.stringContaining('altered or moved') });
  });

  test('an end that was cut off is found by a seal noted elsewhere, as is a chain written anew', async () => {
    await fill();
    const { n, hash } = (await readNewestSeal(pool))!;
    expect((await verifyAudit(pool, now, { n, hash })).broken).toBeUndefined();
    const end = '(select max(seq) from audit_event)';
    await tamper(`delete from audit_seal where n = 3`, `delete from audit_event where seq > ${end} - 3`);
    expect((await verify()).broken).toBeUndefined();
    expect((await verifyAudit(pool, now, { n, hash })).broken?.problem).toContain('cut off');
    await audit.record([entry({ request: 'another' })]);
    await passHorizon(pool);
    await transaction(pool, sealEvents);
    expect((await verifyAudit(pool, now, { n, hash })).broken?.problem).toContain('written anew');
  });

  test('an event that is committed late is sealed in its place, and none is sealed before it could be', async () => {
    const client = await pool.connect();
    await client.query('begin');
    await client.query(`insert into audit_event (at, kind, action, interaction, outcome, subject, role)
      values (now(), 'rest', 'R', 'late', 0, '', 'app')`);
    await audit.record([entry()]);
    expect(await transaction(pool, sealEvents)).toBe(0);
    await client.query('commit');
    client.release();
    await passHorizon(pool);
    expect(await transaction(pool, sealEvents)).toBe(2);
    expect(await verify()).toMatchObject({ seals: 1, events: 2, unsealed: 0 });
  });

  test('two hubs that seal at once make one chain', async () => {
    await audit.record(Array.from({ length: 40 }, (_, i) => entry({ request: String(i) })));
    await passHorizon(pool);
    const counts = await Promise.all(Array.from({ length: 6 }, () => transaction(pool, sealEvents)));
    expect(counts.reduce((a, b) => a + b)).toBe(40);
    expect((await verify()).broken).toBeUndefined();
  });

  test('events that nobody seals are told', async () => {
    await audit.record([entry()]);
    expect((await verifyAudit(pool, now + 3_700_000)).broken?.problem).toContain('no hub seals');
  });
});

describe('nobody changes what was written', () => {
  test.each([
    `update audit_event set outcome = 0`,
    `delete from audit_event`,
    `truncate audit_event`,
    `update audit_seal set hash = ''`,
    `delete from audit_seal`,
    `truncate audit_seal`,
  ])('not even the owner: %s', async (statement) => {
    await fill();
    await expect(pool.query(statement)).rejects.toMatchObject({ code: 'MM002' });
  });

  test.each([
    `select * from audit_event`,
    `update audit_event set outcome = 0`,
    `delete from audit_event`,
    `truncate audit_event`,
    `alter table audit_event disable trigger user`,
    `insert into audit_event (seq, xid) overriding system value values (1, 1)`,
    `insert into audit_event (xid, at, kind, action, interaction, outcome, subject, role)
      values (1, now(), 'rest', 'R', '', 0, '', '')`,
    `select * from audit_query`,
    `delete from audit_query`,
    `insert into audit_seal select * from audit_seal`,
    `select * from audit_seal`,
    `select * from document`,
    `select * from account`,
  ])('the role that writes events may not %s', async (statement) => {
    const own = openPool(database.url, { name: 'test', connections: 1, role: 'medmost_audit', onError: () => {} });
    try {
      expect((await own.query('select current_user as name')).rows[0].name).toBe('medmost_audit');
      await expect(own.query(statement)).rejects.toMatchObject({ code: '42501' });
    } finally {
      await own.end();
    }
  });

  test('events of more than three years go, by whole seals, and no others', async () => {
    await audit.record([entry({ at: Date.parse('2020-01-01T00:00:00Z') })]);
    await passHorizon(pool);
    await transaction(pool, sealEvents);
    await fill();
    await expect(pool.query('delete from audit_event')).rejects.toMatchObject({ code: 'MM002' });
    expect(await expireSeal(pool)).toBe(1);
    expect(await expireSeal(pool)).toBe(0);
    expect(await expireQueries(pool, 10)).toBe(1);
    expect(await verify()).toMatchObject({ seals: 4, events: 9, expired: 1 });
    expect((await verify()).broken).toBeUndefined();
  });
});

describe('what is written', () => {
  test('events of one request share its text, whose digest is salted; destroying the text leaves the chain whole', async () => {
    await audit.record([entry(), entry({ patient: '33333333-3333-4333-8333-333333333333' })]);
    const { rows } = await pool.query<{ text: string; salt: Buffer }>('select text, salt from audit_query');
    expect(rows).toHaveLength(1);
    expect(rows[0]!.text).toContain('GET Appointment/');
    expect(rows[0]!.salt).toHaveLength(16);
    await passHorizon(pool);
    await transaction(pool, sealEvents);
    await pool.query(`update audit_query set text = 'GET Appointment'`);
    expect((await verify()).broken?.problem).toContain('texts of requests');
    await pool.query('delete from audit_query');
    expect((await verify()).broken).toBeUndefined();
  });

  test('what Postgres cannot write as text is written all the same', async () => {
    await audit.record([
      entry({ query: 'GET Patient?name=\0\ud800', reason: 'a\0b', agent: { subject: '\0', role: 'app' } }),
    ]);
    const { rows } = await pool.query(
      'select e.subject, q.text from audit_event e join audit_query q on q.digest = e.query',
    );
    expect(rows).toEqual([{ subject: '\ufffd', text: 'GET Patient?name=\ufffd\ufffd' }]);
  });

  test('what cannot be written is told to a reader, and owed by a writer until it can', async () => {
    await pool.query('revoke insert on audit_query from medmost_audit');
    await expect(audit.record([entry()])).rejects.toMatchObject({ code: '42501' });
    await audit.owe([entry()]);
    expect(await audit.isOwing()).toBe(true);
    await pool.query('grant insert on audit_query to medmost_audit');
    expect(await audit.isOwing()).toBe(false);
    const { rows } = await pool.query('select count(*)::integer as n from audit_event');
    expect(rows).toEqual([{ n: 1 }]);
  });
});
