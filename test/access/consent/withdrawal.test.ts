/** RELIABILITY §5.4 34: what stands on a consent ends with it; what has another basis does not. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lookForWithdrawn } from '../../../src/access/consent/withdrawals.ts';
import { mayProcess } from '../../../src/store/consent.sql.ts';
import { readSubscription } from '../../../src/workflows/subscription.sql.ts';
import { attend } from '../../../src/workflows/subscription-delivery.ts';
import { passHorizon } from '../../support/database.ts';
import { ask } from '../../support/hub.ts';
import { createMemoryHub, type MemoryHub } from '../../support/memory-hub.ts';

let hub: MemoryHub;
beforeAll(async () => {
  hub = await createMemoryHub();
});
afterAll(() => hub.close());

const privacy = { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] };
const consentOf = (patient: string, more: object = {}) => ({
  resourceType: 'Consent',
  status: 'active',
  scope: privacy,
  category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
  patient: { reference: `Patient/${patient}` },
  dateTime: '2026-11-20T10:00:00+03:00',
  policy: [
    {
      uri: 'https://portal.test/consent/2026-11',
      extension: [
        { url: 'https://medmost.ru/fhir/StructureDefinition/consent-text-sha256', valueString: 'ab'.repeat(32) },
      ],
    },
  ],
  ...more,
});

async function give(patient: string, more: object = {}, token?: string): Promise<string> {
  const { status, body } = await ask(hub, 'POST', 'Consent', {
    body: consentOf(patient, more),
    ...(token && { token }),
  });
  expect(status, JSON.stringify(body)).toBe(201);
  return body.id!;
}

async function withdraw(id: string, token?: string): Promise<void> {
  const headers = { 'content-type': 'application/json-patch+json' };
  const body = [{ op: 'replace', path: '/status', value: 'inactive' }];
  const { status } = await ask(hub, 'PATCH', `Consent/${id}`, { body, headers, ...(token && { token }) });
  expect(status).toBe(200);
}

async function look(): Promise<number> {
  await passHorizon(hub.pool);
  return (await lookForWithdrawn(hub.context, '0')).ended.length;
}

/** An account whose card file has the patient, and an app that was let in. */
async function grant(
  patient: string,
  relation: 'self' | 'child' = 'self',
  account: string = randomUUID(),
): Promise<string> {
  const [card, id] = [randomUUID(), randomUUID()];
  await hub.pool.query(
    `insert into account (id, family, given, state) values ($1, 'Тестова', 'Мария', 'confirmed') on conflict do nothing`,
    [account],
  );
  await hub.pool.query(
    `insert into card (id, account, relation, family, given) values ($1, $2, $3, 'Тестова', 'Мария')`,
    [card, account, relation],
  );
  await hub.pool.query(`insert into card_patient (card, patient, clinic, basis) values ($1, $2, $3, 'code')`, [
    card,
    patient,
    hub.clinic.number,
  ]);
  await hub.pool.query(
    `insert into smart_grant (id, client, account, role, method, card, patient, ends)
     values ($1, 'app', $2, 'patient', 'password', $3, $4, now() + interval '1 day')`,
    [id, account, card, patient],
  );
  return id;
}

const isLive = async (id: string) =>
  (await hub.pool.query('select from smart_grant where id = $1 and ended is null', [id])).rowCount === 1;

