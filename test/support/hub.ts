/** The hub's server over a test database and clinics given by the test, without network where `inject` will do. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { createAccountContext } from '../../src/access/account/account.ts';
import { createAudit } from '../../src/access/audit/audit.ts';
import { type AccessKeys, keysOf } from '../../src/access/keys.ts';
import type { Principal } from '../../src/access/principal.ts';
import { clinicsOf, createStanding } from '../../src/access/standing.sql.ts';
import { type Authenticate, createAuthenticator, mintToken } from '../../src/access/token.ts';
import { type Clinic, type Clinics, indexClinics } from '../../src/connectors/clinic.ts';
import type { Nsi } from '../../src/connectors/nsi.ts';
import type { Context } from '../../src/fhir/context.ts';
import { createExporter } from '../../src/fhir/export/exporter.ts';
import { createHealth } from '../../src/fhir/health.ts';
import { loadOperations } from '../../src/fhir/operations.ts';
import { publish } from '../../src/fhir/publication.ts';
import { publicationsOf } from '../../src/fhir/publications.ts';
import { loadResources } from '../../src/fhir/resources.ts';
import { openCursors } from '../../src/fhir/search/cursor.ts';
import { ownParameters } from '../../src/fhir/search/parameter.ts';
import { createSlotRenderer } from '../../src/fhir/search/slot.ts';
import { createServer } from '../../src/fhir/server.ts';
import { createSpeech } from '../../src/fhir/subscription/speech.ts';
import { canonicalResources } from '../../src/fhir/terminology/canonical.ts';
import { createTerminology } from '../../src/fhir/terminology/terminology.ts';
import { currentViewer } from '../../src/fhir/viewer.ts';
import type { Clock } from '../../src/instant.ts';
import { openOutbound } from '../../src/outbound.ts';
import { type Database, openPool } from '../../src/postgres.ts';
import { ensureClinics } from '../../src/store/clinics.sql.ts';
import { loadParameters } from '../../src/store/parameters.ts';
import type { Resource } from '../../src/store/resource.ts';
import { clientRole, createWall } from '../../src/wall.ts';
import { createBooking } from '../../src/workflows/booking.ts';
import type { BookingContext } from '../../src/workflows/conclusion.ts';
import { gatherStatements } from '../../src/workflows/gathered-statements.ts';
import { createHolding } from '../../src/workflows/hold.ts';
import { createLiveCheck } from '../../src/workflows/live.ts';
import { createReferring } from '../../src/workflows/referral.ts';
import { createSettler, type Settler } from '../../src/workflows/settlement.ts';
import type { SubscriptionContext } from '../../src/workflows/subscription.ts';
import type { SyncContext } from '../../src/workflows/sync.ts';
import { createTemplating } from '../../src/workflows/templates.ts';
import { createWaitlist } from '../../src/workflows/waitlist.ts';
import { scannedLog } from './scanned-log.ts';

export interface TestHub {
  readonly app: FastifyInstance;
  readonly accessKeys: AccessKeys;
  readonly authenticate: Authenticate;
  readonly context: Context;
  readonly pool: Database;
  readonly clinics: Clinics;
  readonly sync: SyncContext;
  readonly settler: Settler;
  readonly bookingContext: BookingContext;
  token(principal?: Partial<Principal>): Promise<string>;
  close(): Promise<void>;
}

export interface Answer {
  status: number;
  body: Resource & { issue?: { code: string; diagnostics: string; expression?: string[] }[] };
  headers: Record<string, string | undefined>;
}

/** Says nothing, unless MEDMOST_LOG is set; what it is told is looked through. */
export const silent = scannedLog;

