/** What the MIS holds for a booking, when it can be told now. */
import type { Clinic } from '../connectors/clinic.ts';
import type { FoundBooking } from '../connectors/connector.ts';
import type { BookingRow } from './booking.sql.ts';
import { withinDeadline } from './conclusion.ts';

/** @returns undefined when the MIS cannot be read or its answer cannot be trusted */
export function findInMis(clinic: Clinic, row: BookingRow): Promise<FoundBooking | undefined> {
  return withinDeadline(clinic, (signal) =>
    clinic.booking!.findBooking(row.request ?? {}, row.reference ?? undefined, signal),
  ).catch(() => undefined);
}
