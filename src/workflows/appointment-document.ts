/** The Appointment of a booking as it is kept: composed from what is known of it and written with its next version. */

import type { Clinic } from '../connectors/clinic.ts';
import { type Database, type Queryable, transaction } from '../postgres.ts';
import { parseKept } from '../r4/json-reader.ts';
import type { Note } from '../store/audit-event.sql.ts';
import { contentOf, type Draft, draftDocument, stampDocument } from '../store/document.ts';
import { putDocument, readDocument } from '../store/documents.sql.ts';
import type { Resource } from '../store/resource.ts';
import { hubIn } from '../store/visibility.ts';
import { cancelAppointment, composeAppointment, type Standing } from './appointment.ts';
import type { BookingRow } from './booking.sql.ts';
import type { SlotFacts } from './claim.sql.ts';
import type { BookingContext } from './conclusion.ts';

const originOf = (clinic: Clinic) => ({ clinic: clinic.number, zone: clinic.zone });

/** What a first attempt knows already: saves reading it back. */
export interface Known {
  readonly facts: SlotFacts;
  /** The Appointment as it will be when it is booked. */
  readonly booked: Draft;
  /** The audit's events of the request, when it ends with this Appointment as booked. */
  readonly note?: Note | undefined;
}

/** The Appointment as pending or booked. @param facts what is known of the slot; read when absent @throws Fault bad-value */
export async function draftAppointment(
  context: BookingContext,
  clinic: Clinic,
  row: Pick<BookingRow, 'appointment' | 'clinic' | 'slot' | 'patient' | 'account' | 'content'>,
  standing: Standing,
  facts?: SlotFacts,
): Promise<Draft> {
  const question = { viewer: hubIn(row.clinic), slot: row.slot, patient: row.patient };
  const known = facts ?? (await context.statements.readFacts(question))!;
  const patient = { reference: `Patient/${row.patient}` };
  const content = parseKept(row.content ?? '{}') as Resource;
  const resource = composeAppointment(row.appointment, content, patient, known, standing);
  const origin = { ...originOf(clinic), ...(row.account !== null && { account: row.account }) };
  return draftDocument(resource, origin, context.parameters);
}

/** Version of the Appointment, 0 when no client has been told of it. */
export async function versionOf(db: Queryable, row: BookingRow): Promise<number> {
  return (await readDocument(db, hubIn(row.clinic), 'Appointment', row.appointment))?.version ?? 0;
}

/** Writes the Appointment as cancelled, inside a transaction of `retrying`; one that was moved to another slot is left alone. */
export async function writeCancelled(
  context: BookingContext,
  db: Queryable,
  clinic: Clinic,
  row: BookingRow,
  reason: string,
): Promise<void> {
  const current = await readDocument(db, hubIn(row.clinic), 'Appointment', row.appointment);
  if (current === undefined) return;
  const resource = contentOf(current.body);
  const [slot] = (resource['slot'] ?? []) as { reference?: string }[];
  if (slot?.reference !== `Slot/${row.slot}`) return;
  const draft = draftDocument(cancelAppointment(resource, reason), originOf(clinic), context.parameters);
  const document = stampDocument(draft, current.version + 1, context.clock());
  if (!(await putDocument(db, document))) throw new VersionRace();
}

/** Another writer was faster: `retrying` begins anew. */
export class VersionRace extends Error {}

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
