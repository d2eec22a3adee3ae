/** What else is done when an Encounter is written or deleted: what the region is told of it. */
import { Fault } from '../fault.ts';
import { type Reference, type Resource, referencedId } from '../store/resource.ts';
import { forgetCase, readCase } from '../workflows/case-delivery.sql.ts';
import { attendCase } from '../workflows/case-document.ts';
import { attendConsultation, checkConsultationOver } from '../workflows/consultation-document.ts';
import type { Context } from './context.ts';

/** The region has it in the record of one patient: told of another, it would keep it there, and nobody could withdraw it. @throws Fault conflict */
async function checkSamePatient(db: Context['db'], content: Resource): Promise<void> {
  const row = await readCase(db, content.id!);
  const patient = referencedId(content['subject'] as Reference | undefined, 'Patient');
  if (row === undefined || row.patient === patient || (await forgetCase(db, content.id!))) return;
  throw new Fault(
    'conflict',
    'This consultation stands in the record of another patient of the region: set its status to "entered-in-error" first.',
    { code: 'handed-over', expression: 'Encounter.subject' },
  );
}

/** @throws Fault business-rule, conflict */
export async function attendEncounter(
  { db, clinics }: Context,
  number: number,
  content: Resource,
  before: Resource | undefined,
): Promise<Resource> {
  const clinic = clinics.byNumber(number);
  if (before !== undefined) await checkSamePatient(db, content);
  return attendCase(db, clinic, await attendConsultation(db, clinic, content, before));
}

/** @throws Fault conflict */
export async function checkNotInRegion({ db }: Context, id: string): Promise<void> {
  await checkConsultationOver(db, id);
  if ((await readCase(db, id)) === undefined || (await forgetCase(db, id))) return;
  throw new Fault(
    'conflict',
    'This consultation stands in the record of patients of the region: set its status to "entered-in-error" first.',
    { code: 'handed-over' },
  );
}
