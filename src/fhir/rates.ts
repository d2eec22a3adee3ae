/** Limits by address, before anything is done for a request. */
import type { FastifyInstance } from 'fastify';
import { networkOf } from '../access/account/attempt.sql.ts';
import { clientAddress } from '../client-address.ts';
import type { RateLimiter } from '../rate-limit.ts';

/** A balancer that is refused here would take the hub for dead. */
const never = /^\/(?:health|metrics)(?:[/?]|$)/;
const ofSignIn = /^\/(?:auth|account)\//;
/** A proxy on this machine that does not say for whom it asks. */
const loopback = /^(?:127\.|::1$|::ffff:127\.)/;

export function addRateLimits(app: FastifyInstance, limiter: RateLimiter, trustProxy = false): void {
  app.addHook('onRequest', (request, reply, done) => {
    const address = clientAddress(request, trustProxy);
    if (never.test(request.url) || loopback.test(address)) return done();
    const network = networkOf(address);
    try {
      limiter.take('addressPerMinute', network);
      if (ofSignIn.test(request.url)) limiter.take('signInPerMinute', network);
      done();
    } catch (error) {
      // Pages have an answer of their own for what is thrown.
      void reply.header('retry-after', '60');
      done(error as Error);
    }
  });
}
