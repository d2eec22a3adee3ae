/** The connector before tm-core of the pretend region, over real HTTP, with the real mapping making the requests. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { startRegizSandbox } from '../../../sandbox/regiz/server.ts';
import { roles, stages, transitions, workflowId } from '../../../sandbox/regiz/workflow.ts';
import { loggedOf } from '../../support/exchange.ts';
import { consultationSettingsOf } from '../../support/regiz-hub.ts';
import { connect, mappings, now } from './stage.ts';

const sandbox = await startRegizSandbox({ start: '2026-12-01', clock: () => now, doctors: 4 });
const base = {
  ...{ url: sandbox.url, lpu: 44, guid: sandbox.guid, timeouts: { write: 1000 } },
  guard: { readRepeats: 0, breakAfter: 1000 },
};
const opened: ReturnType<typeof connect>[] = [];
function open(more: object = {}) {
  const one = connect({ ...base, consultations: { ...consultationSettingsOf(sandbox), ...more } });
  opened.push(one);
  return { ...one, engine: one.operations.consultations! };
}
const { engine, exchanges } = open();
afterAll(async () => {
  for (const { operations } of opened) await operations.close();
  await sandbox.close();
});
afterEach(() => sandbox.clearFaults());

const workflow = 'consultation';
const signal = () => AbortSignal.timeout(20_000);
const contextFor = (booking: string) => ({ signal: signal(), booking });

const request = (more: object = {}, doctor: object = {}) =>
  mappings.toMis('Encounter', {
    resource: {
      resourceType: 'Encounter',
      priority: { coding: [{ system: 'urn:oid:1.2.643.2.69.1.1.1.30', code: '1' }] },
      reasonCode: [
        { coding: [{ system: 'http://hl7.org/fhir/sid/icd-10', code: 'I10' }], text: 'У Проверкиной болит голова' },
      ],
      ...more,
    },
    patient: { resourceType: 'Patient', id: randomUUID(), name: [{ family: 'Проверкина' }] },
    doctor: {
      resourceType: 'Practitioner',
      id: randomUUID(),
      identifier: [{ system: 'urn:oid:1.2.643.100.3', value: '000-000-601 06' }],
      name: [{ family: 'Образцова', given: ['Вера'] }],
      ...doctor,
    },
    request: {
      resourceType: 'ServiceRequest',
      performer: [{ identifier: { system: 'urn:oid:1.2.643.2.69.1.1.1.64', value: '1.2.643.5.1.13.13.12.2.78.9945' } }],
    },
    ...{ workflow, booking: 'unused' },
  });
const kept = (own: string) => sandbox.processes().filter(({ name }) => name.endsWith(own));
async function begun(own: string): Promise<string> {
  const outcome = await engine.start(workflow, request(), contextFor(own));
  if (outcome.outcome !== 'confirmed') throw new Error(outcome.outcome);
  return outcome.reference;
}
const called = (since: number) =>
  sandbox
    .log()
    .slice(since)
    .map(({ operation }) => operation);

describe('a consultation', () => {
  test('is begun in the role of the clinic, is found by our id, stands at a stage that has a status', async () => {
    const own = randomUUID();
    const reference = await begun(own);
    expect(kept(own)).toMatchObject([
      {
        ...{ id: reference, name: `Телемедицинская консультация medmost ${own}`, currentStageId: stages.requested },
        roleContext: { [roles.requester]: { organization: '1.2.643.5.1.13.13.12.2.78.9944', SNILS: '00000060106' } },
        processContext: {
          serviceRequest: {
            ...{ urgency: { code: '1' }, reasonCode: { code: 'I10' }, complaints: 'У Проверкиной болит голова' },
            performerOrganization: { code: '1.2.643.5.1.13.13.12.2.78.9945' },
          },
        },
      },
    ]);
    expect(await engine.find(workflow, request(), own, signal())).toBe(reference);
    expect(await engine.find(workflow, request(), randomUUID(), signal())).toBeUndefined();
    expect(await engine.read(workflow, reference, signal())).toEqual({ id: stages.requested, status: 'planned' });
  });

  test('is brought to the stage of a status by the transition that is configured for it; twice is refused', async () => {
    const reference = await begun(randomUUID());
    expect(engine.canMove(workflow, 'cancelled')).toBe(true);
    expect(engine.canMove(workflow, 'finished')).toBe(false);
    const move = (status: string) => engine.move(workflow, reference, status, request(), contextFor(randomUUID()));
    expect(await move('finished')).toMatchObject({ outcome: 'rejected', reason: 'rule' });
    expect(await move('cancelled')).toMatchObject({ outcome: 'confirmed' });
    expect(await engine.read(workflow, reference, signal())).toEqual({ id: stages.cancelled, status: 'cancelled' });
    expect(await move('cancelled')).toMatchObject({ outcome: 'rejected', reason: 'rule' });
  });

  test('at a stage that the configuration does not know has no status', async () => {
    const reference = await begun(randomUUID());
    const { workflows } = consultationSettingsOf(sandbox);
    const { engine: other } = open({ workflows: { consultation: { ...workflows.consultation, stages: {} } } });
    expect(await other.read(workflow, reference, signal())).toEqual({ id: stages.requested, status: undefined });
  });

  test('of a workflow that is not configured, or by a doctor without СНИЛС, is not sent', async () => {
    const since = sandbox.log().length;
    expect([engine.knows(workflow), engine.knows('toString'), engine.knows('other')]).toEqual([true, false, false]);
    expect(await engine.start('other', request(), contextFor(randomUUID()))).toMatchObject({ outcome: 'rejected' });
    const nameless = request({}, { identifier: undefined });
    expect(engine.unfit(nameless)).toBe('Для консультации нужно указать: СНИЛС врача, который её запрашивает.');
    expect(await engine.start(workflow, nameless, contextFor(randomUUID()))).toMatchObject({ outcome: 'rejected' });
    expect(called(since)).toEqual([]);
  });

  test('that lacks what the workflow demands is refused, in words of ours', async () => {
    const outcome = await engine.start(workflow, request({ reasonCode: undefined }), contextFor(randomUUID()));
    expect(outcome).toEqual({
      ...{ outcome: 'rejected', reason: 'rule' },
      text: 'Система телемедицины региона не приняла консультацию. Проверьте, как она заполнена.',
    });
  });

  test('is looked for on every page', async () => {
    const own = randomUUID();
    for (let n = 0; n < 101; n++) await begun(randomUUID());
    const reference = await begun(own);
    expect(await engine.find(workflow, request(), own, signal())).toBe(reference);
    await expect(open({ pages: 1 }).engine.find(workflow, request(), own, signal())).rejects.toMatchObject({
      name: 'MisReadError',
    });
  });
});

describe('what proves nothing', () => {
  const fault = (name: string, operation: string) => sandbox.fault({ fault: name, operations: [operation], times: 1 });

  test.each(['commit-then-reset', 'commit-then-empty-200', 'commit-then-hang', 'truncated', 'commit-then-500'])(
    '%s: it is not known whether it was begun',
    async (name) => {
      const own = randomUUID();
      fault(name, 'Tm.StartNewProcess');
      expect(await engine.start(workflow, request(), contextFor(own))).toMatchObject({ outcome: 'unknown' });
      expect(await engine.find(workflow, request(), own, signal())).toBe(kept(own)[0]!.id);
    },
  );

  test.each(['html-200', 'drop-before', 'html-502'])('%s for a reading is an error, not "not there"', async (name) => {
    const reference = await begun(randomUUID());
    for (const [operation, read] of [
      ['Tm.GetReadAvailableProcesses', () => engine.find(workflow, request(), randomUUID(), signal())],
      ['Tm.GetProcess', () => engine.read(workflow, reference, signal())],
    ] as const) {
      fault(name, operation);
      await expect(read()).rejects.toMatchObject({ name: 'MisReadError' });
    }
    await expect(engine.read(workflow, randomUUID(), signal())).rejects.toMatchObject({ name: 'MisReadError' });
  });

  test('nobody listens, or the hub is not let in: certainly nothing was sent', async () => {
    const { engine: dead } = open({ url: 'http://127.0.0.1:9/tm-core/api' });
    const { engine: stranger } = open({ guid: '00000000-0000-4000-8000-000000000000' });
    for (const one of [dead, stranger]) {
      const context = contextFor(randomUUID());
      expect(await one.start(workflow, request(), context)).toMatchObject({ outcome: 'rejected', reason: 'unsent' });
      expect(await one.move(workflow, 'x', 'cancelled', request(), context)).toMatchObject({ reason: 'unsent' });
    }
  });

  test('answers of another shape are not believed', async () => {
    let body: unknown;
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tm-core/api`;
    const { engine: odd, operations } = open({ url });
    for (body of [null, [], {}, { success: 'true' }, { success: true }, { success: true, processId: null }])
      expect(await odd.start(workflow, request(), contextFor(randomUUID()))).toMatchObject({ outcome: 'unknown' });
    const pages = [{ items: null, total: 0 }, { items: [], total: 5 }, { items: [{ name: 'x' }], total: 1 }, undefined];
    for (const result of pages) {
      body = { success: true, result };
      await expect(odd.find(workflow, request(), 'x', signal())).rejects.toMatchObject({ name: 'MisReadError' });
    }
    for (const result of [null, {}, { currentStageId: null }, { currentStageId: 7 }]) {
      body = { success: true, result };
      await expect(odd.read(workflow, 'x', signal())).rejects.toMatchObject({ name: 'MisReadError' });
    }
    body = { success: true, result: { items: [], total: 0 } };
    expect(await odd.find(workflow, request(), 'x', signal())).toBeUndefined();
    body = { success: true, result: { currentStageId: stages.done.toUpperCase() } };
    expect(await odd.read(workflow, 'x', signal())).toMatchObject({ status: 'finished' });
    await operations.close();
    server.close();
  });
});

test('a configuration names GUIDs and statuses of R4', () => {
  const settings = consultationSettingsOf(sandbox);
  const { consultation } = settings.workflows;
  const with_ = (change: object) => () => open({ workflows: { consultation: { ...consultation, ...change } } });
  expect(with_({})).not.toThrow();
  expect(with_({ stages: { [stages.done]: 'done' } })).toThrow();
  expect(with_({ stages: { done: 'finished' } })).toThrow();
  expect(with_({ moves: { finished: 'x' } })).toThrow();
  expect(transitions.map(({ id }) => id)).toContain(consultation.start);
  expect(consultation.id).toBe(workflowId);
});

test('the message log tells the operation, and nothing of the patient, the doctor or the token', () => {
  const seen = loggedOf(exchanges);
  expect(seen).toContain('Tm.StartNewProcess');
  expect(seen).toContain(stages.requested);
  for (const word of ['Проверкин', 'болит', 'I10', '00000060106', sandbox.guid]) expect(seen).not.toContain(word);
});
