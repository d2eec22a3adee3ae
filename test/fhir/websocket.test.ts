/** The websocket of subscriptions, with a client that speaks the protocol. */
import type { AddressInfo } from 'node:net';
import { WebSocket } from 'undici';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { clinicsOf, createStanding } from '../../src/access/standing.sql.ts';
import { createBindings } from '../../src/fhir/subscription/bindings.ts';
import { currentViewer } from '../../src/fhir/viewer.ts';
import { ask } from '../support/hub.ts';
import { orderOf } from '../support/order.ts';
import { addAccount, grant as grantTo } from '../support/people.ts';
import { createStage, type Stage } from '../workflows/subscription-stage.ts';

let stage: Stage;
let address: string;
beforeAll(async () => {
  stage = await createStage();
  await stage.hub.app.listen({ host: '127.0.0.1', port: 0 });
  address = `ws://127.0.0.1:${(stage.hub.app.server.address() as AddressInfo).port}/fhir/websocket`;
});
afterAll(() => stage.close());

interface Talk {
  send(text: string): void;
  next(): Promise<string>;
  readonly closed: Promise<number>;
  close(): void;
}

/** Rejects when the connection is refused. */
function connect(headers: Record<string, string> = {}): Promise<Talk> {
  const socket = new WebSocket(address, { headers });
  const messages: string[] = [];
  const wanting: ((text: string) => void)[] = [];
  socket.addEventListener('message', ({ data }) => {
    const want = wanting.shift();
    if (want === undefined) messages.push(String(data));
    else want(String(data));
  });
  const closed = new Promise<number>((done) => socket.addEventListener('close', ({ code }) => done(code)));
  return new Promise((done, fail) => {
    socket.addEventListener('error', () => fail(new Error('refused')));
    socket.addEventListener('open', () =>
      done({
        send: (text) => socket.send(text),
        next: async () => messages.shift() ?? new Promise((want) => wanting.push(want)),
        closed,
        close: () => socket.close(),
      }),
    );
  });
}

const owner = (subject = 'test') => stage.hub.token({ clinics: ['one'], subject });
const authorized = async (subject?: string) => ({ authorization: `Bearer ${await owner(subject)}` });
const plain = async () => (await stage.subscribe({ criteria: 'Patient?', channel: { type: 'websocket' } })).body;
const followed = () =>
  stage.follow('appointment-changed', 'id-only', { channel: { type: 'websocket', endpoint: undefined } });

interface Granted {
  token: string;
  expiration: string;
  url: string;
}

async function grant(id: string, token?: string): Promise<{ status: number; granted: Granted }> {
  const answer = await ask(stage.hub, 'POST', `Subscription/${id}/$get-ws-binding-token`, {
    token: token ?? (await owner()),
  });
  const parts = (answer.body['parameter'] ?? []) as { name: string; [value: string]: string }[];
  const value = (name: string, member: string) => parts.find((p) => p.name === name)?.[member] ?? '';
  const granted = {
    token: value('token', 'valueString'),
    expiration: value('expiration', 'valueDateTime'),
    url: value('websocket-url', 'valueUrl'),
  };
  return { status: answer.status, granted };
}

const typeOf = (text: string) => /"name":"type","valueCode":"([a-z-]+)"/.exec(text)?.[1];

test('R4: bind, bound, ping; what came while nobody was there is told at once', async () => {
  const { id, status } = (await plain()) as unknown as { id: string; status: string };
  expect(status).toBe('active');
  await stage.patient('Тестова');
  await stage.rounds.turn();
  const talk = await connect(await authorized());
  talk.send(`bind ${id}`);
  expect(await talk.next()).toBe(`bound ${id}`);
  expect(await talk.next()).toBe(`ping ${id}`);
  await stage.patient('Иванова');
  await stage.rounds.turn();
  expect(await talk.next()).toBe(`ping ${id}`);
  talk.close();
});

