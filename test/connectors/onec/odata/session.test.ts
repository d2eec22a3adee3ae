/** One session of 1С, kept open and ended. protocols/onec.md §3.3.13. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSession } from '../../../../src/connectors/onec/odata/session.ts';
import { type OdataStage, openOdataStage, soon } from './stage.ts';

let stage: OdataStage;
beforeEach(async () => {
  stage = await openOdataStage();
});
afterEach(() => stage.close());

const sessions = () => stage.sandbox.asked.map(({ session }) => session);

test('the first exchange begins it, the others use it, closing ends it', async () => {
  const { operations, exchanges } = stage.open();
  await operations.directory!(soon());
  expect(sessions()).toEqual(['start', 'cookie', 'cookie', 'cookie']);
  expect(stage.sandbox.openSessions()).toBe(1);
  await operations.close();
  expect(stage.sandbox.openSessions()).toBe(0);
  expect(exchanges.at(-1)).toMatchObject({ operation: 'IBSession finish', outcome: 'ok' });
  expect(JSON.stringify(exchanges)).not.toContain('ibsession=');
});

test('readings at the same time share one session', async () => {
  const { operations } = stage.open();
  await Promise.all(Array.from({ length: 4 }, () => operations.ping!(soon())));
  expect(sessions().filter((session) => session === 'start')).toHaveLength(1);
  expect(stage.sandbox.openSessions()).toBe(1);
});

test.each([400, 404, 500] as const)(
  'a lost session, answered with %i, is begun anew within the reading',
  async (status) => {
    stage.sandbox.traps.lostStatus = status;
    const guard = { readRepeats: 1, repeatAfter: 1 };
    const { operations } = stage.open({ guard });
    const whole = await operations.directory!(soon());
    stage.sandbox.loseSessions();
    expect(await operations.directory!(soon())).toEqual(whole);
    expect(sessions().slice(4)).toEqual(['cookie', 'start', 'cookie', 'cookie']);
  },
);

test('without repeats the reading fails in a way that may be repeated, and the next one is good', async () => {
  const { operations } = stage.open();
  await operations.ping!(soon());
  stage.sandbox.loseSessions();
  await expect(operations.ping!(soon())).rejects.toMatchObject({ name: 'MisReadError', retryable: true });
  await operations.ping!(soon());
});

test('what is wrong by itself is told as such, with a session or without', async () => {
  const { operations } = stage.open({ guard: { readRepeats: 2, repeatAfter: 1 } });
  await operations.directory!(soon());
  stage.sandbox.traps.unpublished = ['Catalog_Отделения'];
  await expect(operations.ping!(soon())).rejects.toMatchObject({ retryable: false, message: /HTTP status 404/ });
});

test('a base that ignores it is not asked again, nor one where it is switched off', async () => {
  stage.sandbox.traps.sessions = 'ignored';
  const { operations } = stage.open();
  await operations.directory!(soon());
  expect(sessions()).toEqual(['start', 'none', 'none', 'none']);
  await operations.close();
  await stage.open({ sessions: false }).operations.directory!(soon());
  expect(sessions().slice(4)).toEqual(['none', 'none', 'none', 'none']);
});

test('a page of something before 1С says nothing of what 1С does', async () => {
  const { operations } = stage.open();
  stage.sandbox.traps.sessions = 'ignored';
  stage.sandbox.fault('html-200', 1);
  await expect(operations.ping!(soon())).rejects.toThrow();
  stage.sandbox.traps.sessions = 'kept';
  await operations.ping!(soon());
  expect(sessions()).toEqual(['start', 'start', 'cookie']);
});

test('no licence is free: 406 may be repeated, and helps when another has gone', async () => {
  stage.sandbox.traps.licences = 1;
  const [one, other] = [stage.open().operations, stage.open().operations];
  await one.ping!(soon());
  await expect(other.ping!(soon())).rejects.toMatchObject({
    retryable: true,
    message: /HTTP status 406, code -1: no licence/,
  });
  await one.close();
  await other.ping!(soon());
});

test('the first answer of a base that slept is waited for', async () => {
  stage.sandbox.traps.firstMilliseconds = 1500;
  await stage.open().operations.ping!(soon());
  stage.sandbox.sleep();
  const timeouts = { request: 300, metadata: 300 };
  await expect(stage.open({ timeouts }).operations.ping!(soon())).rejects.toMatchObject({ retryable: true });
});

test('closing does not wait for a base that has gone', async () => {
  const { operations } = stage.open();
  await operations.ping!(soon());
  await stage.sandbox.close();
  await operations.close();
  stage = await openOdataStage();
});

test('a cookie that cannot be sent back is none', () => {
  const session = openSession(true);
  session.heed({ status: 200, text: '', cookies: ['ibsession=сеанс; path=/'] }, session.headers());
  expect(session.headers()).toEqual({ IBSession: 'start' });
  session.heed({ status: 200, text: '', cookies: ['ibsession=a1-b2_c3==; path=/'] }, session.headers());
  expect(session.headers()).toEqual({ cookie: 'ibsession=a1-b2_c3==' });
});