export async function createTestHub(
  url: string,
  build: (numbers: Map<string, number>) => readonly Clinic[],
  keys: readonly string[] = ['demo'],
  clock: Clock = Date.now,
  /** Null: the hub is called by the Host of the request, as where it listens. */
  publicUrl: string | null = 'http://hub.test',
  /** Of web pages that may call it. */
  origins: readonly string[] = [],
  /** Where dictionaries are that are not published here. */
  nsi?: Nsi,
): Promise<TestHub> {
  const pool = openPool(url, { name: 'test', connections: 20, onError: () => {} });
  const clinics = indexClinics(build(await ensureClinics(pool, keys)));
  const declarations = await loadResources();
  const parameters = await loadParameters(pool, ownParameters(declarations));
  const work = openPool(url, { name: 'test work', connections: 6, queryTimeout: 120_000, onError: () => {} });
  const sync = { pool: work, parameters, clock, log: silent };
  const client = openPool(url, { name: 'test client', connections: 12, role: clientRole, onError: () => {} });
  const keyed = openPool(url, { name: 'test booking', connections: 8, keyed: true, onError: () => {} });
  const bookingContext = { pool, statements: gatherStatements(keyed, pool), clinics, parameters, clock, log: silent };
  const settler = createSettler(bookingContext);
  const accessKeys = keysOf([randomBytes(48)]);
  const slots = createSlotRenderer(pool);
  const terminology = createTerminology(canonicalResources(clinics));
  const outbound = openOutbound({ allowHttp: true, allow: ['127.0.0.1'], ports: [443] });
  const audit = createAudit({ url, pool, onError: () => {} });
  const subscriptions: SubscriptionContext = {
    ...createSpeech({ declarations, parameters, clinics, slots, clock, terminology, audit }),
    pool,
    outbound,
    parameters,
    viewerOf: currentViewer({ clinics, parameters, pool, clock }, undefined),
    patience: 72 * 3600,
    kept: 30 * 86_400,
    clock,
    log: silent,
  };
  const accounts = createAccountContext(
    {
      ...{ pool, parameters, clock, log: silent, url: publicUrl ?? 'http://hub.test', audit },
      settings: {
        consent: { version: '2026-11', text: 'Согласен на обработку моих данных.' },
        ...{ childUntilAge: 18, codeDays: 7, codeConfirms: false },
      },
    },
    accessKeys,
  );
  const context: Context = {
    pool,
    db: pool,
    wall: createWall(client),
    parameters,
    declarations,
    operations: await loadOperations(declarations),
    program: { version: '0.0.0', since: clock(), origins },
    clinics,
    slots,
    cursors: await openCursors(pool),
    booking: createBooking(bookingContext, settler),
    holding: createHolding(bookingContext),
    waitlist: createWaitlist(bookingContext),
    referring: createReferring(bookingContext),
    live: createLiveCheck(pool, sync, clinics),
    templates: createTemplating(sync, clinics),
    // Bulk reading in the pool `work`: tests start the exporter themselves.
    exporter: createExporter(work),
    terminology,
    ...(nsi && { nsi }),
    subscriptions,
    audit,
    accounts,
    clock,
    log: silent,
  };
  await publish(context, publicationsOf(context));
  const health = createHealth(pool, clinics);
  const base = publicUrl ?? 'http://hub.test';
  const standing = createStanding({ db: pool, ...clinicsOf(clinics) });
  const server = { issuer: `${base}/auth`, audience: `${base}/fhir`, standing };
  const checked = createAuthenticator({ keys: accessKeys, clock, server });
  /** Who has signed in, as the authorization server would tell it. */
  const people = new Map<string, Principal>();
  const authenticate: Authenticate = (header) => people.get(header ?? '') ?? checked(header);
  const app = createServer(context, {
    authenticate,
    health,
    publicUrl: publicUrl ?? undefined,
  });
  return {
    app,
    accessKeys,
    authenticate,
    context,
    pool,
    clinics,
    sync,
    settler,
    bookingContext,
    async token(given) {
      const principal = { subject: 'test', role: 'app', clinics: keys, ...given } as const;
      if (principal.account === undefined) return mintToken(accessKeys, principal, 3600, clock);
      const token = randomUUID();
      people.set(`Bearer ${token}`, principal);
      return token;
    },
    async close() {
      await app.close();
      await context.exporter.stop();
      await Promise.all([audit.close(), outbound.close(), pool.end(), client.end(), keyed.end(), work.end()]);
    },
  };
}

/** One request, parsed. */
export async function ask(
  hub: TestHub,
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  options: { token?: string; body?: object; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const token = options.token ?? (await hub.token());
  const response = await hub.app.inject({
    method,
    url: `/fhir/${path}`,
    headers: {
      authorization: `Bearer ${token}`,
      ...(options.body !== undefined && { 'content-type': 'application/fhir+json' }),
      ...options.headers,
    },
    ...(options.body !== undefined && { payload: JSON.stringify(options.body) }),
  });
  return {
    status: response.statusCode,
    body: response.body === '' ? ({} as Answer['body']) : response.json(),
    headers: response.headers as Record<string, string | undefined>,
  };
}
