/** `medmost start`: everything up, the first reading with progress, then where to go; Ctrl-C takes everything down. */
import { once } from 'node:events';
import { join, relative } from 'node:path';
import { type RunningCompanion, startCompanion } from './companion.ts';
import { type Config, plainSecrets } from './config.ts';
import type { Clinic } from './connectors/clinic.ts';
import { lockData } from './data-lock.ts';
import { openDatabase } from './ground.ts';
import { createLog, logCrashes } from './log.ts';
import { type Hub, startHub } from './main.ts';
import { readLastRun } from './store/clinics.sql.ts';
import { syncDirectory, syncSchedule } from './workflows/sync.ts';

type Stop = () => unknown;

/**
 * Runs until SIGINT or SIGTERM, and then ends the process.
 * @param file the configuration, when it is not the demo's: the commands that are printed need it
 * @throws ConfigError, when what was started is stopped again
 */
export async function start(config: Config, file?: string): Promise<void> {
  const started: Stop[] = [];
  const signal = abortOnSignal(stopSeconds(config));
  try {
    await startAll(config, file, started, signal);
    if (!signal.aborted) await once(signal, 'abort');
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    for (const stop of started.reverse()) await stop();
  }
  process.exit(0);
}

/** What is started is on the list before the next step begins; a signal ends the start after the step under way. */
async function startAll(config: Config, file: string | undefined, started: Stop[], signal: AbortSignal): Promise<void> {
  if (process.env['DATABASE_URL'] === undefined) started.push(await lockData(config.data));
  say('Starting Postgres …');
  const { url, cluster } = await openDatabase(config);
  // Also one that a killed hub left running: the lock says that no other hub lives on it.
  if (cluster !== undefined) started.push(() => cluster.stop());
  const companions: RunningCompanion[] = [];
  for (const companion of config.companions) {
    signal.throwIfAborted();
    say(`Starting ${companion.name} …`);
    const running = await startCompanion(companion, signal);
    companions.push(running);
    started.push(() => running.stop());
  }
  signal.throwIfAborted();
  const log = createLog();
  logCrashes(log);
  const keys = file === undefined ? [] : plainSecrets(file);
  if (keys.length > 0) log.warn({ keys }, 'secrets stand in the configuration itself: use { file: … } or { env: … }');
  const hub = await startHub(config, url, log);
  started.push(() => hub.stop());
  for (const clinic of hub.ground.clinics.all) await firstReading(hub, clinic, signal);
  signal.throwIfAborted();
  say(welcome(config, file, hub, companions));
}

/** MIS calls that may follow each other for one booking: it is found, booked, found again, cancelled. */
const callsInTurn = 4;
/** A job of the queue may take 15 s more; companions and Postgres need some for themselves. */
const marginSeconds = 30;

/** Seconds after which a stop is given up: longer than the longest request and the longest attempt to book may take. */
export function stopSeconds({ clinics }: Config): number {
  const drains = Object.values(clinics).map((c) => c.booking.answerSeconds + callsInTurn * c.booking.deadlineSeconds);
  return Math.max(0, ...drains) + marginSeconds;
}

const say = (text: string) => console.log(text);

/** The first signal counts: npm passes a Ctrl-C on to a process that has had it from the terminal. */
function abortOnSignal(patienceSeconds: number): AbortSignal {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) return;
    say(`${name}: finishing what is in flight …`);
    setTimeout(() => process.exit(1), patienceSeconds * 1000).unref();
    controller.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}

async function firstReading(hub: Hub, clinic: Clinic, stopping: AbortSignal): Promise<void> {
  stopping.throwIfAborted();
  const { pool, sync } = hub.ground;
  if ((await readLastRun(pool, clinic.number, 'schedule'))?.outcome === 'done') {
    await hub.queue.request('sync-schedule', clinic.key);
    return;
  }
  const signal = AbortSignal.any([stopping, AbortSignal.timeout(300_000)]);
  try {
    say(`Reading «${clinic.name}» from its MIS: doctors and branches …`);
    const directory = await syncDirectory(sync, clinic, signal);
    say(`  ${directory.read} resources. Schedule for ${clinic.config.sync.days} days …`);
    const schedule = await syncSchedule(sync, clinic, signal);
    say(`  ${schedule.read} slots.`);
  } catch (error) {
    if (stopping.aborted) return;
    say(`  not now: ${(error as Error).message}. The hub goes on trying by its schedule.`);
  }
}

function welcome(config: Config, file: string | undefined, hub: Hub, companions: readonly RunningCompanion[]): string {
  const medmost = `npm run -s medmost --${file === undefined ? '' : ` --config '${file}'`}`;
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
    `  TOKEN=$(${medmost} token --clinic ${clinic} --role app)`,
    `  curl -s -H "Authorization: Bearer $TOKEN" "$BASE/Slot?status=free&start=gt$(date -u +%FT%TZ)&_count=3"`,
    '',
    'Ctrl-C stops everything.',
  ].join('\n');
}
