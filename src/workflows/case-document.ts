/** How an Encounter says what has become of it in the record of patients of the region; and what is read to hand it over. */
import type { Clinic } from '../connectors/clinic.ts';
import type { Queryable } from '../postgres.ts';
import { contentOf, draftDocument, stampDocument } from '../store/document.ts';
import { putDocument, readDocument } from '../store/documents.sql.ts';
import { isId, type Reference, type Resource, referencedId } from '../store/resource.ts';
import { hubIn } from '../store/visibility.ts';
import { VersionRace } from './appointment-document.ts';
import { type CaseRow, unwantCase, wantCase } from './case-delivery.sql.ts';
import type { BookingContext } from './conclusion.ts';
import { caseUrl, withConcept } from './encounter-own.ts';

export const caseSystem = 'https://medmost.ru/fhir/CodeSystem/regional-record';

export type CaseStanding = 'pending' | 'accepted' | 'refused' | 'withdrawn';

const words: Readonly<Record<CaseStanding, string>> = {
  pending: 'Передаётся в ИЭМК региона',
  accepted: 'Принято в ИЭМК региона',
  refused: 'ИЭМК региона не приняла консультацию',
  withdrawn: 'Отозвано из ИЭМК региона',
};

/** @param reason why, in place of our words */
const withStanding = (resource: Resource, code: CaseStanding, reason?: string | null): Resource =>
  withConcept(resource, caseUrl, { coding: [{ system: caseSystem, code }], text: reason ?? words[code] });

/** http://terminology.hl7.org/CodeSystem/v3-ActCode: virtual. */
const isRemote = (encounter: Resource): boolean => (encounter['class'] as { code?: string } | undefined)?.code === 'VR';

const ended: ReadonlySet<string> = new Set(['finished', 'cancelled', 'entered-in-error']);

/**
 * Of an Encounter that is about to be written: writes down in the same transaction that it is to be handed over, or withdrawn.
 * @returns it as it says so
 */
export async function attendCase(db: Queryable, clinic: Clinic | undefined, encounter: Resource): Promise<Resource> {
  if (clinic?.cases === undefined) return encounter;
  const patient = referencedId(encounter['subject'] as Reference | undefined, 'Patient');
  const status = String(encounter['status']);
  // One that is opened again stays until it is finished again: under an id that was withdrawn a region takes nothing any more.
  if (!ended.has(status)) return encounter;
  if (status !== 'finished' || !isRemote(encounter) || patient === undefined || !isId(patient)) {
    const isWithdrawn = await unwantCase(db, encounter.id!);
    return isWithdrawn ? withStanding(encounter, 'pending', 'Отзывается из ИЭМК региона') : encounter;
  }
  await wantCase(db, encounter.id!, clinic.number, patient);
  return withStanding(encounter, 'pending');
}

/** Writes the next version of the Encounter, inside a transaction of `retrying`; one that is deleted is left alone. */
export async function writeStanding(
  context: BookingContext,
  db: Queryable,
  row: CaseRow,
  standing: CaseStanding,
): Promise<void> {
  const current = await readDocument(db, hubIn(row.clinic), 'Encounter', row.id);
  if (current === undefined) return;
  const { zone } = context.clinics.byNumber(row.clinic)!;
  const resource = withStanding(contentOf(current.body), standing, row.reason);
  const draft = draftDocument(resource, { clinic: row.clinic, zone }, context.parameters);
  const document = stampDocument(draft, current.version + 1, context.clock());
  if (!(await putDocument(db, document))) throw new VersionRace();
}
