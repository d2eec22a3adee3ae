/** `medmost bookings`: those whose outcome is not known, and an operator's word on one of them. */
import type { Command } from 'commander';
import { type Config, ConfigError, unknownClinic } from '../config.ts';
import type { Ground } from '../ground.ts';
import { isId } from '../store/resource.ts';
import { readBooking } from '../workflows/booking.sql.ts';
import { readUnsettled } from '../workflows/ledger.sql.ts';
import { recordCommand } from './audit.ts';

type WithGround = (work: (ground: Ground) => Promise<void>) => Promise<void>;

export function addBookingsCommand(program: Command, configOf: () => Config, withGround: WithGround): void {
  program
    .command('bookings')
    .description('show the bookings of a clinic whose outcome is not known yet')
    .argument('<clinic>', 'key of the clinic in the configuration')
    .option('--deny <id>', 'the clinic has looked and does not have this booking, which waits for an operator')
    .action((key: string, { deny }: { deny?: string }) =>
      withGround(async (ground) => {
        const clinic = ground.clinics.byKey(key) ?? unknownClinic(key, configOf());
        if (deny !== undefined) await denyBooking(ground, clinic.number, deny);
        const unsettled = await readUnsettled(ground.pool, clinic.number);
        if (unsettled.length === 0) console.log(`${key}: every booking is settled`);
        for (const b of unsettled)
          console.log(
            `${b.id} ${b.state} since ${b.since.toISOString()}, looked at next ${b.next_at?.toISOString()}\n` +
              `  Appointment/${b.appointment}, in the MIS ${b.reference ?? 'without a reference'}, ${b.note ?? 'nothing noted'}`,
          );
      }),
    );
}

/** @throws ConfigError for one that does not wait for an operator */
async function denyBooking({ pool, clinics, settler, audit }: Ground, clinic: number, id: string): Promise<void> {
  const row = isId(id) ? await readBooking(pool, id) : undefined;
  if (row?.clinic !== clinic || row.state !== 'needs_operator')
    throw new ConfigError(
      `no booking ${id} of this clinic waits for an operator: medmost bookings <clinic> lists them`,
    );
  await recordCommand(audit, 'command bookings --deny', row.patient, clinic);
  await settler.deny(clinics.byNumber(clinic)!, row);
  const now = await readBooking(pool, id);
  if (now?.state !== 'rejected')
    throw new ConfigError(`booking ${id} went on meanwhile and is not denied: it is ${now?.state} now`);
  console.log(`${id}: refused; the patient sees it cancelled`);
}
