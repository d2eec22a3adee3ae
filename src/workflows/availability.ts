/** For whom a doctor's time is: for all patients of the region, for those attached to the clinic, for those with a referral (FEATURES B3). */
import type { Clinic } from '../connectors/clinic.ts';
import type { Mirrored } from '../connectors/mirrored.ts';
import { Fault } from '../fault.ts';
import type { Queryable } from '../postgres.ts';
import { type Availability, availabilities, putAvailabilities, readClosed } from '../store/availability.sql.ts';
import type { ParameterIds } from '../store/parameters.ts';
import type { Resource } from '../store/resource.ts';
import type { SlotFacts } from './claim.sql.ts';

export const availabilityUrl = 'https://medmost.ru/fhir/StructureDefinition/schedule-availability';

interface Extension {
  readonly url: string;
  readonly valueCode?: string;
}

/** A Schedule as the configuration of the clinic has it; else as its mapping made it. */
export function withAvailability(clinic: Clinic, item: Mirrored): Mirrored {
  if (item.resource.resourceType !== 'Schedule') return item;
  const { availability = {} } = clinic.config;
  const rule = availability[item.key] ?? availability['*'];
  if (rule === undefined) return item;
  const others = extensionsOf(item.resource).filter((e) => e.url !== availabilityUrl);
  const extension = [...others, { url: availabilityUrl, valueCode: rule }];
  return { ...item, resource: { ...item.resource, extension } };
}

const extensionsOf = (resource: Resource) => (resource['extension'] ?? []) as Extension[];

/** Keeps the rules of the Schedules among the resources that are written. */
export async function keepAvailability(db: Queryable, clinic: Clinic, written: readonly Resource[]): Promise<void> {
  const schedules = written.filter(({ resourceType }) => resourceType === 'Schedule');
  await putAvailabilities(db, clinic.number, new Map(schedules.map((s) => [s.id!, availabilityOf(s)])));
}

/** What is not understood is for those with a referral alone. */
function availabilityOf(resource: Resource): Availability {
  const given = extensionsOf(resource).find((e) => e.url === availabilityUrl);
  if (given === undefined) return 'region';
  return availabilities.find((one) => one === given.valueCode) ?? 'referral';
}

/** @throws Fault business-rule when the doctor's time is not for this patient, whoever books it */
export async function checkAvailability(
  { pool, parameters }: { readonly pool: Queryable; readonly parameters: ParameterIds },
  facts: SlotFacts,
  patient: string,
): Promise<void> {
  if (!facts.schedule_body.includes(availabilityUrl)) return;
  const closed = await readClosed(pool, parameters, [facts.clinic], [patient]);
  const found = closed.find((c) => c.id === facts.schedule);
  if (found === undefined) return;
  throw new Fault('business-rule', sentences[found.rule], {
    expression: 'Appointment.slot',
    code: found.rule === 'attached' ? 'not-attached' : 'referral-needed',
  });
}

const sentences = {
  attached:
    'This doctor sees patients of the clinic alone: an Organization of it must be managingOrganization of the Patient.',
  referral:
    'This doctor sees patients with a referral: there must be an active ServiceRequest to him or his specialty.',
} as const;
