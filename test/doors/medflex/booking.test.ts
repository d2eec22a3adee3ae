/** MedFlex's webhooks: what is said of a booking is what became of it, whatever is repeated, late or lost. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ask } from '../../support/hub.ts';
import { begin } from '../../support/memory-mis.ts';
import { type HubProxy, openHubProxy } from './hub-proxy.ts';
import { openStage, perSchedule } from './stage.ts';

const stage = await openStage();
const { sandbox, hub, mis } = stage;
afterAll(() => stage.close());
beforeEach(async () => {
  mis.forget();
  mis.afterSale = async () => {};
  sandbox.point(stage.door.url);
});

let used = 0;
/** A cell of doctor 1 at the first branch that no other test has. */
const next = () => used++;
/** Each test has a person of its own. */
let people = 0;
const somebody = (more: object = {}) => ({
  first_name: 'Анна',
  second_name: 'Ивановна',
  last_name: 'Тестова',
  mobile_phone: `7900${String(++people).padStart(7, '0')}`,
  birthday: '1990-02-03',
  ...more,
});

const claimOf = ({ body }: { body: Record<string, unknown> }) => {
  expect(body).toEqual({ status_code: 204, claim_id: expect.any(String) });
  return String(body['claim_id']);
};
const send = async (webhook: string, body: object) => (await sandbox.send({ webhook, body }))[0]!.body;
const sales = (n: number) => [...mis.sold.values()].filter((key) => key === String(mis.slots[n]!['key'])).length;
/** Of the slot in FHIR, by whomever. */
async function standing(n: number) {
  const { body } = await ask(hub, 'GET', `Appointment?slot=Slot/${stage.slotId(0, n)}`);
  return ((body['entry'] ?? []) as { resource: { id: string; status: string } }[]).map((e) => e.resource);
}
/** Of a door: its patience passes when the test says so. */
function ownTime() {
  let ahead = 0;
  return {
    clock: () => Date.now() + ahead,
    pass() {
      ahead += 120_000;
    },
  };
}
/** The answer to the next booking is lost, and everything after it, until the patience has passed. */
function goDown(proxy: HubProxy, time: { pass(): void }): void {
  let isDown = false;
  proxy.loses = (method, path) => {
    if (method !== 'POST' || !path.endsWith('/Appointment')) return false;
    isDown = true;
    time.pass();
    return true;
  };
  proxy.stops = () => isDown;
}
const eventually = async (isSo: () => Promise<boolean>) => {
  for (const until = Date.now() + 25_000; Date.now() < until; await new Promise((done) => setTimeout(done, 50)))
    if (await isSo()) return;
  throw new Error('it did not become so');
};

test('a booking stands in FHIR and in the MIS before MedFlex hears 204', async () => {
  const n = next();
  const claim = claimOf(await sandbox.book({ ...stage.cell(0, n), client: somebody(), comment: 'Болит спина' }));
  expect(sales(n)).toBe(1);
  const appointment = await stage.appointment(claim);
  expect(appointment).toMatchObject({ status: 'booked', comment: 'ПроДокторов: Болит спина' });
  expect(appointment['slot']).toEqual([{ reference: `Slot/${stage.slotId(0, n)}` }]);
  const [{ actor }] = appointment['participant'] as [{ actor: { reference: string } }];
  const { body } = await ask(hub, 'GET', actor.reference);
  expect(body).toMatchObject({
    name: [{ use: 'official', family: 'Тестова', given: ['Анна', 'Ивановна'] }],
    telecom: [{ system: 'phone', value: `+7900${String(people).padStart(7, '0')}` }],
    birthDate: '1990-02-03',
  });
});

