/** `medmost erase …`: destroys what is kept of a person. docs/audit.md#erasure */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { actOf, type Erasing, erase, journalOf } from '../access/erasure/erase.ts';
import { ConfigError } from '../config.ts';
import type { Ground } from '../ground.ts';
import { isId } from '../store/resource.ts';
import { operatorHere, recordCommand } from './audit.ts';

type WithGround = (work: (ground: Ground) => Promise<void>) => Promise<void>;

interface Options {
  readonly reason: string;
  readonly by: string;
  readonly system: string;
  readonly out: string;
}

export function addEraseCommands(program: Command, withGround: WithGround): void {
  const command = program
    .command('erase')
    .description('destroy what is kept of a person, and write the act of it (order 179)');
  const kinds = {
    account: 'an account with its card file; what clinics keep of their patients stays',
    patient:
      'all that is kept of a Patient, medical documents too: the clinic must have said that it keeps its record elsewhere, or need not',
  } as const;
  for (const [kind, description] of Object.entries(kinds))
    command
      .command(kind)
      .description(description)
      .argument('<id>')
      .requiredOption('--reason <text>', 'for the act: «отзыв согласия от 20.11.2026»')
      .requiredOption('--by <name>', 'who has decided it')
      .requiredOption('--system <name>', 'the information system and its operator, as the act names them')
      .option('--out <folder>', 'where the act and the journal are written', '.')
      .action((id: string, options: Options) => {
        if (!isId(id)) throw new ConfigError(`the ${kind} is given by its id`);
        return withGround((ground) => run(ground, { kind: kind as Erasing['kind'], id, ...options }, options.out));
      });
}

async function run(ground: Ground, erasing: Erasing, folder: string): Promise<void> {
  const { kind, id } = erasing;
  // Before: afterwards nobody knows any more of which clinic the patient was.
  await recordCommand(ground.audit, `command erase ${kind}`, kind === 'patient' ? id : undefined);
  const erased = await erase({ ...ground, clock: Date.now }, erasing, operatorHere());
  if (typeof erased === 'string') throw new ConfigError(erased);
  mkdirSync(folder, { recursive: true });
  const [act, journal] = [join(folder, `act-${erased.n}.txt`), join(folder, `journal-${erased.n}.csv`)];
  writeFileSync(act, actOf(erasing, erased));
  // With a mark, so that spreadsheets take it for UTF-8.
  writeFileSync(journal, `\uFEFF${journalOf(erasing, erased)}`);
  console.log(`${act} and ${journal} were written: sign the act, keep both for three years`);
  for (const { category, rows } of erased.destroyed) console.log(`  ${category}: ${rows}`);
}
