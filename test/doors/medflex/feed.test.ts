/** What MedFlex is told of the free time: everything at first, then changes, and nothing missed whatever MedFlex does. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { Door } from '../../../src/doors/medflex/door.ts';
import { passHorizon } from '../../support/database.ts';
import { ask } from '../../support/hub.ts';
import { openHubProxy } from './hub-proxy.ts';
import { cellsInFhir, openStage, ordered } from './stage.ts';

let ahead = 0;
const stage = await openStage();
const { sandbox, hub } = stage;
afterAll(() => stage.close());
beforeEach(() => sandbox.behave());

/** A door whose next sending of everything is due when the test says so. */
const openWithClock = (change?: object) => stage.open({ ...change }, () => Date.now() + ahead);
const wholeIsDue = () => {
  ahead += 15 * 60_000;
};

const isFree = (cell: { filial: string; doctor: string; dt: string; time_start: string }) => {
  const { filial, doctor, dt, time_start } = cell;
  const wanted = { filial, doctor, dt, time_start };
  return sandbox.cells().find((c) => Object.entries(wanted).every(([k, v]) => c[k as keyof typeof c] === v))?.free;
};
const whole = '/v2/doctors/send_schedule/';
const callsFrom = (n: number) => sandbox.calls().slice(n);

test('the first round sends what FHIR shows of everybody whom anybody may book, and nobody else', async () => {
  const { sent, problem } = await stage.door.round();
  expect([sent, problem]).toEqual(['everything', undefined]);
  const expected = await cellsInFhir(stage);
  expect(expected.length).toBe(3 * 24);
  expect(ordered(sandbox.cells())).toEqual(expected);
});

test('names, branches and specialties are those of FHIR', async () => {
  const page = await (await fetch(sandbox.url)).text();
  for (const text of ['Поликлиника на Садовой', 'Поликлиника на Лесной', 'Соколова Анна Петровна, Терапия'])
    expect(page).toContain(text);
  expect(page).not.toContain('Щеглова');
});

test('a time that is taken by FHIR is told within few rounds, and without sending everything', async () => {
  const before = sandbox.calls().length;
  expect(isFree(stage.cell(0, 0))).toBe(true);
  await stage.bookElsewhere(stage.slotId(0, 0));
  const rounds = await stage.roundsUntil(() => isFree(stage.cell(0, 0)) === false);
  expect(rounds).toBeLessThanOrEqual(3);
  expect(callsFrom(before).filter((c) => c.path === whole)).toEqual([]);
  expect(ordered(sandbox.cells())).toEqual(await cellsInFhir(stage));
});

test('what the desk closes is told, too', async () => {
  const record = hub.mis.slots[1]!;
  hub.mis.slots[1] = { ...record, status: 'busy' };
  await hub.read();
  await stage.roundsUntil(() => isFree(stage.cell(0, 1)) === false);
});

test('a round without changes sends nothing', async () => {
  const before = sandbox.calls().length;
  for (let i = 0; i < 3; i++) expect(await stage.door.round()).toEqual({ sent: 'nothing', requests: 0 });
  expect(sandbox.calls().length).toBe(before);
});

async function giveUp(appointment: string): Promise<void> {
  const body = { ...(await stage.appointment(appointment)), status: 'cancelled' };
  expect((await ask(hub, 'PUT', `Appointment/${appointment}`, { body })).status).toBe(200);
}

test.each([
  [false, 'with the next sending of everything'],
  [true, 'with the changes'],
])('a time that became free is told, freedByChanges %s: %s', async (freedByChanges, _when) => {
  const n = freedByChanges ? 3 : 2;
  const door = await openWithClock({ push: { freedByChanges } });
  await door.round();
  const appointment = await stage.bookElsewhere(stage.slotId(0, n));
  await stage.roundsUntil(() => isFree(stage.cell(0, n)) === false, door);
  await giveUp(appointment);
  if (!freedByChanges) {
    await passHorizon(hub.pool);
    expect((await door.round()).sent).toBe('nothing');
    expect(isFree(stage.cell(0, n))).toBe(false);
    wholeIsDue();
  }
  await stage.roundsUntil(() => isFree(stage.cell(0, n)) === true, door);
});

