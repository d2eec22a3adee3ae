/** Composition root: workflows and server on the ground of ground.ts. These two are the only files that build things. */
import type { Logger } from 'pino';
import { createAccountContext } from './access/account/account.ts';
import { addAccountPages } from './access/account/pages/mount.ts';
import { startAccountUpkeep } from './access/account/upkeep.ts';
import { startSealer } from './access/audit/sealer.ts';
import { startWithdrawals } from './access/consent/withdrawals.ts';
import { loadKeys } from './access/keys.ts';
import { addSmart } from './access/smart/mount.ts';
import { startSmartUpkeep } from './access/smart/upkeep.ts';
import { clinicsOf, createStanding, rememberStanding } from './access/standing.sql.ts';
import { createAuthenticator, type Standing } from './access/token.ts';
import { configureClients, smartOf } from './authorization.ts';
import type { Config } from './config.ts';
import { openNsi } from './connectors/nsi.ts';
import { addHubService } from './doors/hub-service/mount.ts';
import { createExporter } from './fhir/export/exporter.ts';
import { createHealth } from './fhir/health.ts';
import { loadOperations } from './fhir/operations.ts';
import { publish } from './fhir/publication.ts';
import { publicationsOf } from './fhir/publications.ts';
import { openCursors } from './fhir/search/cursor.ts';
import { createSlotRenderer, type SlotRenderer } from './fhir/search/slot.ts';
import { createServer } from './fhir/server.ts';
import { createSpeech } from './fhir/subscription/speech.ts';
import { canonicalResources } from './fhir/terminology/canonical.ts';
import { createTerminology, type Terminology } from './fhir/terminology/terminology.ts';
import { currentViewer } from './fhir/viewer.ts';
import { type Ground, openGround, tokenKeyFile, version } from './ground.ts';
import type { Clock } from './instant.ts';
import { closeServer, listen, urlOf } from './listening.ts';
import { openOutbound } from './outbound.ts';
import { openPool } from './postgres.ts';
import { clientRole, createWall } from './wall.ts';
import { createBooking } from './workflows/booking.ts';
import { createCaseDelivery } from './workflows/case-delivery.ts';
import { createConsulting } from './workflows/consultation.ts';
import { createHolding } from './workflows/hold.ts';
import { createLiveCheck } from './workflows/live.ts';
import { createPaperRound } from './workflows/papers.ts';
import { type Queue, startQueue } from './workflows/queue.ts';
import { createReferring } from './workflows/referral.ts';
import type { SubscriptionContext } from './workflows/subscription.ts';
import { startSubscriptions } from './workflows/subscription-rounds.ts';
import { startSweepers } from './workflows/sweepers.ts';
import { createTemplating } from './workflows/templates.ts';
import { startTicker } from './workflows/ticker.ts';
import { createWaitlist } from './workflows/waitlist.ts';

export interface Hub {
  /** Base URL without /fhir. */
  readonly url: string;
  readonly ground: Ground;
  readonly queue: Queue;
  /** Stops taking requests, finishes those in flight, then closes everything. */
  stop(): Promise<void>;
}

const brokenOf = (log: Logger) => (err: Error) => log.warn({ err }, 'a connection to Postgres broke');

