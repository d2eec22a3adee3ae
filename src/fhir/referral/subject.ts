/** Whom of our patients a referral of another clinic is about: staff say it, and it must fit. */
import { Fault } from '../../fault.ts';
import { parseKept } from '../../r4/json-reader.ts';
import { type Reference, type Resource, referencedId } from '../../store/resource.ts';
import { readSeen, type Seen } from '../../workflows/waiting.sql.ts';
import type { Context } from '../context.ts';
import { checkMay } from '../entitlement.ts';
import type { Arguments } from '../operation.ts';
import type { Asked } from '../resource.ts';
import { referencedIdOf } from '../scheduling/reference.ts';

export interface Subject {
  readonly patient: string | undefined;
  /** Of the Appointment that was named, milliseconds. */
  readonly start: number | undefined;
}

/** @throws Fault business-rule, forbidden, bad-value */
export async function subjectOf(
  context: Context,
  asked: Asked,
  referral: Resource,
  parameters: Arguments,
): Promise<Subject> {
  const visit = await visitOf(context, asked, parameters.one('appointment'));
  const given = parameters.one('patient');
  const named = given === undefined ? undefined : referencedIdOf(asked.base, 'Patient', 'patient', given);
  if (named !== undefined && visit !== undefined && named !== visit.patient)
    throw differs('appointment', 'The Appointment is of another Patient.');
  const patient = named ?? visit?.patient;
  if (patient !== undefined) await checkFits(context, asked, referral, patient);
  return { patient, start: visit?.start };
}

const differs = (name: string, text: string) =>
  new Fault('business-rule', text, { code: 'patient-differs', expression: `http.${name}` });

async function visitOf(context: Context, asked: Asked, given: unknown) {
  if (given === undefined) return undefined;
  const id = referencedIdOf(asked.base, 'Appointment', 'appointment', given);
  const { body } = await read(context, asked, 'Appointment', id, 'appointment');
  const { status, start, participant = [] } = parseKept(body) as Resource;
  const actors = (participant as { actor?: Reference }[]).map(({ actor }) => referencedId(actor, 'Patient'));
  const patient = actors.find((actor) => actor !== undefined);
  if (status === 'booked' && patient !== undefined) return { patient, start: Date.parse(String(start)) };
  throw new Fault('business-rule', 'A visit is planned for an Appointment that is booked.', {
    code: 'not-booked',
    expression: 'http.appointment',
  });
}

/** A Patient of the same clinic. The name is compared without case and ё; whoever is linked already stays so. */
async function checkFits(context: Context, asked: Asked, referral: Resource, id: string): Promise<void> {
  const linked = referencedId(referral['subject'] as Reference | undefined, 'Patient');
  if (linked === id) return;
  const { clinic, body } = await read(context, asked, 'Patient', id, 'patient');
  const own = await readSeen(context.db, asked.viewer, 'ServiceRequest', referral.id!);
  const patient = parseKept(body) as Resource;
  const contained = (referral['contained'] ?? []) as Resource[];
  const described = contained.find((one) => one.resourceType === 'Patient');
  const isSame = own?.clinic === clinic && described !== undefined && described['birthDate'] === patient['birthDate'];
  const names = namesOf(patient);
  if (linked === undefined && isSame && namesOf(described).some((name) => names.includes(name))) return;
  throw differs(
    'patient',
    'The referral is about somebody else: name or birth date differ, or the Patient is another clinic’s.',
  );
}

const namesOf = (patient: Resource): string[] =>
  ((patient['name'] ?? []) as { family?: string; given?: string[] }[]).map(({ family, given }) =>
    [family, given?.[0]].join(' ').toLowerCase().replaceAll('ё', 'е'),
  );

async function read(context: Context, asked: Asked, type: string, id: string, name: string): Promise<Seen> {
  checkMay(asked.principal, type, 'r');
  const found = await readSeen(context.db, asked.viewer, type, id);
  if (found !== undefined) return found;
  throw new Fault('business-rule', `There is no such ${type}.`, {
    code: 'reference-unknown',
    expression: `http.${name}`,
  });
}
