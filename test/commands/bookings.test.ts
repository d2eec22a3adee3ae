/** `medmost bookings` as an operator types it: what is open, and his word on one that nobody else can settle. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { idOf } from '../../src/id.ts';
import { readBookingOf } from '../../src/workflows/booking.sql.ts';
import { ask } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { begin, quarterSlots } from '../support/memory-mis.ts';
import { orderOf } from '../support/order.ts';
import { root } from '../support/process.ts';

// Every command is a process of its own.
vi.setConfig({ testTimeout: 90_000 });

const hub = await createMemoryHub({ slots: quarterSlots('doctor-1;branch-1', begin, 4) });
await hub.read();
const patient = await hub.patient();
const config = join(mkdtempSync(join(tmpdir(), 'medmost-bookings-')), 'hub.yaml');
const base = { zone: 'Europe/Moscow', mis: 'onec', connection: { url: 'http://127.0.0.1:9/umc' } };
writeFileSync(
  config,
  JSON.stringify({ clinics: { demo: { name: 'Первая', ...base }, other: { name: 'Вторая', ...base } } }),
);
afterAll(() => hub.close());

function medmost(...task: string[]): { code: number | null; text: string } {
  const env = { ...process.env, DATABASE_URL: hub.url };
  const run = spawnSync('node', [join(root, 'src/cli.ts'), '--config', config, 'bookings', ...task], {
    ...{ env, encoding: 'utf8' },
  });
  return { code: run.status, text: run.stdout + run.stderr };
}

/** A booking that the MIS perhaps holds, in the state in which the hub waits. */
async function pending(slot: number): Promise<{ appointment: string; id: string }> {
  hub.mis.answers.push({ outcome: 'unknown', cause: 'hang' });
  const body = orderOf(idOf('demo', 'Slot', String(hub.mis.slots[slot]!['key'])), patient);
  const appointment = (await ask(hub, 'POST', 'Appointment', { body })).body.id!;
  return { appointment, id: (await readBookingOf(hub.pool, appointment))!.id };
}

test('one that waits for an operator is listed, and denied by him alone', async () => {
  const { appointment, id } = await pending(0);
  await new Promise((done) => setTimeout(done, 250));
  hub.mis.found.push({ state: 'taken', doubtful: true });
  await hub.settler.settle((await readBookingOf(hub.pool, appointment))!);
  const listed = medmost('demo');
  expect(listed).toMatchObject({ code: 0, text: expect.stringContaining(`${id} needs_operator`) });
  expect(listed.text).toContain('the time is taken, perhaps by this booking');
  expect(medmost('other', '--deny', id)).toMatchObject({ code: 1, text: expect.stringContaining('no booking') });
  expect(medmost('demo', '--deny', id)).toMatchObject({ code: 0, text: expect.stringContaining(`${id}: refused`) });
  expect((await ask(hub, 'GET', `Appointment/${appointment}`)).body['status']).toBe('cancelled');
  const { rows } = await hub.pool.query(
    `select patient from audit_event where interaction = 'command bookings --deny'`,
  );
  expect(rows).toEqual([{ patient }]);
  expect(medmost('demo', '--deny', id)).toMatchObject({ code: 1, text: expect.stringContaining('no booking') });
});

test('one of which a further attempt has begun meanwhile is not denied', async () => {
  const { appointment, id } = await pending(1);
  const shown = (await readBookingOf(hub.pool, appointment))!;
  await hub.pool.query(`update booking set state = 'sending', next_at = now() + interval '1 hour' where id = $1`, [id]);
  await hub.settler.deny(hub.clinics.byKey('demo')!, { ...shown, state: 'needs_operator' });
  expect((await readBookingOf(hub.pool, appointment))!.state).toBe('sending');
  expect((await ask(hub, 'GET', `Appointment/${appointment}`)).body['status']).toBe('pending');
});

test('one that the hub still asks about is not', async () => {
  const { appointment, id } = await pending(2);
  for (const word of [id, 'nonsense', idOf('demo', 'Booking', 'none')])
    expect(medmost('demo', '--deny', word)).toMatchObject({ code: 1, text: expect.stringContaining('no booking') });
  expect((await ask(hub, 'GET', `Appointment/${appointment}`)).body['status']).toBe('pending');
});
