/** An Encounter with all around it that a region is told of: the patient, who saw him, who asked for it, what was booked and requested. */
import type { EncounterInput } from '../connectors/regional.ts';
import type { Queryable } from '../postgres.ts';
import { readDocument } from '../store/documents.sql.ts';
import { type Reference, type Resource, referencedId } from '../store/resource.ts';
import { hubIn } from '../store/visibility.ts';

interface Participant {
  readonly type?: readonly { readonly coding?: readonly { readonly code?: string }[] }[];
  readonly individual?: Reference;
}

/** http://terminology.hl7.org/CodeSystem/v3-ParticipationType: referrer. */
const referrer = 'REF';

const isReferrer = ({ type = [] }: Participant): boolean =>
  type.some(({ coding = [] }) => coding.some(({ code }) => code === referrer));

/** Undefined: it, or its patient, is not there any more. */
export async function readEncounterInput(
  db: Queryable,
  row: { readonly id: string; readonly clinic: number; readonly patient: string },
): Promise<EncounterInput | undefined> {
  const read = async (type: string, reference: Reference | undefined): Promise<Resource | undefined> => {
    const id = referencedId(reference, type);
    const found = id && (await readDocument(db, hubIn(row.clinic), type, id));
    return found ? (JSON.parse(found.body) as Resource) : undefined;
  };
  const resource = await read('Encounter', { reference: `Encounter/${row.id}` });
  const patient = await read('Patient', { reference: `Patient/${row.patient}` });
  if (resource === undefined || patient === undefined) return undefined;
  const [booked] = (resource['appointment'] ?? []) as Reference[];
  const appointment = await read('Appointment', booked);
  const [based] = (resource['basedOn'] ?? []) as Reference[];
  const request = await read('ServiceRequest', based);
  const participants = (resource['participant'] ?? []) as Participant[];
  const actors = ((appointment?.['participant'] ?? []) as { actor?: Reference }[]).map(({ actor }) => actor);
  const seen = await personOf(read, [
    ...participants.filter((p) => !isReferrer(p)).map((p) => p.individual),
    ...actors,
  ]);
  const asked = await personOf(
    read,
    participants.filter(isReferrer).map((p) => p.individual),
  );
  return {
    ...{ resource, patient, booking: row.id, ...seen },
    ...(asked.doctor && { initiator: asked.doctor }),
    ...(asked.role && { initiatorRole: asked.role }),
    ...(appointment && { appointment }),
    ...(request && { request }),
  };
}

type Read = (type: string, reference: Reference | undefined) => Promise<Resource | undefined>;

/** The first Practitioner of these, with the first role that is his. */
async function personOf(read: Read, references: readonly (Reference | undefined)[]) {
  const roles: Resource[] = [];
  let doctor: Resource | undefined;
  for (const reference of references) {
    doctor ??= await read('Practitioner', reference);
    const role = await read('PractitionerRole', reference);
    if (role !== undefined) roles.push(role);
  }
  const his = (role: Resource) => referencedId(role['practitioner'] as Reference | undefined, 'Practitioner');
  const role = doctor === undefined ? roles[0] : roles.find((one) => his(one) === doctor!.id);
  doctor ??= role && (await read('Practitioner', role['practitioner'] as Reference | undefined));
  return { ...(doctor && { doctor }), ...(role && { role }) };
}
