/** The Appointment of a booking as it is kept: read, composed anew and written with its next version. */
import type { Clinic } from '../connectors/clinic.ts';
import { type Database, type Queryable, transaction } from '../postgres.ts';
import { type DocumentWrite, prepareDocument } from '../store/document.ts';
import { putDocument, readDocument } from '../store/documents.sql.ts';
import type { Resource } from '../store/resource.ts';
import { cancelAppointment, composeAppointment, contentOf } from './appointment.ts';
import type { BookingRow } from './booking.sql.ts';
import { readSlotFacts, type SlotFacts } from './claim.sql.ts';
import type { BookingContext } from './conclusion.ts';

export interface Current {
  readonly resource: Resource;
  readonly version: number;
}

/** The pending Appointment that the first attempt has just written: saves reading it back. */
export interface Known extends Current {
  readonly facts: SlotFacts;
}

const viewerOf = (row: BookingRow) => ({ clinics: [row.clinic], patient: null });

export async function readAppointment(db: Queryable, row: BookingRow): Promise<Current> {
  const document = await readDocument(db, viewerOf(row), 'Appointment', row.appointment);
  if (document === undefined) throw new Error(`booking ${row.id} has no Appointment`);
  return { resource: contentOf(document.body), version: document.version };
}

export function writeOf(context: BookingContext, clinic: Clinic, resource: Resource, version: number): DocumentWrite {
  const origin = { clinic: clinic.number, zone: clinic.zone };
  return prepareDocument(resource, version, context.clock(), origin, context.parameters);
}

/** The Appointment as it is once the booking is confirmed. */
export async function bookedDocument(
  context: BookingContext,
  clinic: Clinic,
  row: BookingRow,
  known: Known | undefined,
): Promise<DocumentWrite> {
  const current = known ?? (await readAppointment(context.pool, row));
  const facts = known?.facts ?? (await readSlotFacts(context.pool, viewerOf(row), row.slot, row.patient))!;
  const patient = { reference: `Patient/${row.patient}` };
  const resource = composeAppointment(row.appointment, current.resource, patient, facts, 'booked');
  return writeOf(context, clinic, resource, current.version + 1);
}

/** Writes the Appointment as cancelled, inside a transaction of `retrying`. */
export async function writeCancelled(
  context: BookingContext,
  db: Queryable,
  clinic: Clinic,
  { resource, version }: Current,
  reason: string,
): Promise<void> {
  const document = writeOf(context, clinic, cancelAppointment(resource, reason), version + 1);
  if (!(await putDocument(db, document))) throw new VersionRace();
}

class VersionRace extends Error {}

/** A transaction that is repeated when it lost a race for a document's next version. */
export async function retrying(pool: Database, work: (db: Queryable) => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await transaction(pool, work);
    } catch (error) {
      if (!(error instanceof VersionRace) || tries === 5) throw error;
    }
  }
}
