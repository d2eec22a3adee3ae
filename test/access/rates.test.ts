/** How often one may ask: by address, by token, at the pages; and that the limits do not fall on others. */
import fastify from 'fastify';
import pino from 'pino';
import { describe, expect, test } from 'vitest';
import { configSchema } from '../../src/config.ts';
import type { Fault } from '../../src/fault.ts';
import { addRateLimits } from '../../src/fhir/rates.ts';
import { createServer } from '../../src/fhir/server.ts';
import { createRateLimiter, type RateLimits, unlimited } from '../../src/rate-limit.ts';
import { createMemoryHub } from '../support/memory-hub.ts';

const time = { now: Date.parse('2026-11-02T10:00:00Z') };
const lines: string[] = [];
const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
const limiterOf = (limits: Partial<RateLimits>) => createRateLimiter({ ...unlimited, ...limits }, () => time.now, log);

describe('a limit', () => {
  test('is counted for a minute, for each by himself, and says when it is over', () => {
    lines.length = 0;
    const limiter = limiterOf({ tokenPerMinute: 3 });
    for (let i = 0; i < 3; i++) limiter.take('tokenPerMinute', 'a');
    time.now += 10_500;
    const refused = (): Fault => {
      try {
        limiter.take('tokenPerMinute', 'a');
      } catch (error) {
        return error as Fault;
      }
      throw new Error('it was not refused');
    };
    expect(refused()).toMatchObject({ kind: 'throttled', details: { retryAfter: 50, code: 'too-many-requests' } });
    refused();
    limiter.take('tokenPerMinute', 'b');
    limiter.take('addressPerMinute', 'a');
    expect(lines).toHaveLength(1);
    time.now += 49_500;
    limiter.take('tokenPerMinute', 'a');
  });

  test('of 0 is none', () => {
    const limiter = limiterOf({ tokenPerMinute: 0 });
    for (let i = 0; i < 100_000; i++) limiter.take('tokenPerMinute', 'a');
  });

  test('takes no more memory for a million names than for a hundred thousand: the others share a count', () => {
    const limiter = limiterOf({ addressPerMinute: 5 });
    for (let i = 0; i < 100_000; i++) limiter.take('addressPerMinute', `2001:db8::${i}`);
    let refused = 0;
    for (let i = 0; i < 1000; i++)
      try {
        limiter.take('addressPerMinute', `2001:db9::${i}`);
      } catch {
        refused++;
      }
    expect(refused).toBe(995);
    limiter.take('addressPerMinute', '2001:db8::7');
  });

  test('is on where nothing is said', () => {
    expect(Object.values(configSchema.parse({ clinics: {} }).limits).every((most) => most > 0)).toBe(true);
  });
});

describe('an address', () => {
  const serverFor = (limits: Partial<RateLimits>, trustProxy: boolean) => {
    const app = fastify();
    app.setErrorHandler((error, _request, reply) => reply.code((error as Fault).status).send());
    addRateLimits(app, limiterOf(limits), trustProxy);
    app.all('/*', (_request, reply) => reply.send('ok'));
    return async (url: string, address: string, headers = {}) => {
      const answer = await app.inject({ url, remoteAddress: address, headers });
      return answer.statusCode;
    };
  };

  test('is that of the connection, or what our proxy has seen last: never what a client says', async () => {
    const direct = serverFor({ addressPerMinute: 2 }, false);
    const tries = ['1.1.1.1', '2.2.2.2', '3.3.3.3'].map((said) =>
      direct('/fhir', '9.9.9.9', { 'x-forwarded-for': said }),
    );
    expect((await Promise.all(tries)).sort()).toEqual([200, 200, 429]);
    const proxied = serverFor({ addressPerMinute: 2 }, true);
    const last = (said: string, seen: string) =>
      proxied('/fhir', '10.0.0.1', { 'x-forwarded-for': `${said}, ${seen}` });
    expect([await last('a', '9.9.9.9'), await last('b', '9.9.9.9'), await last('c', '9.9.9.9')]).toEqual([
      200, 200, 429,
    ]);
    expect(await last('a', '8.8.8.8')).toBe(200);
  });

  test('of IPv6 is the network of a subscriber', async () => {
    const ask = serverFor({ addressPerMinute: 2 }, false);
    expect([
      await ask('/', '2001:db8:0:1::1'),
      await ask('/', '2001:db8:0:1::2'),
      await ask('/', '2001:db8:0:1:9::'),
    ]).toEqual([200, 200, 429]);
    expect(await ask('/', '2001:db8:0:2::1')).toBe(200);
  });

  test('is refused sign-in and accounts before the rest', async () => {
    const ask = serverFor({ addressPerMinute: 100, signInPerMinute: 2 }, false);
    const told = [
      await ask('/auth/token', '9.9.9.9'),
      await ask('/account/attach', '9.9.9.9'),
      await ask('/auth/authorize', '9.9.9.9'),
    ];
    expect(told).toEqual([200, 200, 429]);
    expect(await ask('/fhir/Slot', '9.9.9.9')).toBe(200);
  });

  test('of the machine itself, and whoever asks for the health, is not refused', async () => {
    const ask = serverFor({ addressPerMinute: 1 }, false);
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1'])
      for (let i = 0; i < 3; i++) expect(await ask('/fhir', address)).toBe(200);
    for (let i = 0; i < 3; i++)
      expect([await ask('/health/live', '9.9.9.9'), await ask('/metrics', '9.9.9.9')]).toEqual([200, 200]);
    for (const url of ['/healthy', '/fhir?/health/live'])
      expect(await ask(url, '7.7.7.7')).toBe(url === '/healthy' ? 200 : 429);
  });
});

test('a client is answered 429 with an OperationOutcome that says when to come back; another one goes on', async () => {
  const hub = await createMemoryHub();
  const limits = { ...unlimited, tokenPerMinute: 2 };
  const health = { observe: () => {}, drain: () => {} };
  const app = createServer(hub.context, {
    authenticate: hub.authenticate,
    health,
    publicUrl: 'http://hub.test',
    limits,
  });
  const ask = async (subject: string) => {
    const headers = { authorization: `Bearer ${await hub.token({ subject })}` };
    return app.inject({ url: '/fhir/Slot?_count=0', headers });
  };
  expect([(await ask('one')).statusCode, (await ask('one')).statusCode]).toEqual([200, 200]);
  // Every time with a new token.
  const refused = await ask('one');
  expect(refused.statusCode).toBe(429);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect(refused.json()).toMatchObject({ resourceType: 'OperationOutcome', issue: [{ code: 'throttled' }] });
  expect((await ask('two')).statusCode).toBe(200);
  await app.close();
  await hub.close();
});