test('the same webhook again, or many at once, is one booking with one claim', async () => {
  for (const together of [false, true]) {
    const n = next();
    const { filial, doctor, dt, time_start, time_end } = stage.cell(0, n);
    const body = {
      doctor: { id: doctor, lpu_id: filial },
      appointment: { dt_start: `${dt} ${time_start}`, dt_end: `${dt} ${time_end}` },
      client: somebody(),
    };
    const answers = await sandbox.send({ webhook: 'book', body, times: 6, together });
    const again = await sandbox.send({
      webhook: 'book',
      body: { ...body, appointment: { ...body.appointment, comment: 'Ещё раз' } },
    });
    expect(new Set([...answers, ...again].map(claimOf)).size).toBe(1);
    expect(sales(n)).toBe(1);
    expect(await standing(n)).toHaveLength(1);
  }
});

test('one who has hung up and comes again gets the booking that was made', async () => {
  const n = next();
  const client = somebody();
  mis.afterSale = () => new Promise((done) => setTimeout(done, 500));
  const { filial, doctor, dt, time_start, time_end } = stage.cell(0, n);
  const appointment = { dt_start: `${dt} ${time_start}`, dt_end: `${dt} ${time_end}` };
  const body = { doctor: { id: doctor, lpu_id: filial }, appointment, client };
  const [gone] = await sandbox.send({ webhook: 'book', body, leaveAfter: 100 });
  expect(gone!.status).toBe(0);
  claimOf((await sandbox.send({ webhook: 'book', body }))[0]!);
  expect(await standing(n)).toHaveLength(1);
});

test('two who want one time: one gets it, the other hears 423', async () => {
  const n = next();
  const [a, b] = await Promise.all(
    [somebody(), somebody()].map((client) => sandbox.book({ ...stage.cell(0, n), client })),
  );
  expect([a, b].map((one) => one!.body['status_code']).sort()).toEqual([204, 423]);
  expect(sales(n)).toBe(1);
  const taken = next();
  await stage.bookElsewhere(stage.slotId(0, taken));
  expect((await sandbox.book({ ...stage.cell(0, taken), client: somebody() })).body).toEqual({
    status_code: 423,
    message: 'Slot is busy',
  });
});

test('what the desk has sold meanwhile is 423, too', async () => {
  const n = next();
  mis.sold.set('desk', String(mis.slots[n]!['key']));
  expect((await sandbox.book({ ...stage.cell(0, n), client: somebody() })).body['status_code']).toBe(423);
  expect(await standing(n)).toEqual([]);
});

test('a time that there is not is 416', async () => {
  const cell = stage.cell(0, 15);
  const attached = stage.cell(3, 0);
  const wrong = [
    { ...cell, time_start: '00:07', time_end: '00:22' },
    { ...cell, time_end: '23:45' },
    { ...cell, dt: '2020-01-01' },
    { ...cell, doctor: 'nobody' },
    { ...cell, filial: 'nowhere' },
    { ...cell, filial: stage.cell(1, 0).filial, doctor: stage.cell(2, 0).doctor },
    attached,
  ];
  for (const one of wrong)
    expect((await sandbox.book({ ...one, client: somebody() })).body, JSON.stringify(one)).toEqual({
      status_code: 416,
      message: "Slot doesn't exist",
    });
});

test('a person who is with another doctor at that time is 409', async () => {
  const client = somebody();
  claimOf(await sandbox.book({ ...stage.cell(2, 0), client }));
  expect((await sandbox.book({ ...stage.cell(1, 0), client })).body['status_code']).toBe(409);
  // Next to it is not at the same time.
  claimOf(await sandbox.book({ ...stage.cell(1, 1), client }));
});

test('a person is known again however it is spelt, and another one is not', async () => {
  const phone = '+7 (900) 123-45-67';
  const a = somebody({ mobile_phone: phone, last_name: 'Королёва' });
  const b = { ...a, mobile_phone: '89001234567', last_name: ' КОРОЛЕВА', second_name: 'Ивановна ' };
  const patientOf = async (client: object, n: number) => {
    const claim = claimOf(await sandbox.book({ ...stage.cell(0, n), client: client as never }));
    return JSON.stringify(((await stage.appointment(claim))['participant'] as object[])[0]);
  };
  const first = await patientOf(a, next());
  expect(await patientOf(b, next())).toBe(first);
  expect(await patientOf({ ...a, first_name: 'Ольга' }, next())).not.toBe(first);
});

