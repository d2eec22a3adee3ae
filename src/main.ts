/** Composition root: configuration → Postgres → clinics → workflows → server. The only file that builds things. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { createAuthenticator, loadTokenKey } from './access/token.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { type ClinicConfig, type Config, ConfigError } from './config.ts';
import { type Clinic, type Clinics, indexClinics, openClinic } from './connectors/clinic.ts';
import { loadMappings } from './connectors/mapping.ts';
import { type MessageLog, openMessageLog } from './connectors/message-log.ts';
import { loadConnector } from './connectors/registry.ts';
import { createExporter } from './fhir/export/exporter.ts';
import { createHealth } from './fhir/health.ts';
import { loadOperations } from './fhir/operations.ts';
import { publish } from './fhir/publication.ts';
import { publicationsOf } from './fhir/publications.ts';
import { loadResources } from './fhir/resources.ts';
import { openCursors } from './fhir/search/cursor.ts';
import { ownParameters } from './fhir/search/parameter.ts';
import type { Declarations } from './fhir/search/request.ts';
import { createSlotRenderer, type SlotRenderer } from './fhir/search/slot.ts';
import { createServer } from './fhir/server.ts';
import { createSpeech } from './fhir/subscription/speech.ts';
import { canonicalResources } from './fhir/terminology/canonical.ts';
import { createTerminology, type Terminology } from './fhir/terminology/terminology.ts';
import { viewerOf } from './fhir/viewer.ts';
import type { Clock } from './instant.ts';
import { migrate } from './migrate.ts';
import { openOutbound } from './outbound.ts';
import { type Database, openPool } from './postgres.ts';
import { ensureClinics } from './store/clinics.sql.ts';
import { loadParameters } from './store/parameters.ts';
import { createBooking } from './workflows/booking.ts';
import type { BookingContext } from './workflows/conclusion.ts';
import { gatherStatements } from './workflows/gathered-statements.ts';
import { createHolding } from './workflows/hold.ts';
import { createLiveCheck } from './workflows/live.ts';
import { type Queue, startQueue } from './workflows/queue.ts';
import { createSettler, type Settler } from './workflows/settlement.ts';
import type { SubscriptionContext } from './workflows/subscription.ts';
import { startSubscriptions } from './workflows/subscription-rounds.ts';
import { startSweeper } from './workflows/sweeper.ts';
import type { SyncContext } from './workflows/sync.ts';
import { startTicker } from './workflows/ticker.ts';

export const version: string = (
  JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as { version: string }
).version;

export const tokenKeyFile = (config: Config): string => join(config.data, 'token.key');

/** The database: that of DATABASE_URL, else an embedded one under the data folder. Its schema is brought up to date. */
export async function openDatabase(config: Config): Promise<{ url: string; cluster: Cluster | undefined }> {
  const given = process.env['DATABASE_URL'];
  const cluster = given === undefined ? await startCluster({ dir: join(config.data, 'postgres') }) : undefined;
  const url = given ?? cluster!.url;
  try {
    await migrate(url);
  } catch (error) {
    if (cluster?.started) await cluster.stop();
    throw error;
  }
  return { url, cluster };
}

/** What the hub and the commands that work beside it have in common. */
export interface Ground {
  readonly url: string;
  readonly pool: Database;
  /** For statements that read everything there is: an hour each. */
  readonly bulk: Database;
  readonly declarations: Declarations;
  readonly clinics: Clinics;
  readonly sync: SyncContext;
  readonly bookingContext: BookingContext;
  readonly settler: Settler;
  close(): Promise<void>;
}

export async function openGround(config: Config, url: string, clock: Clock, log: Logger): Promise<Ground> {
  const onError = (err: Error) => log.warn({ err }, 'a connection to Postgres broke');
  const pool = openPool(url, { name: 'api', connections: 12, onError });
  const keyed = openPool(url, { name: 'booking', connections: 8, keyed: true, onError });
  const work = openPool(url, { name: 'work', connections: 6, queryTimeout: 120_000, onError });
  const bulk = openPool(url, { name: 'export', connections: 2, queryTimeout: 3_600_000, onError });
  const messages = openMessageLog(work, log);
  const clinics = await openClinics(config, pool, messages, clock);
  const declarations = await loadResources();
  const parameters = await loadParameters(pool, ownParameters(declarations));
  const sync = { pool: work, parameters, clock, log };
  const bookingContext = { pool, statements: gatherStatements(keyed, pool), clinics, parameters, clock, log };
  const settler = createSettler(bookingContext);
  return {
    url,
    pool,
    bulk,
    declarations,
    clinics,
    sync,
    bookingContext,
    settler,
    async close() {
      await Promise.all(clinics.all.map((c) => c.operations.close()));
      await messages.close();
      await Promise.all([pool.end(), keyed.end(), work.end(), bulk.end()]);
    },
  };
}

async function openClinics(config: Config, pool: Database, messages: MessageLog, clock: Clock): Promise<Clinics> {
  const numbers = await ensureClinics(pool, Object.keys(config.clinics));
  const all: Clinic[] = [];
  for (const [key, clinic] of Object.entries(config.clinics))
    all.push(await connectClinic(key, numbers.get(key)!, clinic, messages, clock));
  return indexClinics(all);
}

