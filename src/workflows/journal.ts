/**
 * Requests on a MIS's waiting list that others have registered (registrars, portals, call centres), mirrored as Appointments with status
 * `waitlist` (FEATURES C1; protocols/regiz.md §4). The list is read whole: one that is not in it any more is asked about by its number.
 */
import type { Clinic } from '../connectors/clinic.ts';
import type { ListedRequest } from '../connectors/journal.ts';
import type { Queryable } from '../postgres.ts';
import type { RunResult } from '../store/clinics.sql.ts';
import { contentHash, contentOf, draftDocument, prepareDocument, stampDocument } from '../store/document.ts';
import { putDocument, readDocument } from '../store/documents.sql.ts';
import type { Reference, Resource } from '../store/resource.ts';
import { hubIn } from '../store/visibility.ts';
import { retrying, VersionRace } from './appointment-document.ts';
import { hastenUnlisted, insertMirrored, type KnownRequest, readKnown, readThere, reopen } from './journal.sql.ts';
import { patientOfRequest } from './journal-patient.ts';
import { runSync, type SyncContext } from './sync.ts';

/** Reads the whole list of a clinic that has one. */
export function syncJournal(context: SyncContext, clinic: Clinic, signal: AbortSignal): Promise<RunResult> {
  return runSync(context, clinic, 'waiting', async (began) => {
    const listed = await clinic.journal!.read(undefined, signal);
    const { written, failed } = await writeListed(context, clinic, listed, began, signal);
    const references = listed.map(({ reference }) => reference);
    await hastenUnlisted(context.pool, clinic.number, references, began);
    const problem = failed === 0 ? {} : { problem: `${failed} requests of the waiting list could not be mirrored` };
    return { outcome: 'done', read: listed.length, written, ...problem };
  });
}

/** Reads one request, of which somebody has told. */
export async function syncRequest(
  context: SyncContext,
  clinic: Clinic,
  reference: string,
  signal: AbortSignal,
): Promise<void> {
  const { rows } = await context.pool.query<{ began: string }>('select clock_timestamp()::text as began');
  const listed = await clinic.journal!.read(reference, signal);
  await writeListed(context, clinic, listed, rows[0]!.began, signal);
}

/** One that cannot be written keeps no other from it. */
async function writeListed(
  context: SyncContext,
  clinic: Clinic,
  listed: readonly ListedRequest[],
  began: string,
  signal: AbortSignal,
): Promise<{ written: number; failed: number }> {
  const references = listed.map(({ reference }) => reference);
  const ids = listed.flatMap(({ appointment, own }) => [appointment.id!, ...(own === undefined ? [] : [own])]);
  const grace = clinic.waitlist!.graceMilliseconds / 1000;
  const known = await readKnown(context.pool, clinic.number, { references, ids, began, grace });
  const names = listed.flatMap(({ appointment }) => participantsOf(appointment).flatMap(({ actor }) => nameOf(actor)));
  const there = await readThere(context.pool, clinic.number, names);
  let [written, failed] = [0, 0];
  for (const request of listed) {
    signal.throwIfAborted();
    try {
      const row = known.find((k) => isOf(k, request));
      if (await writeOne({ context, clinic, began, there, signal }, request, row)) written++;
    } catch (err) {
      failed++;
      context.log.warn({ err, clinic: clinic.key }, 'a request of the waiting list could not be mirrored now');
    }
  }
  return { written, failed };
}

/** What the text of a request says of its origin is believed only as long as nothing else tells the number of ours. */
const isOf = (row: KnownRequest, { reference, own }: ListedRequest): boolean =>
  row.reference === null ? row.id === own : row.reference === reference;

