/** `medmost cases`: consultations that the region does not have, or does not take. */
import type { Command } from 'commander';
import { type Config, unknownClinic } from '../config.ts';
import type { Ground } from '../ground.ts';
import { readTroubledCases, retryRefusedCases } from '../workflows/case-delivery.sql.ts';
import { readTroubledConsultations } from '../workflows/consultation.sql.ts';

type WithGround = (work: (ground: Ground) => Promise<void>) => Promise<void>;

export function addCasesCommand(program: Command, configOf: () => Config, withGround: WithGround): void {
  program
    .command('cases')
    .description('show the consultations of a clinic that its region does not have, or refuses')
    .argument('<clinic>', 'key of the clinic in the configuration')
    .option(
      '--again',
      'hand over once more those that its record of patients refuses, after what was wrong has been mended',
    )
    .action((key: string, { again = false }: { again?: boolean }) =>
      withGround(async ({ pool, clinics }) => {
        const clinic = clinics.byKey(key) ?? unknownClinic(key, configOf());
        if (again) {
          const count = await retryRefusedCases(pool, clinic.number);
          return console.log(`${key}: ${count} will be handed over again`);
        }
        const cases = (await readTroubledCases(pool, clinic.number)).map((c) => ({ ...c, where: 'record' }));
        const others = (await readTroubledConsultations(pool, clinic.number)).map((c) => ({ ...c, where: c.workflow }));
        if (cases.length + others.length === 0) console.log(`${key}: the region has every consultation`);
        for (const c of [...cases, ...others])
          console.log(
            `Encounter/${c.id} ${c.where}: ${c.state} since ${c.changed.toISOString()}, tried ${c.reads} times, ` +
              `next ${c.next_at?.toISOString() ?? 'never'} ${c.reason ?? ''}`,
          );
      }),
    );
}