test('a topic by a token: handshake, then what happens, with its numbers', async () => {
  const { body } = await followed();
  const { granted } = await grant(body.id!);
  expect(granted.url).toBe('ws://hub.test/fhir/websocket');
  const metadata = await ask(stage.hub, 'GET', 'metadata');
  expect(JSON.stringify(metadata.body)).toContain(granted.url);
  const talk = await connect();
  talk.send(`bind-with-token ${granted.token}`);
  expect(typeOf(await talk.next())).toBe('handshake');
  const patient = await stage.patient('Тестова');
  const { body: booked } = await stage.book(stage.slot(0), patient);
  await stage.rounds.turn();
  const text = await talk.next();
  expect(typeOf(text)).toBe('event-notification');
  expect(text).toContain(`Appointment/${booked.id}`);
  expect(text).not.toContain('"participant"');
  talk.close();
});

test('what is not yours cannot be bound: not by its id, not by a token that is none', async () => {
  const { id } = await plain();
  const bind = async (text: string, headers: Record<string, string>) => {
    const talk = await connect(headers);
    talk.send(text);
    return talk.closed;
  };
  expect(await bind(`bind ${id}`, await authorized('other'))).toBe(1008);
  expect(await bind(`bind ${id}`, {})).toBe(1008);
  expect(await bind('bind-with-token aaaaaaaaaaaaaaaaaaaaaaaa', {})).toBe(1008);
  expect(await bind(`bind-with-token ${await owner()}`, {})).toBe(1008);
  expect(await bind('hello', await authorized())).toBe(1008);
  expect((await grant(id!, await owner('other'))).status).toBe(404);
  const hook = (await stage.subscribe()).body;
  expect((await grant(hook.id!)).status).toBe(422);
  expect(await bind(`bind ${hook.id}`, await authorized())).toBe(1008);
});

test('pages of foreign origins are refused, and so are tokens that are none', async () => {
  const context = stage.hub.context as { program: object };
  context.program = { ...context.program, origins: ['https://app.test'] };
  await expect(connect({ origin: 'https://evil.test' })).rejects.toThrow('refused');
  await expect(connect({ authorization: 'Bearer none' })).rejects.toThrow('refused');
  for (const origin of ['https://app.test', 'http://hub.test']) (await connect({ origin })).close();
});

