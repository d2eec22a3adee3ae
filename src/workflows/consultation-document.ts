/** The Encounter of a consultation that goes through a workflow of a region: as the region has it, and as clients may change it. */
import type { Clinic } from '../connectors/clinic.ts';
import { Fault } from '../fault.ts';
import type { Queryable } from '../postgres.ts';
import { contentOf, draftDocument, stampDocument } from '../store/document.ts';
import { putDocument, readDocument } from '../store/documents.sql.ts';
import { isId, type Reference, type Resource, referencedId } from '../store/resource.ts';
import { hubIn } from '../store/visibility.ts';
import { VersionRace } from './appointment-document.ts';
import { attendCase } from './case-document.ts';
import type { BookingContext } from './conclusion.ts';
import {
  type ConsultationRow,
  isOpen,
  readConsultation,
  wantConsultation,
  wishConsultation,
} from './consultation.sql.ts';
import { stageUrl, withConcept, withProcess } from './encounter-own.ts';

/** System of the stages: GUIDs of the region. */
export const stageSystem = 'https://medmost.ru/fhir/CodeSystem/regiz-consultation-stage';

/** What is known of it now. */
export interface Mirrored {
  readonly status?: string;
  readonly process?: string;
  /** For people. */
  readonly text?: string;
}

const stageText = 'Консультация ведётся в системе телемедицины региона';
const waitingText = 'Передаётся в систему телемедицины региона';
const movingText = 'Статус меняется в системе телемедицины региона';

/** Writes the next version of the Encounter, inside a transaction of `retrying`; one that is deleted is left alone. */
export async function writeConsultation(
  context: BookingContext,
  db: Queryable,
  row: ConsultationRow,
  mirrored: Mirrored,
): Promise<void> {
  const current = await readDocument(db, hubIn(row.clinic), 'Encounter', row.id);
  if (current === undefined) return;
  const clinic = context.clinics.byNumber(row.clinic)!;
  const before = contentOf(current.body);
  const seen = mirroredIn(before, row, mirrored);
  const isClosing = seen['status'] !== before['status'];
  const resource = isClosing ? await attendCase(db, clinic, seen) : seen;
  const draft = draftDocument(resource, { clinic: row.clinic, zone: clinic.zone }, context.parameters);
  const document = stampDocument(draft, current.version + 1, context.clock());
  if (!(await putDocument(db, document))) throw new VersionRace();
}

function mirroredIn(before: Resource, row: ConsultationRow, { status, process, text }: Mirrored): Resource {
  const numbered = process === undefined ? before : withProcess(before, process);
  const coding = row.stage === null ? undefined : [{ system: stageSystem, code: row.stage }];
  const told = withConcept(numbered, stageUrl, { ...(coding && { coding }), text: text ?? stageText });
  return status === undefined ? told : { ...told, status };
}

/** Code of the workflow that an Encounter asks for. */
function workflowOf(clinic: Clinic, encounter: Resource): string | undefined {
  const { category } = clinic.consultations!;
  const types = (encounter['type'] ?? []) as { coding?: { system?: string; code?: string }[] }[];
  return types.flatMap(({ coding = [] }) => coding).find(({ system }) => system === category)?.code;
}

/**
 * Of an Encounter that is about to be written: writes down in the same transaction that it is to be begun, or brought into another status.
 * @returns it as the region has it until then
 * @throws Fault business-rule
 */
export async function attendConsultation(
  db: Queryable,
  clinic: Clinic | undefined,
  encounter: Resource,
  before: Resource | undefined,
): Promise<Resource> {
  if (clinic?.consultations === undefined) return encounter;
  const row = await readConsultation(db, encounter.id!, true);
  if (row !== undefined && isOpen(row)) return changed(db, clinic, row, encounter, before!);
  const workflow = workflowOf(clinic, encounter);
  if (workflow === undefined || encounter['status'] !== 'planned' || row?.state === 'ended') return encounter;
  if (!clinic.consultations.knows(workflow))
    throw new Fault('business-rule', `The clinic has no workflow "${workflow.slice(0, 40)}".`, {
      code: 'workflow-unknown',
      expression: 'Encounter.type',
    });
  const patient = referencedId(encounter['subject'] as Reference | undefined, 'Patient');
  if (patient === undefined || !isId(patient))
    throw new Fault('business-rule', 'A consultation of a workflow needs its patient as the subject.', {
      code: 'workflow-unknown',
      expression: 'Encounter.subject',
    });
  await wantConsultation(db, { id: encounter.id!, clinic: clinic.number, patient, workflow });
  return withConcept(encounter, stageUrl, { text: waitingText });
}

/** Its status is the region's, which knows it as one of this patient. @throws Fault business-rule */
async function changed(
  db: Queryable,
  clinic: Clinic,
  row: ConsultationRow,
  encounter: Resource,
  before: Resource,
): Promise<Resource> {
  if (referencedId(encounter['subject'] as Reference | undefined, 'Patient') !== row.patient)
    throw new Fault('business-rule', "A consultation that is under way in the region's workflow keeps its patient.", {
      code: 'workflow-decides',
      expression: 'Encounter.subject',
    });
  const wish = String(encounter['status']);
  if (encounter['status'] === before['status']) return encounter;
  if (!clinic.consultations!.canMove(row.workflow, wish))
    throw new Fault('business-rule', `The region's workflow decides on this status: "${wish}" cannot be set here.`, {
      code: 'workflow-decides',
      expression: 'Encounter.status',
    });
  await wishConsultation(db, row.id, wish);
  const coding = row.stage === null ? undefined : [{ system: stageSystem, code: row.stage }];
  const told = withConcept(encounter, stageUrl, { ...(coding && { coding }), text: movingText });
  return { ...told, status: before['status'] };
}

/** @throws Fault conflict */
export async function checkConsultationOver(db: Queryable, id: string): Promise<void> {
  const row = await readConsultation(db, id);
  if (row === undefined || !isOpen(row)) return;
  throw new Fault('conflict', "This consultation is under way in the region's workflow: cancel it first.", {
    code: 'workflow-decides',
  });
}
