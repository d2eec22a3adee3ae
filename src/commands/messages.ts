/** `medmost messages`: the exchanges with a MIS. They hold data of patients, so that whoever reads them is written down first. */
import type { Command } from 'commander';
import { type Config, unknownClinic } from '../config.ts';
import type { Ground } from '../ground.ts';
import { readMessages } from '../store/messages.sql.ts';
import { recordCommand } from './audit.ts';

type WithGround = (work: (ground: Ground) => Promise<void>) => Promise<void>;

export function addMessagesCommand(program: Command, configOf: () => Config, withGround: WithGround): void {
  program
    .command('messages')
    .description('show the newest exchanges with the MIS of a clinic')
    .argument('<clinic>', 'key of the clinic in the configuration')
    .option('--limit <number>', 'how many', '20')
    .option('--booking <id>', 'only those of a booking')
    .option('--full', 'whole texts and not their beginnings')
    .action((key: string, o: { limit: string; booking?: string; full?: boolean }) =>
      withGround(async ({ pool, clinics, audit }) => {
        const clinic = clinics.byKey(key) ?? unknownClinic(key, configOf());
        await recordCommand(audit, 'command messages', undefined, clinic.number);
        for (const m of await readMessages(pool, clinic.number, Number(o.limit), o.booking ?? null)) {
          console.log(
            `${m.at.toISOString()} ${m.operation} ${m.outcome} ${m.status ?? '-'} ${m.milliseconds} ms ${m.booking ?? ''}`,
          );
          const cut = (text: string) => (o.full ? text : text.slice(0, 400).replace(/\s+/g, ' '));
          console.log(`  > ${cut(m.request)}\n  < ${cut(m.response)}`);
        }
      }),
    );
}