/** With connections of its own: whoever delivers for long keeps no request waiting. */
function openSubscriptions(
  { outbound, subscriptions: { retryHours, keepDays } }: Config,
  { url, declarations, clinics, audit, bookingContext: { parameters, clock, log } }: Ground,
  slots: SlotRenderer,
  terminology: Terminology,
  standing: Standing,
): SubscriptionContext & { close(): Promise<void> } {
  const pool = openPool(url, { name: 'subscriptions', connections: 4, queryTimeout: 30_000, onError: brokenOf(log) });
  const guarded = openOutbound(outbound);
  return {
    ...createSpeech({ declarations, parameters, clinics, slots, clock, terminology, audit }),
    pool,
    outbound: guarded,
    parameters,
    viewerOf: currentViewer({ clinics, parameters, pool, clock }, rememberStanding(standing, clock)),
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
  const { pool, bulk, declarations, clinics, sync, bookingContext, settler, audit } = ground;
  const { parameters } = sync;
  const client = openPool(url, { name: 'client', connections: 12, role: clientRole, onError: brokenOf(log) });
  const health = createHealth(pool, clinics);
  const booking = createBooking(bookingContext, settler);
  const slots = createSlotRenderer(pool);
  const terminology = createTerminology(canonicalResources(clinics));
  const nsi = config.terminology.nsi && openNsi(config.terminology.nsi, clock);
  const standing = createStanding({ db: pool, ...clinicsOf(clinics) });
  const subscriptions = openSubscriptions(config, ground, slots, terminology, standing);
  const keys = loadKeys(tokenKeyFile(config));
  const seen = urlOf(config);
  const account = { pool, parameters, clock, log, settings: accountSettingsOf(config), url: seen, audit };
  const context = {
    pool,
    db: pool,
    wall: createWall(client),
    parameters,
    declarations,
    operations: await loadOperations(declarations),
    program: { version, since: clock(), origins: config.server.cors },
    clinics,
    slots,
    cursors: await openCursors(pool),
    booking,
    holding: createHolding(bookingContext),
    waitlist: createWaitlist(bookingContext),
    referring: createReferring(bookingContext),
    live: createLiveCheck(pool, sync, clinics),
    templates: createTemplating(sync, clinics),
    exporter: createExporter(bulk),
    terminology,
    ...(nsi && { nsi }),
    subscriptions,
    audit,
    accounts: createAccountContext(account, keys),
    clock,
    log,
  };
  await publish(context, publicationsOf(context));
  await configureClients(pool, config.clients);
  const server = { issuer: `${seen}/auth`, audience: `${seen}/fhir`, standing };
  const authenticate = createAuthenticator({ keys, clock, server });
  const app = createServer(context, {
    authenticate,
    health,
    publicUrl: config.server.publicUrl,
    trustProxy: config.server.trustProxy,
    limits: config.limits,
  });
  const outbound = openOutbound(config.outbound);
  await addSmart(app, smartOf(config, { context, keys, authenticate, outbound, url: seen }));
  addAccountPages(app, context.accounts, config.server.trustProxy);
  const { hubService: door } = config;
  const hubService = door && addHubService(app, context, door, { url: seen, trustProxy: config.server.trustProxy });
  const upkeep = startSmartUpkeep(sync.pool, log);
  const accountUpkeep = startAccountUpkeep({ ...context.accounts, pool: sync.pool }, config.mail);
  const ticker = await startTicker(pool, clock, log);
  const sealer = startSealer(sync.pool, log);
  const withdrawals = startWithdrawals({ pool: sync.pool, audit, clock }, log);
  const regional = { cases: createCaseDelivery(bookingContext), consulting: createConsulting(bookingContext) };
  const papers = createPaperRound(bookingContext);
  const sweepers = startSweepers(pool, clinics, { settler, ...regional, papers, ...context }, log);
  context.exporter.start(context);
  const rounds = startSubscriptions(subscriptions);
  const queue = await startQueue(url, sync, settler, clinics);
  await hubService?.start(queue.boss);
  const stop = async () => {
    health.drain();
    await closeServer(app);
    await hubService?.stop();
    await Promise.all([booking.drain(), context.waitlist.drain(), context.referring.drain(), sweepers.stop()]);
    await Promise.all([queue.stop(), ticker.stop(), context.exporter.stop()]);
    await rounds.stop();
    await Promise.all([
      subscriptions.close(),
      sealer.stop(),
      withdrawals.stop(),
      upkeep.stop(),
      accountUpkeep.stop(),
      outbound.close(),
      nsi?.close(),
      client.end(),
    ]);
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

/** Who cannot be sent a letter cannot register. */
const accountSettingsOf = ({ accounts, mail }: Config) =>
  mail === undefined ? { ...accounts, consent: undefined } : accounts;
