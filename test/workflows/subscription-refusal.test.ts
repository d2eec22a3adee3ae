/** What is no Subscription here: it is refused when it is written, and the element is named. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createStage, type Stage, topicUrl } from './subscription-stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage.close());

const refusals: [string, object, string][] = [
  ['an unknown parameter', { criteria: 'Slot?nosuch=1' }, 'Subscription.criteria'],
  ['a parameter without value', { criteria: 'Slot?status=' }, 'Subscription.criteria'],
  ['what arranges a result', { criteria: 'Slot?status=free&_include=Slot:schedule' }, 'Subscription.criteria'],
  ['a bad value', { criteria: 'Slot?start=ge2026-13-45' }, 'Subscription.criteria'],
  ['a type that is not served', { criteria: 'Immunization?status=completed' }, 'Subscription.criteria'],
  ['subscriptions themselves', { criteria: 'Subscription?status=active' }, 'Subscription.criteria'],
  ['an unknown topic', { criteria: topicUrl('nosuch') }, 'Subscription.criteria'],
  ['the status error', { status: 'error' }, 'Subscription.status'],
  ['an end in the past', { end: '2020-01-01T00:00:00Z' }, 'Subscription.end'],
  ['e-mail', { channel: { type: 'email', endpoint: 'mailto:a@b.c' } }, 'Subscription.channel.type'],
  ['no endpoint', { channel: { type: 'rest-hook' } }, 'Subscription.channel.endpoint'],
  [
    'an inner endpoint',
    { channel: { type: 'rest-hook', endpoint: 'http://[::1]/x' } },
    'Subscription.channel.endpoint',
  ],
  [
    'another format',
    { channel: { type: 'rest-hook', endpoint: 'http://127.0.0.1/', payload: 'text/plain' } },
    'Subscription.channel.payload',
  ],
  [
    'another version',
    {
      channel: { type: 'rest-hook', endpoint: 'http://127.0.0.1/', payload: 'application/fhir+json; fhirVersion=5.0' },
    },
    'Subscription.channel.payload',
  ],
  [
    'a header of the exchange',
    { channel: { type: 'rest-hook', endpoint: 'http://127.0.0.1/', header: ['Host: x'] } },
    'Subscription.channel.header',
  ],
  [
    'a header that splits',
    { channel: { type: 'rest-hook', endpoint: 'http://127.0.0.1/', header: ['A: x\r\nB: y'] } },
    'Subscription.channel.header',
  ],
  [
    'a hidden value nobody knows',
    { channel: { type: 'rest-hook', endpoint: 'http://127.0.0.1/', header: ['A: (hidden)'] } },
    'Subscription.channel.header',
  ],
  ['a topic without content', { criteria: topicUrl('slot-freed') }, 'Subscription.channel.payload.extension'],
  [
    'an endpoint of a websocket',
    { channel: { type: 'websocket', endpoint: 'http://127.0.0.1/' } },
    'Subscription.channel.endpoint',
  ],
];

test.each(refusals)('%s is refused, and the element named', async (_, over, expression) => {
  const { status, body } = await stage.subscribe(over);
  expect([400, 422], JSON.stringify(body)).toContain(status);
  expect(body.issue![0]!.expression).toEqual([expression]);
  const { rows } = await stage.hub.pool.query('select from subscription');
  expect(rows).toEqual([]);
});
