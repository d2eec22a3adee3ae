/** The Appointment of a booking as it is kept: composed from what is known of it and written with its next version. */
import type { Clinic } from '../connectors/clinic.ts';
import { type Database, type Queryable, transaction } from '../postgres.ts';
import { type DocumentWrite, prepareDocument } from '../store/document.ts';
import { putDocument, readDocument } from '../store/documents.sql.ts';
import type { Resource } from '../store/resource.ts';
import { cancelAppointment, composeAppointment, contentOf, type Standing } from './appointment.ts';
import type { BookingRow } from './booking.sql.ts';
import { readSlotFacts, type SlotFacts } from './claim.sql.ts';
import type { BookingContext } from './conclusion.ts';

const viewerOf = (row: BookingRow) => ({ clinics: [row.clinic], patient: null });

function writeOf(context: BookingContext, clinic: Clinic, resource: Resource, version: number): DocumentWrite {
  const origin = { clinic: clinic.number, zone: clinic.zone };
  return prepareDocument(resource, version, context.clock(), origin, context.parameters);
}

/**
 * The Appointment as pending or booked.
 * @param facts what is known of the slot; read when absent
 * @param version of the Appointment that there is, 0 when there is none
 */
export async function composeDocument(
  context: BookingContext,
  clinic: Clinic,
  row: BookingRow,
  standing: Standing,
  facts: SlotFacts | undefined,
  version: number,
): Promise<DocumentWrite> {
  const known = facts ?? (await readSlotFacts(context.pool, viewerOf(row), row.slot, row.patient))!;
  const patient = { reference: `Patient/${row.patient}` };
  const content = JSON.parse(row.content ?? '{}') as Resource;
  const resource = composeAppointment(row.appointment, content, patient, known, standing);
  return writeOf(context, clinic, resource, version + 1);
}

/** Version of the Appointment, 0 when no client has been told of it. */
export async function versionOf(db: Queryable, row: BookingRow): Promise<number> {
  return (await readDocument(db, viewerOf(row), 'Appointment', row.appointment))?.version ?? 0;
}

/**
 * Writes the Appointment as cancelled, inside a transaction of `retrying`.
 */
export async function writeCancelled(
  context: BookingContext,
  db: Queryable,
  clinic: Clinic,
  row: BookingRow,
  reason: string,
): Promise<void> {
  const current = await readDocument(db, viewerOf(row), 'Appointment', row.appointment);
  if (current === undefined) return;
  const resource = contentOf(current.body);
  const [slot] = (resource['slot'] ?? []) as { reference?: string }[];
  if (slot?.reference !== `Slot/${row.slot}`) return;
  const document = writeOf(context, clinic, cancelAppointment(resource, reason), current.version + 1);
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