test('a message that is too long ends the connection, and wakes nobody', async () => {
  const { log } = stage.hub.context;
  const error = vi.spyOn(log, 'error');
  vi.spyOn(log as unknown as { child: () => unknown }, 'child').mockReturnValue(log);
  const talk = await connect(await authorized());
  talk.send(`bind ${'x'.repeat(5000)}`);
  expect(await talk.closed).toBe(1009);
  expect(error).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

test('a connection that binds nothing is closed', async () => {
  const talk = await connect();
  stage.pass(11);
  expect(await talk.closed).toBe(1008);
});

test('what is deleted, switched off or expired is told nothing more', async () => {
  const bound = async () => {
    const { id } = await plain();
    const talk = await connect(await authorized());
    talk.send(`bind ${id}`);
    await talk.next();
    return { id, talk };
  };
  const token = await owner();
  const deleted = await bound();
  await ask(stage.hub, 'DELETE', `Subscription/${deleted.id}`, { token });
  expect(await deleted.talk.closed).toBe(1008);
  const off = await bound();
  const { body } = await ask(stage.hub, 'GET', `Subscription/${off.id}`, { token });
  await ask(stage.hub, 'PUT', `Subscription/${off.id}`, { token, body: { ...body, status: 'off' } });
  expect(await off.talk.closed).toBe(1008);
  const expired = await bound();
  const topic = await followed();
  const { granted } = await grant(topic.body.id!);
  const byToken = await connect();
  byToken.send(`bind-with-token ${granted.token}`);
  await byToken.next();
  stage.pass(3601);
  expect(await expired.talk.closed).toBe(1008);
  expect(await byToken.closed).toBe(1008);
  const late = await connect();
  late.send(`bind-with-token ${granted.token}`);
  expect(await late.closed).toBe(1008);
});

describe('a later token of the same app, of the same person', () => {
  let account: string;
  let daughter: string;
  let son: string;
  let nextSlot = 1;
  const before = () => stage.hub.context.subscriptions.viewerOf;
  let viewerOf: ReturnType<typeof before>;

  beforeAll(async () => {
    const { hub } = stage;
    viewerOf = before();
    const standing = createStanding({ db: hub.pool, ...clinicsOf(hub.clinics) });
    Object.assign(hub.context.subscriptions, { viewerOf: currentViewer(hub.context, standing) });
    [daughter, son] = [await stage.patient('Дочкина'), await stage.patient('Сынов')];
    const child = (patient: string) => ({ patient, clinic: 'one', relation: 'child' as const });
    account = await addAccount(hub, { cards: [child(daughter), child(son)] });
  });
  afterAll(() => void Object.assign(stage.hub.context.subscriptions, { viewerOf }));

  const personal = async (scope: string) =>
    (await grantTo(stage.hub, { account, scope, client: 'phone', patient: daughter })).token;
  const wide = () => personal('launch/patient user/*.cruds');
  const narrow = () => personal('patient/Subscription.rs patient/Appointment.rs');
  const book = async (patient: string) => {
    const body = orderOf(stage.slot(nextSlot++), patient);
    const { token } = await grantTo(stage.hub, { account, scope: 'user/*.cruds' });
    const { status, body: made } = await ask(stage.hub, 'POST', 'Appointment', { token, body });
    expect(status, JSON.stringify(made)).toBe(201);
    await stage.rounds.turn();
    return made.id!;
  };
  const socket = { channel: { type: 'websocket', endpoint: undefined } };
  const follow = async () => {
    const { body } = await stage.follow('appointment-changed', 'full-resource', { ...socket, token: await wide() });
    return body.id!;
  };
  const bound = async (id: string, token: string, way: 'header' | 'token') => {
    const talk = await connect(way === 'header' ? { authorization: `Bearer ${token}` } : {});
    talk.send(way === 'header' ? `bind ${id}` : `bind-with-token ${(await grant(id, token)).granted.token}`);
    return talk;
  };

  test.each(['header', 'token'] as const)('hears what it may see itself, and no more: by %s', async (way) => {
    const id = await follow();
    const talk = await bound(id, await narrow(), way);
    expect(typeOf(await talk.next())).toBe('handshake');
    const brothers = await book(son);
    const hers = await book(daughter);
    let heard = '';
    while (!heard.includes(hers)) heard += await talk.next();
    expect(heard).not.toMatch(new RegExp(`${son}|${brothers}`));
    talk.close();
    // What was kept from it is told to the one who subscribed.
    const whole = await bound(id, await wide(), way);
    expect(typeOf(await whole.next())).toBe('handshake');
    let all = '';
    while (!all.includes(hers)) all += await whole.next();
    expect(all).toContain(brothers);
    whole.close();
  });

  const counted = (text: string) => ({
    type: typeOf(text),
    since: /"events-since-subscription-start","valueString":"(\d+)"/.exec(text)?.[1],
    numbers: [...text.matchAll(/"event-number","valueString":"(\d+)"/g)].map(([, n]) => n),
  });

  test('counts what it may see, and learns of nothing else', async () => {
    const url = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-heartbeat-period';
    const made = await stage.follow('appointment-changed', 'empty', {
      channel: { ...socket.channel, extension: [{ url, valueUnsignedInt: 10 }] },
      token: await wide(),
    });
    const id = made.body.id!;
    const whole = await bound(id, await wide(), 'header');
    expect(counted(await whole.next())).toEqual({ type: 'handshake', since: '0', numbers: [] });
    await book(son);
    expect(counted(await whole.next())).toEqual({ type: 'event-notification', since: '1', numbers: ['1'] });

    const talk = await bound(id, await narrow(), 'header');
    expect(counted(await talk.next())).toEqual({ type: 'handshake', since: '0', numbers: [] });
    await book(son);
    expect(counted(await whole.next())).toEqual({ type: 'event-notification', since: '2', numbers: ['2'] });
    stage.pass(11);
    expect(counted(await talk.next())).toEqual({ type: 'heartbeat', since: '0', numbers: [] });
    await book(daughter);
    expect(counted(await talk.next())).toEqual({ type: 'event-notification', since: '1', numbers: ['1'] });
    await book(son);
    stage.pass(11);
    expect(counted(await talk.next())).toEqual({ type: 'heartbeat', since: '1', numbers: [] });
    await book(daughter);
    expect(counted(await talk.next())).toEqual({ type: 'event-notification', since: '2', numbers: ['2'] });
    talk.close();
    whole.close();

    const asked = async (operation: string, token: string) =>
      counted(JSON.stringify((await ask(stage.hub, 'GET', `Subscription/${id}/${operation}`, { token })).body));
    const reading = await personal('launch/patient patient/Subscription.rs patient/Appointment.rs');
    const all = { since: '5', numbers: ['1', '2', '3', '4', '5'] };
    expect(await asked('$events', await wide())).toEqual({ type: 'query-event', ...all });
    expect(await asked('$events', reading)).toEqual({ type: 'query-event', since: undefined, numbers: ['3', '5'] });
    expect(await asked('$events?eventsUntilNumber=2', reading)).toMatchObject({ numbers: [] });
    expect(await asked('$status', await wide())).toMatchObject({ since: '5' });
    expect(await asked('$status', reading)).toMatchObject({ type: 'query-status', since: undefined });
  });

  test('is not pinged of what it may not see', async () => {
    const asked = { criteria: 'Appointment?', channel: { type: 'websocket' } };
    const { body } = await stage.subscribe(asked, await wide());
    const id = body.id!;
    // In a turn it is told before the other one.
    const less = await bound(id, await narrow(), 'header');
    expect(await less.next()).toBe(`bound ${id}`);
    const all = await bound(id, await wide(), 'header');
    expect(await all.next()).toBe(`bound ${id}`);
    await book(son);
    expect(await all.next()).toBe(`ping ${id}`);
    await book(daughter);
    expect(await all.next()).toBe(`ping ${id}`);
    expect(await less.next()).toBe(`ping ${id}`);
    // One for two bookings: what comes next is the answer to this.
    less.send(`bind ${id}`);
    expect(await less.next()).toBe(`bound ${id}`);
    less.close();
    all.close();
  });

  test('binds nothing where it may read neither subscriptions nor what is followed', async () => {
    const id = await follow();
    for (const scope of ['patient/Appointment.rs', 'patient/Subscription.rs patient/Slot.rs'])
      expect(await (await bound(id, await personal(scope), 'header')).closed).toBe(1008);
    const readsOthers = await personal('patient/Subscription.rs patient/Slot.rs');
    expect(await (await bound(id, readsOthers, 'token')).closed).toBe(1008);
  });

  test('ends, and what it has bound with it', async () => {
    const id = await follow();
    const { token, grant: given } = await grantTo(stage.hub, {
      account,
      scope: 'patient/Subscription.rs patient/Appointment.rs',
      client: 'phone',
      patient: daughter,
    });
    const talk = await bound(id, token, 'token');
    expect(typeOf(await talk.next())).toBe('handshake');
    await stage.hub.pool.query('update smart_grant set ended = now() where id = $1', [given]);
    expect(await talk.closed).toBe(1008);
  });
});

test('who hangs up while he is bound leaves nothing behind, and takes no events from who comes after', async () => {
  const { id } = await plain();
  const bindings = createBindings(stage.hub.context);
  const sent: string[] = [];
  const wire = { bufferedAmount: 0, send: (text: string) => void sent.push(text), close: () => {} };
  const bearer = async () => ({ subject: 'test', role: 'app', clinics: ['one'] });
  const bound = bindings.bind({ wire, subscription: id!, bearer });
  bindings.forget(wire);
  expect(await bound).toBe(false);
  expect(bindings.has(wire)).toBe(false);
  await stage.patient('Тестова');
  await stage.rounds.turn();
  await bindings.turn();
  expect(sent).toEqual([]);
});

test('rights that are withdrawn unbind', async () => {
  const { id } = await plain();
  const talk = await connect(await authorized());
  talk.send(`bind ${id}`);
  await talk.next();
  (stage.hub.context.subscriptions as { viewerOf: unknown }).viewerOf = () => ({
    clinics: [],
    keys: null,
    types: null,
    closed: [],
  });
  expect(await talk.closed).toBe(1008);
});
