/** `medmost medflex`: the door to MedFlex, a program of its own beside any hub. */
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { ConfigError, plainSecrets, readSettings } from '../config.ts';
import { openDoor } from '../doors/medflex/door.ts';
import { medflexSettings } from '../doors/medflex/settings.ts';
import { createLog, logCrashes } from '../log.ts';

export function addMedflexCommand(program: Command): void {
  program
    .command('medflex')
    .description('tell MedFlex (ПроДокторов) the free time of a hub by FHIR, and take its bookings')
    .option('-c, --config <file>', 'configuration file of the door: docs/doors/medflex.md')
    .action(async (o: { config?: string }) => {
      const ofProgram = program.getOptionValueSource('config') === 'cli' ? program.opts<{ config: string }>() : o;
      const file = o.config ?? ofProgram.config;
      if (file === undefined)
        throw new ConfigError('--config <file> is needed: docs/doors/medflex.md tells what is in it');
      await serve(resolve(file));
    });
}

/** Until SIGINT or SIGTERM. @throws ConfigError */
async function serve(file: string): Promise<void> {
  const settings = readSettings(file, medflexSettings);
  const log = createLog();
  logCrashes(log);
  const keys = plainSecrets(file);
  if (keys.length > 0) log.warn({ keys }, 'secrets stand in the configuration itself: use { file: … } or { env: … }');
  const door = await openDoor(settings, log);
  console.log(`Webhooks at ${door.url}`);
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  void door.run();
  await stopped;
  await door.stop();
}