test('cancelling frees the time, however often it is said; status tells how it stands', async () => {
  const n = next();
  const client = somebody();
  const cell = stage.cell(0, n);
  const claim = claimOf(await sandbox.book({ ...cell, client }));
  const times = { dt_start: `${cell.dt} ${cell.time_start}`, dt_end: `${cell.dt} ${cell.time_end}` };
  const status = () => send('status', { claim_id: claim });
  expect(await status()).toEqual({ status_code: 204, claim_id: claim, claim_status: 'successfully', ...times });
  for (const _ of [1, 2]) expect(await send('cancel', { claim_id: claim })).toEqual({ status_code: 204 });
  expect(sales(n)).toBe(0);
  expect(await stage.statusOf(stage.slotId(0, n))).toBe('free');
  expect(await status()).toMatchObject({ status_code: 204, claim_status: 'cancelled' });
  // The same person wants the same time after all: that is another booking.
  const again = claimOf(await sandbox.book({ ...cell, client }));
  expect(again).not.toBe(claim);
  expect(sales(n)).toBe(1);
});

test('claims that MedFlex was not given are 404, those of other apps too', async () => {
  const foreign = await stage.bookElsewhere(stage.slotId(0, next()));
  for (const claim_id of [foreign, 'nothing', '00000000-0000-4000-8000-000000000000'])
    for (const webhook of ['cancel', 'status'])
      expect(await send(webhook, { claim_id }), claim_id).toEqual({ status_code: 404, message: 'No such claim' });
  for (const claim_id of ['..', '.', '', '../Patient', 'a/b', 'a?b', 'я', 'x'.repeat(65), 7, null, {}])
    expect((await send('cancel', { claim_id }))['status_code'], String(claim_id)).toBe(400);
  expect((await stage.appointment(foreign))['status']).toBe('booked');
});

test('a MIS that refuses is told with its reason, and one that is not there as not now', async () => {
  mis.answers.push({ outcome: 'rejected', reason: 'rule', text: 'Запись к этому врачу закрыта.' });
  const client = somebody();
  const n = next();
  expect((await sandbox.book({ ...stage.cell(0, n), client })).body).toEqual({
    status_code: 400,
    message: 'Запись к этому врачу закрыта.',
  });
  mis.answers.push({ outcome: 'rejected', reason: 'unsent', text: 'Клиника не отвечает.' });
  expect((await sandbox.book({ ...stage.cell(0, n), client })).body['status_code']).toBe(423);
  claimOf(await sandbox.book({ ...stage.cell(0, n), client }));
});

test('a cancellation that the MIS refuses is not told as done', async () => {
  const claim = claimOf(await sandbox.book({ ...stage.cell(0, next()), client: somebody() }));
  mis.cancels.push({ outcome: 'rejected', reason: 'rule', text: 'Отменить уже нельзя.' });
  expect(await send('cancel', { claim_id: claim })).toEqual({ status_code: 400, message: 'Отменить уже нельзя.' });
  mis.cancels.push({ outcome: 'rejected', reason: 'unsent', text: 'Клиника не отвечает.' });
  expect((await send('cancel', { claim_id: claim }))['status_code']).toBe(423);
  expect((await stage.appointment(claim))['status']).toBe('booked');
  expect((await send('status', { claim_id: claim }))['claim_status']).toBe('successfully');
});

