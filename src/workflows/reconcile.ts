/** Confirmed bookings against what the MIS holds: one that vanished is told to the patient, many at once stop all writes. */
import type { Clinic } from '../connectors/clinic.ts';
import type { FoundBooking } from '../connectors/connector.ts';
import { freezeClinic } from '../store/clinics.sql.ts';
import { type BookingRow, readConfirmed } from './booking.sql.ts';
import type { Settler } from './settlement.ts';
import type { SyncContext } from './sync.ts';

export interface Reconciliation {
  readonly checked: number;
  readonly vanished: number;
  readonly frozen: boolean;
}

const atOnce = 4;

/**
 * @param scope `suspicious`: bookings whose time the last sync saw free or withdrawn; `all`: every coming one
 */
export async function reconcile(
  context: SyncContext,
  settler: Settler,
  clinic: Clinic,
  scope: 'suspicious' | 'all',
  signal: AbortSignal,
): Promise<Reconciliation> {
  if (clinic.booking === undefined) return { checked: 0, vanished: 0, frozen: false };
  const rows = await readConfirmed(context.pool, clinic.number, scope === 'suspicious');
  const vanished = await findVanished(clinic, rows, signal);
  const limit = Math.max(clinic.config.booking.freezeAt, Math.floor(rows.length / 100));
  // A MIS that is restored from a backup forgets many bookings at once: nobody is told anything until a person has looked.
  if (vanished.length > limit) {
    const reason = `${vanished.length} confirmed bookings are not in the MIS any more`;
    await freezeClinic(context.pool, clinic.number, reason);
    context.log.error({ clinic: clinic.key, vanished: vanished.length }, `writes are frozen: ${reason}`);
    return { checked: rows.length, vanished: vanished.length, frozen: true };
  }
  for (const { row, found } of vanished) await settler.lose(clinic, row, reasonOf(found));
  return { checked: rows.length, vanished: vanished.length, frozen: false };
}

interface Vanished {
  readonly row: BookingRow;
  readonly found: FoundBooking;
}

async function findVanished(clinic: Clinic, rows: readonly BookingRow[], signal: AbortSignal): Promise<Vanished[]> {
  const vanished: Vanished[] = [];
  const left = [...rows];
  const work = async () => {
    for (let row = left.pop(); row !== undefined; row = left.pop()) {
      const found = await clinic.booking!.findBooking({}, row.reference!, signal).catch(() => undefined);
      if (found !== undefined && found.state !== 'held') vanished.push({ row, found });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return vanished;
}

function reasonOf(found: FoundBooking): string {
  return found.state === 'cancelled' ? 'Клиника отменила эту запись' : 'Записи больше нет в системе клиники';
}
