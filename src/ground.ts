/** What the hub and the commands beside it stand on: configuration → Postgres → clinics. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type Audit, createAudit } from './access/audit/audit.ts';
import type { ClinicConfig } from './clinic-settings.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { type Config, ConfigError } from './config.ts';
import { type Clinic, type Clinics, indexClinics, openClinic } from './connectors/clinic.ts';
import { loadMappings } from './connectors/mapping.ts';
import { type MessageLog, openMessageLog } from './connectors/message-log.ts';
import { loadConnector } from './connectors/registry.ts';
import { loadResources } from './fhir/resources.ts';
import { ownParameters } from './fhir/search/parameter.ts';
import type { Declarations } from './fhir/search/request.ts';
import type { Clock } from './instant.ts';
import { migrate } from './migrate.ts';
import { type Database, openPool } from './postgres.ts';
import { ensureClinics } from './store/clinics.sql.ts';
import { adoptCluster } from './store/generation.sql.ts';
import { loadParameters } from './store/parameters.ts';
import type { BookingContext } from './workflows/conclusion.ts';
import { gatherStatements } from './workflows/gathered-statements.ts';
import { createSettler, type Settler } from './workflows/settlement.ts';
import type { SyncContext } from './workflows/sync.ts';

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
  readonly audit: Audit;
  close(): Promise<void>;
}

export async function openGround(config: Config, url: string, clock: Clock, log: Logger): Promise<Ground> {
  const onError = (err: Error) => log.warn({ err }, 'a connection to Postgres broke');
  const pool = openPool(url, { name: 'api', connections: 12, onError });
  const keyed = openPool(url, { name: 'booking', connections: 8, keyed: true, onError });
  const work = openPool(url, { name: 'work', connections: 6, queryTimeout: 120_000, onError });
  const bulk = openPool(url, { name: 'export', connections: 2, queryTimeout: 3_600_000, onError });
  await adoptCluster(work, log);
  const messages = openMessageLog(work, log);
  const clinics = await openClinics(config, pool, messages, clock);
  const declarations = await loadResources();
  const parameters = await loadParameters(pool, ownParameters(declarations));
  const sync = { pool: work, parameters, clock, log };
  const bookingContext = { pool, statements: gatherStatements(keyed, pool), clinics, parameters, clock, log };
  const settler = createSettler(bookingContext);
  const audit = createAudit({ url, pool, onError: (err) => log.error({ err }, 'the audit could not be written') });
  return {
    url,
    pool,
    bulk,
    declarations,
    clinics,
    sync,
    bookingContext,
    settler,
    audit,
    async close() {
      await Promise.all(clinics.all.map((c) => c.operations.close()));
      await Promise.all([messages.close(), audit.close()]);
      await Promise.all([pool.end(), keyed.end(), work.end(), bulk.end()]);
    },
  };
}

async function openClinics(config: Config, pool: Database, messages: MessageLog, clock: Clock): Promise<Clinics> {
  const numbers = await ensureClinics(pool, Object.keys(config.clinics));
  const all: Clinic[] = [];
  for (const [key, clinic] of Object.entries(config.clinics))
    all.push(await connectClinic(key, numbers.get(key)!, clinic, { database: pool, messages, clock }));
  return indexClinics(all);
}

interface Connecting {
  readonly database: Database;
  readonly messages: MessageLog;
  readonly clock: Clock;
}

async function connectClinic(
  key: string,
  number: number,
  config: ClinicConfig,
  { database, messages, clock }: Connecting,
): Promise<Clinic> {
  const connector = await loadConnector(config.mis);
  const settings = connector.settings.safeParse(config.connection);
  if (!settings.success) {
    const lines = settings.error.issues.map((i) => `clinics.${key}.connection.${i.path.join('.')} · ${i.message}`);
    throw new ConfigError(lines.join('\n'));
  }
  const mapping = connector.mapping?.(settings.data) ?? config.mis;
  const folder = join(import.meta.dirname, '..', 'mappings', mapping);
  const folders = config.mappings === undefined ? [folder] : [folder, config.mappings];
  const mappings = loadMappings(folders, { clinic: key, zone: config.zone });
  const record = (exchange: Parameters<MessageLog['record']>[1]) => messages.record(number, exchange);
  const operations = connector.connect(settings.data, { clinic: key, zone: config.zone, clock, database, record });
  return openClinic({ key, number, config, operations, mappings, mapping });
}
