/** Whether a person may give up a visit: what was booked under his account, until an hour of the day before (FEATURES D8). */
import type { Clinic } from '../connectors/clinic.ts';
import { Fault } from '../fault.ts';
import { localOf, startOfDay } from '../instant.ts';
import type { BookingRow } from './booking.sql.ts';
import type { BookingContext } from './conclusion.ts';
import { readStart } from './due.sql.ts';

/** @param account of the person who has signed in; undefined: a program or the clinic's people. @throws Fault forbidden, business-rule */
export async function checkMayGiveUp(
  context: BookingContext,
  clinic: Clinic,
  row: BookingRow,
  account: string | undefined,
): Promise<void> {
  if (account === undefined) return;
  if (row.account !== account)
    throw new Fault('forbidden', 'This visit was not booked under your account: ask the clinic to cancel it.', {
      code: 'not-made-here',
    });
  const until = clinic.config.booking.giveUpUntil;
  if (until === undefined || row.state !== 'confirmed') return;
  const start = await readStart(context.pool, row.slot);
  if (start !== undefined && context.clock() >= deadlineOf(start, until, clinic.zone))
    throw new Fault('business-rule', `A visit can be given up until ${until} of the day before: call the clinic.`, {
      code: 'too-late-to-cancel',
    });
}

/** @param until `HH:MM` of the day before, in `zone` */
export function deadlineOf(start: Date, until: string, zone: string): number {
  const midnight = startOfDay(localOf(start.getTime(), zone).slice(0, 10), zone);
  const [hours = 0, minutes = 0] = until.split(':').map(Number);
  const dayBefore = startOfDay(localOf(midnight - 1, zone).slice(0, 10), zone);
  return dayBefore + (hours * 60 + minutes) * 60_000;
}