describe('an outcome that is not known', () => {
  /** The MIS has got it, and has not said so. */
  const loseInMis = (n: number) => {
    mis.sold.set(`lost-${n}`, String(mis.slots[n]!['key']));
    mis.answers.push({ outcome: 'unknown', cause: 'test' });
    mis.found.push({ state: 'held', reference: `lost-${n}` });
  };
  const isPending = async (n: number) => (await standing(n))[0]?.status === 'pending';
  const isUndone = async (appointment: string, n: number) =>
    (await stage.appointment(appointment))['status'] === 'cancelled' && !mis.sold.has(`lost-${n}`);

  test('is waited for: 204 when it turns out to be booked in time', async () => {
    const n = next();
    loseInMis(n);
    const claim = claimOf(await sandbox.book({ ...stage.cell(0, n), client: somebody() }));
    expect((await stage.appointment(claim))['status']).toBe('booked');
  });

  test('later than the patience is refused, and taken back in the MIS when it turns out', async () => {
    const n = next();
    const client = somebody();
    const time = ownTime();
    await stage.open({ webhooks: { answerSeconds: 60 } }, time.clock);
    stage.isSilent = true;
    loseInMis(n);
    // Until it is given up at the second try, FHIR shows it booked.
    mis.cancels.push({ outcome: 'unknown', cause: 'test' });
    const waiting = sandbox.book({ ...stage.cell(0, n), client });
    await eventually(() => isPending(n));
    time.pass();
    expect((await waiting).body['status_code']).toBe(423);
    const { id } = (await standing(n))[0]!;
    expect((await send('status', { claim_id: id }))['status_code']).toBe(404);
    stage.isSilent = false;
    // Nobody is told that this one stands, not even while it is confirmed to be given up.
    const claims = new Set<unknown>();
    await eventually(async () => {
      claims.add((await sandbox.book({ ...stage.cell(0, n), client })).body['claim_id']);
      claims.add((await send('status', { claim_id: id }))['claim_status']);
      return isUndone(id, n);
    });
    expect([id, 'successfully'].filter((one) => claims.has(one))).toEqual([]);
  });

  test('of a door that died over it is taken back by the next one', async () => {
    const n = next();
    await stage.open({ webhooks: { answerSeconds: 60 } });
    stage.isSilent = true;
    loseInMis(n);
    const hung = sandbox.book({ ...stage.cell(0, n), client: somebody() });
    await eventually(() => isPending(n));
    const { id } = (await standing(n))[0]!;
    // By a clock that is ahead: the pending one is of the time before its start.
    const heir = await stage.open({}, () => Date.now() + 60_000);
    await heir.round();
    stage.isSilent = false;
    await eventually(() => isUndone(id, n));
    // It lives on, where a dead one would not.
    await hung;
  });
});

describe('answers of the hub that are lost', () => {
  test('are asked for again by the same key: one booking', async () => {
    const proxy = await openHubProxy(stage.base);
    let lost = 2;
    proxy.loses = (method, path) => method === 'POST' && path.endsWith('/Appointment') && lost-- > 0;
    const n = next();
    await stage.open({ hub: { url: proxy.base, token: await hub.token({ subject: 'medflex' }) } });
    claimOf(await sandbox.book({ ...stage.cell(0, n), client: somebody() }));
    expect(proxy.passed.filter((p) => p === 'POST /fhir/Appointment')).toHaveLength(3);
    expect(proxy.keys).toHaveLength(3);
    expect(new Set(proxy.keys).size).toBe(1);
    expect(await standing(n)).toHaveLength(1);
    expect(sales(n)).toBe(1);
    await proxy.close();
  });

  test('and requests that never came there are sent again by that key, by another door as well', async () => {
    const proxy = await openHubProxy(stage.base);
    const time = ownTime();
    proxy.stops = (method, path) => {
      const isBooking = method === 'POST' && path.endsWith('/Appointment');
      if (isBooking) time.pass();
      return isBooking;
    };
    const access = { url: proxy.base, token: await hub.token({ subject: 'medflex' }) };
    const n = next();
    const client = somebody();
    await stage.open({ hub: access, webhooks: { answerSeconds: 60 } }, time.clock);
    expect((await sandbox.book({ ...stage.cell(0, n), client })).body['status_code']).toBe(423);
    expect(await standing(n)).toEqual([]);
    proxy.stops = () => false;
    await stage.open({ hub: access });
    claimOf(await sandbox.book({ ...stage.cell(0, n), client }));
    expect(proxy.keys).toHaveLength(2);
    expect(new Set(proxy.keys).size).toBe(1);
    await proxy.close();
  });

  test('for good: MedFlex hears no, and what was booked is taken back when the hub is there again', async () => {
    const proxy = await openHubProxy(stage.base);
    const n = next();
    const client = somebody();
    const token = await hub.token({ subject: 'medflex' });
    const time = ownTime();
    const door = await stage.open({ hub: { url: proxy.base, token }, webhooks: { answerSeconds: 60 } }, time.clock);
    goDown(proxy, time);
    expect((await sandbox.book({ ...stage.cell(0, n), client })).body['status_code']).toBe(423);
    expect((await standing(n)).map((a) => a.status)).toEqual(['booked']);
    await door.round();
    // Down: what is owed stays owed.
    expect((await standing(n)).map((a) => a.status)).toEqual(['booked']);
    proxy.loses = () => false;
    proxy.stops = () => false;
    await door.round();
    await eventually(async () => (await standing(n))[0]!.status === 'cancelled' && sales(n) === 0);
    await proxy.close();
  });
});