async function connectClinic(
  key: string,
  number: number,
  config: ClinicConfig,
  messages: MessageLog,
  clock: Clock,
): Promise<Clinic> {
  const connector = await loadConnector(config.mis);
  const settings = connector.settings.safeParse(config.connection);
  if (!settings.success) {
    const lines = settings.error.issues.map((i) => `clinics.${key}.connection.${i.path.join('.')} · ${i.message}`);
    throw new ConfigError(lines.join('\n'));
  }
  const folder = join(import.meta.dirname, '..', 'mappings', config.mis);
  const folders = config.mappings === undefined ? [folder] : [folder, config.mappings];
  const mappings = loadMappings(folders, { clinic: key, zone: config.zone });
  const record = (exchange: Parameters<MessageLog['record']>[1]) => messages.record(number, exchange);
  const operations = connector.connect(settings.data, { clinic: key, zone: config.zone, clock, record });
  return openClinic({ key, number, config, operations, mappings });
}

export interface Hub {
  /** Base URL without /fhir. */
  readonly url: string;
  readonly ground: Ground;
  readonly queue: Queue;
  /** Stops taking requests, finishes those in flight, then closes everything. */
  stop(): Promise<void>;
}

/** With connections of its own: whoever delivers for long keeps no request waiting. */
function openSubscriptions(
  { outbound, subscriptions: { retryHours, keepDays } }: Config,
  { url, declarations, clinics, bookingContext: { parameters, clock, log } }: Ground,
  slots: SlotRenderer,
  terminology: Terminology,
): SubscriptionContext & { close(): Promise<void> } {
  const onError = (err: Error) => log.warn({ err }, 'a connection to Postgres broke');
  const pool = openPool(url, { name: 'subscriptions', connections: 4, queryTimeout: 30_000, onError });
  const guarded = openOutbound(outbound);
  return {
    ...createSpeech({ declarations, parameters, clinics, slots, clock, terminology }),
    pool,
    outbound: guarded,
    parameters,
    viewerOf: (subscriber) => viewerOf(subscriber, clinics),
    patience: retryHours * 3600,
    kept: keepDays * 86_400,
    clock,
    log,
    async close() {
      await Promise.all([guarded.close(), pool.end()]);
    },
  };
}

/** Starts everything and listens. */
export async function startHub(config: Config, url: string, log: Logger, clock: Clock = Date.now): Promise<Hub> {
  const ground = await openGround(config, url, clock, log);
  const { pool, bulk, declarations, clinics, sync, bookingContext, settler } = ground;
  const { parameters } = sync;
  const health = createHealth(pool, clinics);
  const booking = createBooking(bookingContext, settler);
  const slots = createSlotRenderer(pool);
  const terminology = createTerminology(canonicalResources(clinics));
  const subscriptions = openSubscriptions(config, ground, slots, terminology);
  const context = {
    pool,
    db: pool,
    parameters,
    declarations,
    operations: await loadOperations(declarations),
    program: { version, since: clock(), origins: config.server.cors },
    clinics,
    slots,
    cursors: await openCursors(pool),
    booking,
    holding: createHolding(bookingContext),
    live: createLiveCheck(pool, sync, clinics),
    exporter: createExporter(bulk),
    terminology,
    subscriptions,
    clock,
    log,
  };
  await publish(context, publicationsOf(context));
  const authenticate = createAuthenticator(loadTokenKey(tokenKeyFile(config)), clock);
  const app = createServer(context, {
    authenticate,
    health,
    publicUrl: config.server.publicUrl,
    trustProxy: config.server.trustProxy,
    origins: config.subscriptions.origins,
  });
  const ticker = await startTicker(pool, log);
  const sweeper = startSweeper(pool, clinics, settler, log);
  context.exporter.start(context);
  const rounds = startSubscriptions(subscriptions);
  const queue = await startQueue(url, sync, settler, clinics);
  const stop = async () => {
    health.drain();
    await closeServer(app);
    await Promise.all([booking.drain(), queue.stop(), sweeper.stop(), ticker.stop(), context.exporter.stop()]);
    await rounds.stop();
    await subscriptions.close();
    await ground.close();
  };
  try {
    const address = await listen(app, config);
    return { url: config.server.publicUrl ?? address, ground, queue, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A connection whose last request was in flight when closing began stays open for its keep-alive time unless told to go. */
async function closeServer(app: FastifyInstance): Promise<void> {
  const timer = setInterval(() => app.server.closeIdleConnections(), 50);
  try {
    await app.close();
  } finally {
    clearInterval(timer);
  }
}

async function listen(app: FastifyInstance, config: Config): Promise<string> {
  const port = Number(process.env['PORT'] ?? config.server.port);
  try {
    return await app.listen({ host: config.server.host, port });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    throw new ConfigError(`Port ${port} is in use. Start with another one: PORT=8081 npm start`, { cause });
  }
}