interface Reading {
  readonly context: SyncContext;
  readonly clinic: Clinic;
  readonly began: string;
  /** Those of the documents named in it that there are. */
  readonly there: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/** @returns whether anything differed */
async function writeOne(reading: Reading, request: ListedRequest, row: KnownRequest | undefined): Promise<boolean> {
  if (row === undefined) return writeNew(reading, request);
  if (row.state === 'ended' && row.settled) return writeAgain(reading, request, row);
  return row.mirrored && row.state === 'waiting' ? writeChanged(reading, request, row) : false;
}

async function writeNew(reading: Reading, request: ListedRequest): Promise<boolean> {
  const { context, clinic, signal } = reading;
  const patient = await patientOfRequest(context, clinic, request.patient, signal);
  const appointment = compose(reading, request, patient);
  let isNew = false;
  await retrying(context.pool, async (db) => {
    if (patient === request.patient.resource.id) await keepPatient(reading, db, request.patient.resource);
    const { reference } = request;
    const row = { id: appointment.id!, clinic: clinic.number, patient, target: targetOf(appointment), reference };
    isNew = await insertMirrored(db, row);
    if (isNew) await put(reading, db, appointment);
  });
  return isNew;
}

/** Who is there stays as he is: his card is edited here from then on. */
async function keepPatient({ context, clinic }: Reading, db: Queryable, resource: Resource): Promise<void> {
  if ((await readDocument(db, hubIn(clinic.number), 'Patient', resource.id!)) !== undefined) return;
  const origin = { clinic: clinic.number, zone: clinic.zone };
  const document = prepareDocument(resource, 1, context.clock(), origin, context.parameters);
  if (!(await putDocument(db, document))) throw new VersionRace();
}

/** The MIS is the truth: one that was restored shows what had ended here. */
async function writeAgain(reading: Reading, request: ListedRequest, row: KnownRequest): Promise<boolean> {
  const { context, clinic, began } = reading;
  let isOpen = false;
  await retrying(context.pool, async (db) => {
    isOpen = await reopen(db, row.id, began);
    if (!isOpen) return;
    const current = await readDocument(db, hubIn(clinic.number), 'Appointment', row.id);
    const { cancelationReason, ...before } = contentOf(current!.body);
    const again = { ...before, status: 'waitlist' } as Resource;
    await put(reading, db, row.mirrored ? compose(reading, request, row.patient) : again, current!.version);
  });
  return isOpen;
}

async function writeChanged(reading: Reading, request: ListedRequest, row: KnownRequest): Promise<boolean> {
  const appointment = compose(reading, request, row.patient);
  const isNow = (body: string) => contentHash(appointment).equals(contentHash(contentOf(body)));
  if (row.body === null || isNow(row.body)) return false;
  let differs = false;
  await retrying(reading.context.pool, async (db) => {
    const current = await readDocument(db, hubIn(reading.clinic.number), 'Appointment', row.id);
    // It may have been closed since.
    differs = current !== undefined && current.body === row.body;
    if (differs) await put(reading, db, appointment, current!.version);
  });
  return differs;
}

async function put({ context, clinic }: Reading, db: Queryable, resource: Resource, version = 0): Promise<void> {
  const draft = draftDocument(resource, { clinic: clinic.number, zone: clinic.zone }, context.parameters);
  if (!(await putDocument(db, stampDocument(draft, version + 1, context.clock())))) throw new VersionRace();
}

interface Participant {
  readonly actor?: Reference & { readonly display?: string };
  readonly status: string;
}

const participantsOf = (appointment: Resource): readonly Participant[] =>
  (appointment['participant'] ?? []) as Participant[];

const isNamed = /^(?:PractitionerRole|HealthcareService|Practitioner|Location)\/[0-9a-f-]{36}$/;

/** `Type/id`, of what need not be there. */
const nameOf = (actor: Reference | undefined): string[] =>
  actor?.reference !== undefined && isNamed.test(actor.reference) ? [actor.reference] : [];

/** With the Patient that it is for; whom the mirror does not know is named in words alone. */
function compose({ there }: Reading, { appointment }: ListedRequest, patient: string): Resource {
  const participant = participantsOf(appointment).flatMap(({ actor, ...rest }): Participant[] => {
    if (actor?.reference?.startsWith('Patient/')) return [{ actor: { reference: `Patient/${patient}` }, ...rest }];
    const [name] = nameOf(actor);
    if (name !== undefined && there.has(name)) return [{ actor: actor!, ...rest }];
    return actor?.display === undefined ? [] : [{ actor: { display: actor.display }, ...rest }];
  });
  return { ...appointment, participant };
}

const targetOf = (appointment: Resource): string =>
  participantsOf(appointment).flatMap(({ actor }) => nameOf(actor))[0] ?? '';
