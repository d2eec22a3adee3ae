/** A hub with subscriptions whose rounds and clock are the test's. */
import { idOf } from '../../src/id.ts';
import { type SubscriptionRounds, startSubscriptions } from '../../src/workflows/subscription-rounds.ts';
import { passHorizon } from '../support/database.ts';
import { type Answer, ask, type TestHub } from '../support/hub.ts';
import { createMemoryHub } from '../support/memory-hub.ts';
import { begin, memoryConfig, openMemoryClinic, quarterSlots, schedules } from '../support/memory-mis.ts';
import { orderOf } from '../support/order.ts';
import { openReceiver, type Received, type Receiver } from '../support/receiver.ts';

export interface Stage {
  readonly hub: TestHub;
  readonly receiver: Receiver;
  readonly rounds: SubscriptionRounds;
  readonly url: string;
  /** Moves the clock on. */
  pass(seconds: number): void;
  /** Id of the nth slot of the first doctor. */
  slot(n: number): string;
  /** Follows what is written from now on, and nothing that was written before. */
  subscribe(over?: object, token?: string): Promise<Answer>;
  /** A Subscription to a topic. */
  follow(
    topic: string,
    content: string,
    over?: { filters?: string[]; channel?: object; token?: string },
  ): Promise<Answer>;
  patient(family: string, over?: object): Promise<string>;
  book(slot: string, patient: string): Promise<Answer>;
  cancel(appointment: Answer['body']): Promise<Answer>;
  /** Has the rounds done and tells what was received since the last time. */
  turn(): Promise<Received[]>;
  close(): Promise<void>;
}

export const topicUrl = (code: string) => `https://medmost.ru/fhir/SubscriptionTopic/${code}`;
const extension = (name: string) =>
  `http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/backport-${name}`;

export async function createStage(): Promise<Stage> {
  const receiver = await openReceiver();
  let ahead = 0;
  const hub = await createMemoryHub({
    keys: ['one', 'two'],
    slots: schedules.flatMap((s) => quarterSlots(s.key, begin, 8)),
    open: (key, number, mis) => openMemoryClinic(key, number, mis, memoryConfig(key)),
    clock: () => Date.now() + ahead,
  });
  await hub.read();
  const started = startSubscriptions(hub.context.subscriptions, false);
  const rounds: SubscriptionRounds = {
    ...started,
    async turn() {
      await passHorizon(hub.pool);
      await started.turn();
    },
  };
  const app = () => hub.token({ clinics: ['one'] });
  let told = 0;
  const subscribe: Stage['subscribe'] = async (over = {}, token) => {
    const channel = { type: 'rest-hook', endpoint: receiver.url, payload: 'application/fhir+json' };
    const base = { resourceType: 'Subscription', status: 'requested', reason: 'Тест', criteria: 'Patient?', channel };
    await passHorizon(hub.pool);
    return ask(hub, 'POST', 'Subscription', { body: { ...base, ...over }, token: token ?? (await app()) });
  };
  return {
    hub,
    receiver,
    rounds,
    url: hub.url,
    pass(seconds) {
      ahead += seconds * 1000;
    },
    slot: (n) => idOf('one', 'Slot', String(hub.mis.slots[n]!['key'])),
    subscribe,
    follow: (topic, content, { filters = [], channel = {}, token } = {}) =>
      subscribe(
        {
          meta: { profile: [extension('subscription')] },
          criteria: topicUrl(topic),
          ...(filters.length > 0 && {
            _criteria: { extension: filters.map((f) => ({ url: extension('filter-criteria'), valueString: f })) },
          }),
          channel: {
            type: 'rest-hook',
            endpoint: receiver.url,
            payload: 'application/fhir+json',
            _payload: { extension: [{ url: extension('payload-content'), valueCode: content }] },
            ...channel,
          },
        },
        token,
      ),
    async patient(family, over = {}) {
      const body = { resourceType: 'Patient', name: [{ family, given: ['Анна'] }], birthDate: '1980-01-01', ...over };
      const answer = await ask(hub, 'POST', 'Patient', { body, token: await app() });
      if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
      return answer.body.id!;
    },
    async book(slot, patient) {
      const body = orderOf(slot, patient);
      return ask(hub, 'POST', 'Appointment', { body, token: await app() });
    },
    cancel: async (appointment) =>
      ask(hub, 'PUT', `Appointment/${appointment.id}`, {
        body: { ...appointment, status: 'cancelled' },
        token: await app(),
      }),
    async turn() {
      await rounds.turn();
      const fresh = receiver.received.slice(told);
      told = receiver.received.length;
      return fresh;
    },
    async close() {
      await rounds.stop();
      await hub.close();
      await receiver.close();
    },
  };
}
