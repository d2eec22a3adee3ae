/** RELIABILITY §5.4 34: after the destruction nothing of the person is found in any table; of others all is there. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sealEvents } from '../../../src/access/audit/seal.sql.ts';
import { verifyAudit } from '../../../src/access/audit/verify.ts';
import { actOf, type Erased, type Erasing, erase, journalOf } from '../../../src/access/erasure/erase.ts';
import { dataMap, holdings } from '../../../src/access/erasure/holdings.ts';
import { transaction } from '../../../src/postgres.ts';
import { prepareDocument } from '../../../src/store/document.ts';
import { putDocument } from '../../../src/store/documents.sql.ts';
import { everybody } from '../../../src/store/visibility.ts';
import { passHorizon } from '../../support/database.ts';
import { ask } from '../../support/hub.ts';
import { createMemoryHub, type MemoryHub } from '../../support/memory-hub.ts';

let hub: MemoryHub;
beforeAll(async () => {
  hub = await createMemoryHub();
});
afterAll(() => hub.close());

interface Person {
  readonly account: string;
  readonly patient: string;
  /** Texts that are nobody else's. */
  readonly canaries: readonly string[];
}

/** A person with something in every table that may hold a person. */
async function person(family: string, snils: string, phone: string): Promise<Person> {
  const [account, card, email] = [randomUUID(), randomUUID(), `${family.length}${phone.slice(-4)}@canary.test`];
  const name = [{ family, given: ['Зяблица'] }];
  const identifier = [{ system: 'urn:oid:1.2.643.100.3', value: snils }];
  const patient = await hub.patient({ name, identifier, telecom: [{ system: 'phone', value: phone }] });
  const { pool, clinic } = hub;
  const token = await hub.token({ role: 'patient', subject: account, patient });
  await ask(hub, 'PUT', `Patient/${patient}`, {
    body: {
      resourceType: 'Patient',
      id: patient,
      name,
      identifier,
      gender: 'female',
      telecom: [
        { system: 'email', value: email },
        { system: 'phone', value: phone },
      ],
    },
  });
  for (const resourceType of ['Communication', 'Encounter'])
    await ask(hub, 'POST', resourceType, {
      body: {
        resourceType,
        status: resourceType === 'Encounter' ? 'planned' : 'completed',
        ...(resourceType === 'Encounter' && { class: { code: 'VR' } }),
        subject: { reference: `Patient/${patient}`, display: family },
      },
    });
  await ask(hub, 'GET', `Patient?family=${encodeURIComponent(family)}`);
  await ask(hub, 'GET', `Patient?identifier=${snils}`);
  await ask(hub, 'GET', `Patient/${patient}`, { token });
  await ask(hub, 'POST', 'Subscription', {
    token,
    body: {
      resourceType: 'Subscription',
      status: 'requested',
      reason: family,
      criteria: 'Appointment?status=booked',
      channel: { type: 'rest-hook', endpoint: 'http://127.0.0.1:443/hook', header: [`x-name: ${phone}`] },
    },
  });
  await pool.query(
    `insert into account (id, login, family, given, snils, email, phone) values ($1, $2, $3, 'Зяблица', $4, $2, $5)`,
    [account, email, family, snils, phone],
  );
  await pool.query(
    `insert into card (id, account, relation, family, given, snils) values ($1, $2, 'self', $3, 'Зяблица', $4)`,
    [card, account, family, snils],
  );
  await pool.query(`insert into card_patient (card, patient, clinic, basis) values ($1, $2, $3, 'code')`, [
    card,
    patient,
    clinic.number,
  ]);
  await pool.query(
    `insert into account_consent (account, version, hash, at, channel) values ($1, '1', '', now(), 'web')`,
    [account],
  );
  await pool.query(
    `insert into account_link (token, purpose, account, email, created, ends) values (sha256($1::text::bytea), 'email', $1::uuid, $2, now(), now())`,
    [account, email],
  );
  await pool.query(
    `insert into smart_grant (id, client, account, role, method, card, patient, ends) values ($1::text, 'app', $1::uuid, 'patient', 'password', $2, $3, now() + interval '1 day')`,
    [account, card, patient],
  );
  await pool.query(
    `insert into smart_record (model, id, payload, grant_id, expires) values ('AccessToken', $1, $2, $1, now())`,
    [account, JSON.stringify({ accountId: account, name: family })],
  );
  await pool.query(
    `insert into message (clinic, at, operation, access, milliseconds, outcome, request, response) values ($1, now(), 'find', 'read', 1, 'ok', $2, $3)`,
    [clinic.number, `<name>${family} Зяблица</name>`, `<snils>${snils}</snils>`],
  );
  await pool.query(
    `insert into booking (id, appointment, clinic, slot, patient, state, content, request) values ($1, $1, $2, $1, $3, 'cancelled', $4, $5)`,
    [randomUUID(), clinic.number, patient, family, JSON.stringify({ phone })],
  );
  await pool.query(
    `insert into standalone_booking (clinic, reference, schedule, practitioner, start_at, end_at, patient, booking)
     values ($1, $2, 'd;b', $2, now(), now() + interval '1 hour', $3, $2)`,
    [clinic.number, randomUUID(), patient],
  );
  const file = { resourceType: 'Person', id: randomUUID(), name: [{ family }] };
  await putDocument(
    pool,
    prepareDocument(file, 1, Date.now(), { clinic: everybody, zone: 'UTC', patient: account }, hub.sync.parameters),
  );
  return { account, patient, canaries: [family, snils, phone, email] };
}

