/** `medmost start`: everything up, the first reading with progress, then where to go; Ctrl-C takes everything down. */
import { join, relative } from 'node:path';
import { type RunningCompanion, startCompanion } from './companion.ts';
import type { Config } from './config.ts';
import type { Clinic } from './connectors/clinic.ts';
import { createLog } from './log.ts';
import { type Hub, openDatabase, startHub } from './main.ts';
import { readLastRun } from './store/clinics.sql.ts';
import { syncDirectory, syncSchedule } from './workflows/sync.ts';

/** Longest that requests in flight and attempts to book may take to finish. */
const stopSeconds = 40;

export async function start(config: Config): Promise<void> {
  const started: (() => Promise<unknown>)[] = [];
  const stopAll = async () => {
    for (const stop of started.splice(0).reverse()) await stop();
  };
  try {
    await startAll(config, started, stopAll);
  } catch (error) {
    await stopAll();
    throw error;
  }
}

async function startAll(
  config: Config,
  started: (() => Promise<unknown>)[],
  stopAll: () => Promise<void>,
): Promise<void> {
  const say = (text: string) => console.log(text);
  say('Starting Postgres …');
  const { url, cluster } = await openDatabase(config);
  if (cluster !== undefined) started.push(() => cluster.stop());
  const companions: RunningCompanion[] = [];
  for (const companion of config.companions) {
    say(`Starting ${companion.name} …`);
    const running = await startCompanion(companion);
    companions.push(running);
    started.push(() => running.stop());
  }
  const hub = await startHub(config, url, createLog());
  started.push(() => hub.stop());
  stopOnSignal(stopAll, say);
  for (const clinic of hub.ground.clinics.all) await firstReading(hub, clinic, say);
  say(welcome(config, hub, companions));
}

async function firstReading(hub: Hub, clinic: Clinic, say: (text: string) => void): Promise<void> {
  const { pool, sync } = hub.ground;
  if ((await readLastRun(pool, clinic.number, 'schedule'))?.outcome === 'done') {
    await hub.queue.request('sync-schedule', clinic.key);
    return;
  }
  const signal = AbortSignal.timeout(300_000);
  try {
    say(`Reading «${clinic.name}» from its MIS: doctors and branches …`);
    const directory = await syncDirectory(sync, clinic, signal);
    say(`  ${directory.read} resources. Schedule for ${clinic.config.sync.days} days …`);
    const schedule = await syncSchedule(sync, clinic, signal);
    say(`  ${schedule.read} slots.`);
  } catch (error) {
    say(`  not now: ${(error as Error).message}. The hub goes on trying by its schedule.`);
  }
}

function stopOnSignal(stopAll: () => Promise<void>, say: (text: string) => void): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    say(`${signal}: finishing what is in flight …`);
    setTimeout(() => process.exit(1), stopSeconds * 1000).unref();
    stopAll().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function welcome(config: Config, hub: Hub, companions: readonly RunningCompanion[]): string {
  const [clinic = 'demo'] = Object.keys(config.clinics);
  const pages = companions.map((c) => `  ${c.name.padEnd(22)} ${c.url}`);
  return [
    '',
    'medmost is up.',
    `  FHIR base              ${hub.url}/fhir`,
    `  CapabilityStatement    ${hub.url}/fhir/metadata`,
    `  Health, metrics        ${hub.url}/health/ready  ${hub.url}/metrics`,
    ...pages,
    '',
    'Try it in another terminal (the tour in README.md goes on from here):',
    `  cd ${relative('', join(import.meta.dirname, '..')) || '.'}`,
    `  BASE=${hub.url}/fhir`,
    `  TOKEN=$(npm run -s medmost -- token --clinic ${clinic} --role app)`,
    `  curl -s -H "Authorization: Bearer $TOKEN" "$BASE/Slot?status=free&start=gt$(date -u +%FT%TZ)&_count=3"`,
    '',
    'Ctrl-C stops everything.',
  ].join('\n');
}