describe('a hub that is down when the answer is due', () => {
  /** MedFlex was told no of a booking that stands. @returns the door, with its hub up again */
  async function tellNo(n: number, client: ReturnType<typeof somebody>) {
    const proxy = await openHubProxy(stage.base);
    const token = await hub.token({ subject: 'medflex' });
    const time = ownTime();
    const door = await stage.open({ hub: { url: proxy.base, token }, webhooks: { answerSeconds: 60 } }, time.clock);
    goDown(proxy, time);
    expect((await sandbox.book({ ...stage.cell(0, n), client })).body['status_code']).toBe(423);
    proxy.loses = () => false;
    proxy.stops = () => false;
    return { door, proxy, close: proxy.close };
  }

  test('and the same webhook when it is up again: 204, and it is not taken back any more', async () => {
    const n = next();
    const client = somebody();
    const { door, close } = await tellNo(n, client);
    const claim = claimOf(await sandbox.book({ ...stage.cell(0, n), client }));
    await door.round();
    await door.round();
    expect((await standing(n)).map((a) => [a.id, a.status])).toEqual([[claim, 'booked']]);
    await close();
  });

  test('and the same webhook, which has seen it booked before a round takes it back: no is said', async () => {
    const n = next();
    const client = somebody();
    const { door, proxy, close } = await tellNo(n, client);
    const [seen, onTheWay] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let held = 0;
    proxy.holds = (_method, path) => {
      if (!path.endsWith('/Appointment/_search') || held++ > 0) return undefined;
      seen.resolve();
      return onTheWay.promise;
    };
    const answer = sandbox.book({ ...stage.cell(0, n), client });
    await seen.promise;
    await door.round();
    await eventually(async () => (await standing(n))[0]!.status === 'cancelled');
    await door.round();
    onTheWay.resolve();
    expect((await answer).body['status_code']).not.toBe(204);
    await close();
  });

  test('and the same webhook and a round at once: what was said is what is', async () => {
    for (let i = 0; i < 2; i++) {
      const n = next();
      const client = somebody();
      const { door, close } = await tellNo(n, client);
      const [answer] = await Promise.all([sandbox.book({ ...stage.cell(0, n), client }), door.round()]);
      const said = answer.body['status_code'] === 204 ? [answer.body['claim_id']] : [];
      const booked = async () => (await standing(n)).filter((a) => a.status === 'booked').map((a) => a.id);
      await door.round();
      // What is taken back stays booked until the clinic has let it go.
      await expect.poll(booked, { timeout: 15_000 }).toEqual(said);
      await door.round();
      expect(await booked()).toEqual(said);
      await close();
    }
  });
});

test('there were cells enough', () => {
  expect(used).toBeLessThanOrEqual(perSchedule);
  expect(begin).toBeGreaterThan(Date.now());
});
