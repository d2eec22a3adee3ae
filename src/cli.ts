#!/usr/bin/env node
/** The `medmost` command. Every command has help; every error says how to mend. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { loadKeys } from './access/keys.ts';
import { type Principal, type Role, roles } from './access/principal.ts';
import { mintToken } from './access/token.ts';
import { addAuditCommands } from './commands/audit.ts';
import { addBookingsCommand } from './commands/bookings.ts';
import { addCasesCommand } from './commands/cases.ts';
import { addClientCommands } from './commands/client.ts';
import { addEraseCommands } from './commands/erase.ts';
import { addMedflexCommand } from './commands/medflex.ts';
import { addMessagesCommand } from './commands/messages.ts';
import { addStaffCommands } from './commands/staff.ts';
import { type Config, ConfigError, loadConfig, unknownClinic } from './config.ts';
import { checkMappings, formatProblem, MappingErrors } from './connectors/mapping.ts';
import { unlessHubRuns } from './data-lock.ts';
import { type Ground, openDatabase, openGround, tokenKeyFile, version } from './ground.ts';
import { createLog, errorForLog } from './log.ts';
import { start } from './start.ts';
import { readFreeze, readLastRun } from './store/clinics.sql.ts';
import { syncJournal } from './workflows/journal.ts';
import { reconcile, thaw } from './workflows/reconcile.ts';
import { syncDirectory, syncSchedule } from './workflows/sync.ts';

const demo = join(import.meta.dirname, '..', 'config', 'demo.yaml');
const program = new Command('medmost')
  .description('FHIR R4 over the information systems of clinics')
  .version(version)
  .option('-c, --config <file>', 'configuration file', process.env['MEDMOST_CONFIG'] ?? demo)
  .showHelpAfterError();

const configOf = (): Config => loadConfig(resolve(program.opts<{ config: string }>().config));

program
  .command('start')
  .description('start the hub; without --config, the demo with a sandbox MIS')
  .option('-c, --config <file>', 'configuration file')
  .action(async ({ config }: { config?: string }) => {
    const file = resolve(config ?? program.opts().config);
    await start(loadConfig(file), file === demo ? undefined : file);
  });

program
  .command('sync')
  .description('read a clinic from its MIS now')
  .argument('<clinic>', 'key of the clinic in the configuration')
  .action((key: string) =>
    withGround(async ({ sync, settler, clinics }) => {
      const clinic = clinics.byKey(key) ?? unknownClinic(key, configOf());
      const signal = AbortSignal.timeout(600_000);
      const journal = clinic.journal && { waiting: syncJournal };
      for (const [name, read] of Object.entries({ directory: syncDirectory, schedule: syncSchedule, ...journal })) {
        const result = await read(sync, clinic, signal);
        console.log(
          `${name}: ${result.outcome}, ${result.read} read, ${result.written} written ${result.problem ?? ''}`,
        );
      }
      const { checked, vanished, frozen } = await reconcile(sync, settler, clinic, 'some', signal);
      console.log(`bookings: ${checked} checked, ${vanished} vanished${frozen ? ', writes are frozen' : ''}`);
    }),
  );

program
  .command('token')
  .description('print an access token')
  .requiredOption('--clinic <key...>', 'clinics it may see')
  .addOption(new Option('--role <role>', 'what its bearer is').choices([...roles]).default('app'))
  .option('--patient <id>', 'id of the Patient it is for; needed for the role patient')
  .option('--subject <name>', 'who bears it', 'command line')
  .option('--hours <number>', 'life of the token', '12')
  .action(async (o: { clinic: string[]; role: Role; patient?: string; subject: string; hours: string }) => {
    const config = configOf();
    for (const key of o.clinic) if (config.clinics[key] === undefined) unknownClinic(key, config);
    if ((o.role === 'patient') !== (o.patient !== undefined))
      throw new ConfigError('--patient <id> goes with --role patient, and only with it');
    const principal: Principal = {
      subject: o.subject,
      role: o.role,
      clinics: o.clinic,
      ...(o.patient !== undefined && { patient: o.patient }),
    };
    const hours = Number(o.hours);
    if (!(hours > 0 && hours <= 24 * 366)) throw new ConfigError('--hours takes a number from 0 to 8784');
    console.log(await mintToken(loadKeys(tokenKeyFile(config)), principal, Math.ceil(hours * 3600), Date.now));
  });

program
  .command('mapping')
  .description('work on mapping files')
  .command('check')
  .description('tell everything that is wrong in a folder of mappings')
  .argument('<folder...>', 'mappings/<mis>, then the folder of a clinic that overrides it')
  .action((folders: string[]) => {
    for (const folder of folders)
      if (!existsSync(folder)) throw new ConfigError(`there is no folder ${folder}; the mappings are under mappings/`);
    const problems = checkMappings(...folders);
    for (const problem of problems) console.log(formatProblem(problem));
    const errors = problems.filter((p) => p.severity === 'error').length;
    console.log(errors === 0 ? `${folders.join(' + ')}: no errors` : `${errors} error${errors === 1 ? '' : 's'}`);
    if (errors > 0) process.exitCode = 1;
  });

program
  .command('clinics')
  .description('tell how each clinic stands: last readings, freeze')
  .action(() =>
    withGround(async ({ pool, clinics }) => {
      for (const { key, number, name, journal } of clinics.all) {
        const freeze = await readFreeze(pool, number);
        console.log(
          `${key} · ${name}${freeze === undefined ? '' : ` · FROZEN since ${freeze.at.toISOString()}: ${freeze.reason}`}`,
        );
        for (const kind of ['directory', 'schedule', ...(journal ? (['waiting'] as const) : [])] as const) {
          const run = await readLastRun(pool, number, kind);
          const text =
            run && `${run.outcome} at ${run.finished?.toISOString()}, ${run.read} read, ${run.written} written`;
          console.log(`  ${kind}: ${text ?? 'never read'} ${run?.problem ?? ''}`);
        }
      }
    }),
  );

program
  .command('thaw')
  .description('allow writes to the MIS of a clinic again, after a person has looked')
  .argument('<clinic>', 'key of the clinic in the configuration')
  .option('--accept-lost', 'bookings that are missing in the MIS are given up: their patients see them cancelled')
  .action((key: string, o: { acceptLost?: boolean }) =>
    withGround(async ({ sync, settler, clinics }) => {
      const clinic = clinics.byKey(key) ?? unknownClinic(key, configOf());
      const signal = AbortSignal.timeout(600_000);
      const { outcome, vanished } = await thaw(sync, settler, clinic, o.acceptLost === true, signal);
      if (outcome === 'still-missing')
        throw new ConfigError(
          `${key} stays frozen: ${vanished} confirmed bookings are missing in the MIS. Restore them there and repeat, ` +
            `or give them up: medmost thaw ${key} --accept-lost`,
        );
      const lost = o.acceptLost === true ? `; ${vanished} bookings were given up` : '';
      console.log(outcome === 'thawed' ? `${key}: writes are allowed again${lost}` : `${key} was not frozen`);
    }),
  );

addBookingsCommand(program, configOf, withGround);
addCasesCommand(program, configOf, withGround);
addMessagesCommand(program, configOf, withGround);
addAuditCommands(program, configOf, withGround);
addEraseCommands(program, withGround);
addClientCommands(program, withGround);
addStaffCommands(program, withGround, configOf);
addMedflexCommand(program);

/** Opens the database and the clinics for one command. An embedded Postgres that a hub uses is left running. */
async function withGround(work: (ground: Ground) => Promise<void>): Promise<void> {
  const config = configOf();
  const { url, cluster } = await openDatabase(config);
  try {
    const ground = await openGround(config, url, Date.now, createLog('warn'));
    await work(ground).finally(() => ground.close());
  } finally {
    if (cluster?.started) await unlessHubRuns(config.data, () => cluster.stop());
  }
}

try {
  await program.parseAsync();
} catch (error) {
  const isTold = error instanceof ConfigError || error instanceof MappingErrors;
  // Node itself would print all that hangs on an error: rows, parameters, requests.
  console.error(isTold ? error.message : errorForLog(error));
  if (!isTold) process.exit(1);
  process.exitCode = 1;
}
