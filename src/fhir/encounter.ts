/** What else is done when an Encounter is written or deleted: what the region is told of it. */
import { Fault } from '../fault.ts';
import type { Resource } from '../store/resource.ts';
import { forgetCase, readCase } from '../workflows/case-delivery.sql.ts';
import { attendCase } from '../workflows/case-document.ts';
import { attendConsultation, checkConsultationOver } from '../workflows/consultation-document.ts';
import type { Context } from './context.ts';

/** @throws Fault business-rule */
export async function attendEncounter(
  { db, clinics }: Context,
  number: number,
  content: Resource,
  before: Resource | undefined,
): Promise<Resource> {
  const clinic = clinics.byNumber(number);
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
