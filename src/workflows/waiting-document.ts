/** The Appointment as which a patient who waits is seen: `proposed` until the MIS has confirmed, `waitlist`, at last `cancelled`. */
import { fhirInstant } from '../instant.ts';
import type { Queryable } from '../postgres.ts';
import { contentOf, draftDocument, stampDocument } from '../store/document.ts';
import { putDocument, readDocument } from '../store/documents.sql.ts';
import type { Reference, Resource } from '../store/resource.ts';
import { hubIn } from '../store/visibility.ts';
import { cancelAppointment, clientsPart } from './appointment.ts';
import { VersionRace } from './appointment-document.ts';
import type { BookingContext } from './conclusion.ts';
import type { WaitingRow } from './waiting.sql.ts';

/** What stays of what a client says, with the specialty of what is waited for. */
export function keptPart(sent: Resource, target: Resource): string {
  const { specialty = target['specialty'], requestedPeriod } = sent;
  return JSON.stringify({
    ...clientsPart(sent),
    ...(specialty !== undefined && { specialty }),
    ...(requestedPeriod !== undefined && { requestedPeriod }),
  });
}

export type WaitingStatus =
  | 'proposed'
  | 'waitlist'
  /** `booked`: id of the Appointment that was booked by it. */
  | { readonly cancelled: string; readonly booked?: string | undefined };

/** Writes the next version, inside a transaction of `retrying`. */
export async function writeWaiting(
  context: BookingContext,
  db: Queryable,
  row: WaitingRow,
  status: WaitingStatus,
): Promise<void> {
  const current = await readDocument(db, hubIn(row.clinic), 'Appointment', row.id);
  const before = current === undefined ? compose(context, row) : contentOf(current.body);
  const numbered = withNumber(before, context.clinics.byNumber(row.clinic)!.waitlist!.numbers, row.reference);
  const resource = typeof status === 'string' ? { ...numbered, status } : ended(numbered, status);
  const { zone } = context.clinics.byNumber(row.clinic)!;
  const origin = { clinic: row.clinic, zone, ...(row.account !== null && { account: row.account }) };
  const draft = draftDocument(resource, origin, context.parameters);
  const document = stampDocument(draft, (current?.version ?? 0) + 1, context.clock());
  if (!(await putDocument(db, document))) throw new VersionRace();
}

/** By its number in the MIS, once that is known, it is found by those who speak of it there. */
function withNumber(resource: Resource, system: string, value: string | null): Resource {
  const known = (resource['identifier'] ?? []) as { readonly system?: string }[];
  if (value === null || known.some((identifier) => identifier.system === system)) return resource;
  return { ...resource, identifier: [...known, { system, value }] };
}

function ended(before: Resource, { cancelled, booked }: Exclude<WaitingStatus, string>): Resource {
  const resource = cancelAppointment(before, cancelled);
  if (booked === undefined) return resource;
  const others = (resource['supportingInformation'] ?? []) as Reference[];
  return { ...resource, supportingInformation: [...others, { reference: `Appointment/${booked}` }] };
}

function compose({ clock }: BookingContext, { id, content, patient, target }: WaitingRow): Resource {
  const actor = (reference: string): Reference => ({ reference });
  return {
    resourceType: 'Appointment',
    id,
    ...(JSON.parse(content ?? '{}') as object),
    status: 'proposed',
    created: fhirInstant(clock()),
    participant: [
      { actor: actor(`Patient/${patient}`), status: 'accepted' },
      { actor: actor(target), status: 'needs-action' },
    ],
  };
}
