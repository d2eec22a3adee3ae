/** `/health/live`, `/health/ready`, `/metrics` (Prometheus). */
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { readFailures } from '../access/account/attach-failures.sql.ts';
import type { Clinics } from '../connectors/clinic.ts';
import type { Database } from '../postgres.ts';
import { readReadingAges } from '../store/clinics.sql.ts';
import { countByStatus } from '../workflows/subscription-upkeep.sql.ts';

export interface Health {
  /** Adds the routes and counts requests. */
  observe(app: FastifyInstance): void;
  /** The hub has begun to stop: a balancer shall send nothing more. */
  drain(): void;
}

const breakerNumbers = { closed: 0, 'half-open': 1, open: 2 } as const;

export function createHealth(pool: Database, clinics: Clinics): Health {
  let draining = false;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Histogram({
    name: 'medmost_http_request_seconds',
    help: 'Duration of HTTP requests by route and status',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  addGauges(registry, pool, clinics);
  return {
    observe(app) {
      app.addHook('onResponse', (request, reply, done) => {
        const route = request.interaction ?? request.routeOptions.url ?? 'none';
        const labels = { method: request.method, route, status: reply.statusCode };
        requests.observe(labels, reply.elapsedTime / 1000);
        done();
      });
      app.get('/health/live', () => ({ status: 'live' }));
      app.get('/health/ready', async (_request, reply) => {
        const database = await isReady(pool);
        if (draining || !database) void reply.code(503);
        return { status: draining ? 'stopping' : database ? 'ready' : 'no database', clinics: breakers(clinics) };
      });
      app.get('/metrics', async (_request, reply) => {
        void reply.type(registry.contentType);
        return registry.metrics();
      });
    },
    drain() {
      draining = true;
    },
  };
}

function breakers(clinics: Clinics): Record<string, unknown> {
  return Object.fromEntries(clinics.all.map((c) => [c.key, c.operations.health()]));
}

async function isReady(pool: Database): Promise<boolean> {
  return pool.query('select 1').then(
    () => true,
    () => false,
  );
}

function addGauges(registry: Registry, pool: Database, clinics: Clinics): void {
  new Gauge({
    registers: [registry],
    name: 'medmost_bookings',
    help: 'Bookings that are not settled, by state',
    labelNames: ['state'],
    async collect() {
      const { rows } = await pool.query<{ state: string; n: number }>(
        'select state, count(*)::integer as n from booking where next_at is not null group by state',
      );
      this.reset();
      for (const { state, n } of rows) this.set({ state }, n);
    },
  });
  new Gauge({
    registers: [registry],
    name: 'medmost_attach_failures',
    help: 'Access codes that failed in the hour that runs; from 50 on somebody is guessing',
    async collect() {
      this.set(await readFailures(pool, new Date()));
    },
  });
  addSubscriptionGauges(registry, pool);
  addClinicGauges(registry, pool, clinics);
}

function addClinicGauges(registry: Registry, pool: Database, clinics: Clinics): void {
  const registers = [registry];
  new Gauge({
    registers,
    name: 'medmost_mis_breaker',
    help: 'Circuit breaker of a MIS: 0 closed, 1 half-open, 2 open',
    labelNames: ['clinic', 'access'],
    collect() {
      for (const clinic of clinics.all)
        for (const [access, state] of Object.entries(clinic.operations.health()))
          this.set({ clinic: clinic.key, access }, breakerNumbers[state as keyof typeof breakerNumbers]);
    },
  });
  new Gauge({
    registers,
    name: 'medmost_sync_age_seconds',
    help: 'Time since the last good reading of a clinic',
    labelNames: ['clinic', 'kind'],
    async collect() {
      const ages = await readReadingAges(
        pool,
        clinics.all.map((c) => c.number),
      );
      this.reset();
      for (const { key, kind, age } of ages) this.set({ clinic: key, kind }, age);
    },
  });
}

/** Each by a count of its own: what one of them found while the other was written would be told a scrape too late. */
function addSubscriptionGauges(registry: Registry, pool: Database): void {
  const gauges = [
    { name: 'medmost_subscriptions', help: 'Subscriptions, by status', of: 'subscriptions' },
    {
      name: 'medmost_subscription_events_waiting',
      help: 'Events that their subscribers have not taken yet, by status of the subscription',
      of: 'waiting',
    },
  ] as const;
  for (const { name, help, of } of gauges)
    new Gauge({
      name,
      help,
      labelNames: ['status'],
      registers: [registry],
      async collect() {
        const counts = await countByStatus(pool);
        this.reset();
        for (const count of counts) this.set({ status: count.status }, count[of]);
      },
    });
}
