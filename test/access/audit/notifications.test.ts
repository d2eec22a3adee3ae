/** What the hub sends of its own is written down before it leaves: files of exports, notifications. */

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFoci } from '../../../src/fhir/subscription/focus.ts';
import { eventBundle } from '../../../src/fhir/subscription/speech.ts';
import { hubIn } from '../../../src/store/visibility.ts';
import type { SubscriptionRow } from '../../../src/workflows/subscription.ts';
import { openExportStage } from '../../fhir/export-stage.ts';
import { ask } from '../../support/hub.ts';

let stage: Awaited<ReturnType<typeof openExportStage>>;
beforeAll(async () => {
  stage = await openExportStage();
});
afterAll(() => stage.close());

interface Event {
  kind: string;
  interaction: string;
  patient: string | null;
  subject: string;
}
const events = async (kind: string): Promise<Event[]> =>
  (
    await stage.hub.pool.query<Event>(
      'select kind, interaction, patient, subject from audit_event where kind = $1 order by seq',
      [kind],
    )
  ).rows;

test('an export: who asked for it, every patient in its files, every file that is fetched', async () => {
  const { rows } = await stage.hub.pool.query<{ patient: string }>(
    `select distinct patient from document where patient is not null and type in ('Patient', 'Appointment')`,
  );
  const manifest = await stage.exported('$export?_type=Patient,Appointment,Slot');
  expect(rows.length).toBeGreaterThan(1);
  const told = await events('export');
  expect(told.filter((e) => e.interaction === 'operation $export')).toHaveLength(1);
  const patients = told.filter((e) => e.interaction === 'export').map((e) => e.patient);
  expect(patients.sort()).toEqual(rows.map((r) => r.patient).sort());
  expect(new Set(told.map((e) => e.subject)).size).toBe(1);
  for (const file of manifest.output) expect((await stage.fetchFile(file.url)).statusCode).toBe(200);
  expect((await events('export')).filter((e) => e.interaction === 'export-file')).toHaveLength(manifest.output.length);
});

test('an export of which the audit cannot be written gives no file', async () => {
  const { hub, exported } = stage;
  const manifest = await exported('$export?_type=Patient');
  const status = await stage.begin('$export?_type=Patient,Slot');
  await hub.pool.query('revoke insert on audit_event from medmost_audit');
  try {
    const { statusCode, body } = await stage.fetchFile(manifest.output[0]!.url);
    expect([statusCode, body.includes('"Patient"')]).toEqual([503, false]);
    expect(await stage.runDue()).toBe(true);
    const { rows } = await hub.pool.query('select state from export order by created desc limit 1');
    expect([rows, (await ask(hub, 'GET', status, { token: stage.token })).status]).toEqual([
      [{ state: 'waiting' }],
      202,
    ]);
  } finally {
    await hub.pool.query(`grant insert (at, kind, action, interaction, outcome, status, reason, clinic, patient, subject, role, client,
      account, address, request, resource, query) on audit_event to medmost_audit`);
  }
});

test('a notification: whoever is named, or stands behind what is named', async () => {
  const { hub } = stage;
  const { rows } = await hub.pool.query<{ id: string; patient: string; version: number; clinic: number }>(
    `select id, patient, version, clinic from document where type = 'Appointment' and patient is not null limit 1`,
  );
  const { id, patient, version, clinic } = rows[0]!;
  const terms = { base: 'http://hub.test/fhir', endpoint: 'http://receiver.test/hook', headers: [], timeout: 1 };
  const row = (more: object) =>
    ({
      id: randomUUID(),
      subscriber: { subject: 'registry', role: 'app', clinics: ['demo'] },
      terms: { ...terms, ...more },
    }) as unknown as SubscriptionRow;
  const event = { number: 1, kind: 'update', type: 'Appointment', focus: id, version, changed: new Date() } as const;
  const viewer = hubIn(clinic);
  const one = { kind: 'notification', interaction: 'notification', patient, subject: 'registry' };
  const sent = async (work: () => Promise<unknown>) => {
    const before = (await events('notification')).length;
    expect(JSON.stringify(await work())).not.toBe('');
    return (await events('notification')).slice(before);
  };
  const { subscriptions, pool } = hub.context;
  const send = (more: object) => sent(() => subscriptions.notification(pool, row(more), viewer, [event]));
  const json = 'application/fhir+json';
  expect(await send({ mime: json })).toEqual([one]);
  expect(await send({ mime: json, topic: 'appointment', content: 'full-resource' })).toEqual([one]);
  expect(await send({ mime: json, topic: 'appointment', content: 'id-only' })).toEqual([one]);
  expect(await send({ mime: json, topic: 'appointment', content: 'empty' })).toEqual([]);
  expect(await send({})).toEqual([]);
  const onSocket = row({ topic: 'appointment', content: 'id-only' });
  const foci = await readFoci(pool, hub.context.slots, viewer, [event]);
  expect(await sent(() => eventBundle(hub.context, pool, onSocket, [event], foci))).toEqual([one]);
});