describe('whatever MedFlex does, nothing is missed', () => {
  let door: Door;
  let n = 4;
  beforeEach(async () => {
    door = await openWithClock();
    await door.round();
  });

  test.each(['error-500', 'error-429', 'hang-up', 'lost-answer', 'lost-500', 'redirect'] as const)(
    'changes after %s are told again until they are taken',
    async (name) => {
      await stage.bookElsewhere(stage.slotId(0, n));
      await stage.bookElsewhere(stage.slotId(2, n));
      sandbox.misbehave({ name, times: 5 });
      let problems = 0;
      await stage.roundsUntil(async () => {
        const { problem } = await door.round();
        problems += problem === undefined ? 0 : 1;
        return problems >= 2;
      }, door);
      sandbox.behave();
      await stage.roundsUntil(() => isFree(stage.cell(0, n)) === false && isFree(stage.cell(2, n)) === false, door);
      expect(ordered(sandbox.cells())).toEqual(await cellsInFhir(stage));
      expect(sandbox.canaryHits()).toBe(0);
      n++;
    },
  );

  test('a MedFlex that is down over the sending of everything gets it when it is up, and changes of meanwhile', async () => {
    wholeIsDue();
    sandbox.misbehave({ name: 'error-500', times: 1000 });
    await stage.bookElsewhere(stage.slotId(1, 0));
    for (let i = 0; i < 5; i++) expect((await door.round()).problem?.message).toBe('MedFlex answers 500');
    await stage.bookElsewhere(stage.slotId(1, 1));
    sandbox.behave();
    const { sent } = await door.round();
    expect(sent).toBe('everything');
    await stage.roundsUntil(() => [0, 1].every((i) => isFree(stage.cell(1, i)) === false), door);
    expect(ordered(sandbox.cells())).toEqual(await cellsInFhir(stage));
  });

  test('a MedFlex that is down for so long that the walk of changes is past them gets them all the same', async () => {
    sandbox.misbehave({ name: 'error-500', times: 1000 });
    await stage.bookElsewhere(stage.slotId(1, 2));
    const changed = Date.now();
    const walk = async () => (await ask(hub, 'GET', 'Slot?_sort=_lastUpdated&_count=1000')).body.meta?.['lastUpdated'];
    for (;;) {
      await door.round();
      if (Date.parse(String(await walk())) > changed) break;
      await new Promise((done) => setTimeout(done, 100));
    }
    // The walk of this round begins after the change, if the one before has moved on.
    await door.round();
    expect(isFree(stage.cell(1, 2))).toBe(true);
    sandbox.behave();
    await stage.roundsUntil(() => isFree(stage.cell(1, 2)) === false, door);
  });

  test('an answer that never ends is not read', async () => {
    sandbox.misbehave({ name: 'endless' });
    wholeIsDue();
    expect(await door.round()).toMatchObject({ sent: 'everything' });
  });

  test('a change that is refused for good does not keep back the others', async () => {
    await stage.bookElsewhere(stage.slotId(0, 20));
    await stage.bookElsewhere(stage.slotId(2, 20));
    const told = () => [0, 2].filter((s) => isFree(stage.cell(s, 20)) === false).length;
    sandbox.misbehave({ name: 'refuse' });
    await stage.roundsUntil(() => told() === 1, door);
    wholeIsDue();
    await stage.roundsUntil(() => told() === 2, door);
  });
});

test('a door that does not reach the hub, or is refused by it, sends nothing', async () => {
  for (const hubSettings of [
    { url: 'http://127.0.0.1:9/fhir', token: 'a-token-of-nothing' },
    { url: stage.base, token: 'a-token-of-nothing' },
  ]) {
    const door = await stage.open({ hub: hubSettings });
    const before = sandbox.calls().length;
    expect(await door.round()).toMatchObject({ sent: 'nothing', problem: expect.any(Error) });
    expect(sandbox.calls().length).toBe(before);
    expect((await sandbox.send({ webhook: 'health' }))[0]).toEqual({ status: 200, body: { status_code: 503 } });
  }
});

test('a hub that was restored and has lost changes is read from the beginning', async () => {
  const proxy = await openHubProxy(stage.base);
  const door = await stage.open({ hub: { url: proxy.base, token: await hub.token({ subject: 'medflex' }) } });
  expect((await door.round()).sent).toBe('everything');
  proxy.answers = (_method, path) => (path.includes('_lastUpdated=ge') ? 410 : undefined);
  expect((await door.round()).problem?.message).toBe('the hub answers 410 ');
  expect((await door.round()).sent).toBe('everything');
  for (const status of [500, 503, 404]) {
    proxy.answers = () => status;
    expect((await door.round()).sent).toBe('nothing');
  }
  proxy.answers = () => undefined;
  expect(await door.round()).toMatchObject({ sent: 'nothing', requests: 0 });
  await proxy.close();
});

test('a token that MedFlex does not know is told of, and mended by sending again', async () => {
  const medflex = { url: sandbox.url, token: 'not-the-right-one' };
  const door = await stage.open({ medflex });
  expect((await door.round()).problem?.message).toBe('MedFlex answers 401');
});

test('ids and spellings are those of the configuration', async () => {
  const cell = stage.cell(0, 23);
  const door = await stage.open({ filials: { '7': cell.filial }, doctors: { '5': cell.doctor } });
  await door.round();
  expect(isFree({ ...cell, filial: '7', doctor: '5' })).toBe(true);
  const misspelt = await stage.open({ names: { free: 'is_free' } });
  expect((await misspelt.round()).problem?.message).toBe('MedFlex refuses the schedule: 400');
});