/** In which columns of all tables there are, of whatever schema, a text stands. */
async function columnsWith(text: string): Promise<string[]> {
  const { rows } = await hub.pool.query<{ name: string; column: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name, a.attname as column from pg_attribute a
     join pg_class c on c.oid = a.attrelid and c.relkind = 'r' join pg_namespace n on n.oid = c.relnamespace
     where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and a.attnum > 0 and not a.attisdropped`,
  );
  expect(rows.length).toBeGreaterThan(200);
  const spelled = encodeURIComponent(text);
  const found: string[] = [];
  for (const { name, column } of rows) {
    const isBytes = `case when pg_typeof("${column}")::text = 'bytea' then encode("${column}"::text::bytea, 'escape') else "${column}"::text end`;
    const { rowCount } = await hub.pool.query(
      `select from ${name} where position(lower($1) in lower(${isBytes})) > 0 or position(lower($2) in lower("${column}"::text)) > 0 limit 1`,
      [text, spelled],
    );
    if (rowCount === 1) found.push(`${name}.${column}`);
  }
  return found;
}

const operator = { subject: 'os:anna', role: 'operator', client: 'command line' };
const erasing = (kind: 'account' | 'patient', id: string): Erasing => ({
  kind,
  id,
  reason: 'отзыв согласия от 20.11.2026',
  by: 'главный врач',
  system: 'medmost, ООО «Клиника»',
});

describe('destruction', () => {
  test("of an account takes all that is the account's, and leaves the record of the clinic", async () => {
    const one = await person('Канарейкина', '00000060004', '+79990001122');
    const other = await person('Снегирёвова', '00000061006', '+79990003344');
    for (const canary of one.canaries) expect((await columnsWith(canary)).length, canary).toBeGreaterThan(1);
    const erased = (await erase(hub.context, erasing('account', one.account), operator)) as Erased;
    const left = new Set((await Promise.all(one.canaries.map(columnsWith))).flat());
    const ofClinic = ['document', 'document_version', 'booking', 'search_string', 'search_token'];
    expect([...left].filter((c) => !ofClinic.includes(c.split('.')[1]!))).toEqual([]);
    expect((await columnsWith(one.account)).sort()).toEqual([
      'public.audit_event.resource',
      'public.audit_event.subject',
      'public.destruction.subject',
    ]);
    expect((await ask(hub, 'GET', `Patient/${one.patient}`)).status).toBe(200);
    expect(erased.destroyed.map((d) => d.category)).toEqual(
      expect.arrayContaining([
        'account',
        'card file',
        'subscriptions',
        'authorizations',
        'message log',
        'texts of requests',
      ]),
    );
    for (const canary of other.canaries) expect((await columnsWith(canary)).length, canary).toBeGreaterThan(1);

    await erase(hub.context, erasing('patient', one.patient), operator);
    for (const canary of one.canaries) expect(await columnsWith(canary), canary).toEqual([]);
    expect((await columnsWith(one.patient)).sort()).toEqual([
      'public.audit_event.patient',
      'public.audit_event.resource',
      'public.destruction.subject',
    ]);
    expect((await ask(hub, 'GET', `Patient/${one.patient}`)).status).toBe(404);
    expect((await ask(hub, 'GET', `Patient/${other.patient}`)).status).toBe(200);
    for (const canary of other.canaries) expect((await columnsWith(canary)).length, canary).toBeGreaterThan(1);
  });

  test('leaves the chain of the audit whole', async () => {
    await passHorizon(hub.pool);
    await transaction(hub.pool, sealEvents);
    const one = await person('Щегловская', '00000062008', '+79990005566');
    await erase(hub.context, erasing('patient', one.patient), operator);
    await passHorizon(hub.pool);
    await transaction(hub.pool, sealEvents);
    expect((await verifyAudit(hub.pool, Date.now())).broken).toBeUndefined();
    await expect(hub.pool.query('delete from destruction')).rejects.toMatchObject({ code: 'MM002' });
  });

  test('waits for bookings to come, and tells of whom there is nothing', async () => {
    const patient = await hub.patient();
    const slot = randomUUID();
    await hub.pool.query(
      `insert into slot (id, schedule, start_at, end_at, clinic, status, mis_status, fragment) values ($1, $1, now(), now() + interval '1 hour', $2, 1, 1, 0)`,
      [slot, hub.clinic.number],
    );
    await hub.pool.query(
      `insert into booking (id, appointment, clinic, slot, patient, state) values ($1, $1, $2, $1, $3, 'confirmed')`,
      [slot, hub.clinic.number, patient],
    );
    expect(await erase(hub.context, erasing('patient', patient), operator)).toContain('bookings to come');
    expect((await ask(hub, 'GET', `Patient/${patient}`)).status).toBe(200);
    expect(await erase(hub.context, erasing('patient', randomUUID()), operator)).toBe('there is no such patient');
    expect(await erase(hub.context, erasing('account', randomUUID()), operator)).toBe('there is no such account');
  });

  test('has an act and a journal as order 179 wants them', async () => {
    const [id, at] = [randomUUID(), new Date('2026-11-22T09:00:00Z')];
    const erased = {
      n: '7',
      at,
      destroyed: [
        { category: 'account', rows: 1 },
        { category: 'card file', rows: 3 },
      ],
    };
    const act = actOf(erasing('account', id), erased);
    for (const part of [
      'АКТ № 7',
      '2026-11-22T09:00:00Z',
      'ООО «Клиника»',
      id,
      'СНИЛС',
      'картотека',
      'отзыв согласия',
      'главный врач',
      'Способ уничтожения',
    ])
      expect(act).toContain(part);
    const lines = journalOf(erasing('account', id), erased).split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]).toContain(`7,account/${id},`);
    expect(lines[1]).toContain('отзыв согласия от 20.11.2026,2026-11-22T09:00:00Z,1');
  });
});

describe('the data map', () => {
  test('has every table that there is, once', async () => {
    const { rows } = await hub.pool.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1`,
    );
    expect(holdings.flatMap((h) => h.tables).sort()).toEqual(rows.map((r) => r.name));
  });

  test('is the page', async () => {
    await expect(dataMap()).toMatchFileSnapshot('../../../docs/data-map.md');
  });
});