describe('a consent', () => {
  test("that is withdrawn by the patient ends the grants of his account, and nobody else's", async () => {
    const [mine, other] = [await hub.patient(), await hub.patient()];
    const [myGrant, otherGrant] = [await grant(mine), await grant(other)];
    const token = await hub.token({ role: 'patient', subject: 'mine', patient: mine });
    const [consent] = [await give(mine, {}, token), await give(other)];
    expect([await look(), await isLive(myGrant)]).toEqual([0, true]);
    await withdraw(consent, token);
    expect([await look(), await isLive(myGrant), await isLive(otherGrant)]).toEqual([1, false, true]);
    expect(await look()).toBe(0);
  });

  test("of a child ends what acts for the child, and not the parent's own", async () => {
    const [parent, child] = [await hub.patient(), await hub.patient()];
    const account = randomUUID();
    const [own, forChild] = [await grant(parent, 'self', account), await grant(child, 'child', account)];
    await withdraw(await give(child));
    await look();
    expect([await isLive(own), await isLive(forChild)]).toEqual([true, false]);
  });

  test('of an account itself ends its grants', async () => {
    const [patient, account] = [await hub.patient(), randomUUID()];
    const live = await grant(patient, 'self', account);
    const put = (at: string, withdrawn: string | null) =>
      hub.pool.query(
        `insert into account_consent (account, version, hash, at, channel, withdrawn_at) values ($1, '1', '', $2, 'web', $3)`,
        [account, at, withdrawn],
      );
    await put('2026-01-01', null);
    expect([await look(), await isLive(live)]).toEqual([0, true]);
    await put('2026-02-01', '2026-03-01');
    expect([await look(), await isLive(live)]).toEqual([1, false]);
  });

  test.each([
    ['none at all', [], true],
    ['one in force', [{}], true],
    ['one that was refused', [{ status: 'rejected' }], false],
    ['one that denies', [{ provision: { type: 'deny' } }], false],
    ['one that has ended', [{ provision: { period: { end: '2020-01-01' } } }], false],
    ['one that ends later', [{ provision: { period: { end: '2999-01-01' } } }], true],
    ['a draft', [{ status: 'draft' }], true],
    ['one on treatment that is inactive', [{ status: 'inactive', scope: { coding: [{ code: 'treatment' }] } }], true],
    ['a new one after a withdrawal', [{ status: 'inactive' }, {}], true],
    ['a withdrawal after a new one', [{}, { status: 'inactive' }], false],
  ])('%s', async (_name, consents, may) => {
    const patient = await hub.patient();
    for (const more of consents) await give(patient, more);
    expect(await mayProcess(hub.pool, patient, 'notification')).toBe(may);
    expect(await mayProcess(hub.pool, patient, 'treatment')).toBe(true);
  });

  test('that is withdrawn leaves the record where it is: the clinic keeps it by law', async () => {
    const patient = await hub.patient();
    const consent = await give(patient);
    await withdraw(consent);
    await look();
    expect((await ask(hub, 'GET', `Patient/${patient}`)).status).toBe(200);
    const { body } = await ask(hub, 'GET', `Consent/${consent}/_history`);
    expect(body['total']).toBe(2);
    expect((await ask(hub, 'DELETE', `Consent/${consent}`)).status).toBe(405);
  });

  test('stops what is sent, with the next event at the latest', async () => {
    const patient = await hub.patient();
    const token = await hub.token({ role: 'patient', subject: 'follower', patient });
    const consent = await give(patient, {}, token);
    const body = {
      resourceType: 'Subscription',
      status: 'requested',
      reason: 'test',
      criteria: 'Appointment?status=booked',
      channel: { type: 'rest-hook', endpoint: 'http://127.0.0.1:443/hook', payload: 'application/fhir+json' },
    };
    const { status, body: made } = await ask(hub, 'POST', 'Subscription', { token, body });
    expect(status, JSON.stringify(made)).toBe(201);
    const row = (await readSubscription(hub.pool, made.id!))!;
    expect((await hub.context.subscriptions.viewerOf(row.subscriber)).clinics).toHaveLength(1);
    await withdraw(consent, token);
    await attend(hub.context.subscriptions, row);
    expect((await ask(hub, 'GET', `Subscription/${made.id}`, { token })).body['status']).toBe('off');
  });

  test('is whose it is, and says when it was given', async () => {
    const [patient, other] = [await hub.patient(), await hub.patient()];
    const { dateTime: _, ...undated } = consentOf(patient);
    expect((await ask(hub, 'POST', 'Consent', { body: undated })).status).toBe(400);
    const id = await give(patient);
    const moved = { ...consentOf(other), id };
    expect((await ask(hub, 'PUT', `Consent/${id}`, { body: moved })).status).toBe(422);
    const stranger = await hub.token({ role: 'patient', subject: 'stranger', patient: other });
    expect((await ask(hub, 'GET', `Consent/${id}`, { token: stranger })).status).toBe(404);
    const headers = { 'content-type': 'application/json-patch+json' };
    const patch = [{ op: 'replace', path: '/status', value: 'inactive' }];
    expect((await ask(hub, 'PATCH', `Consent/${id}`, { token: stranger, body: patch, headers })).status).toBe(404);
  });
});
