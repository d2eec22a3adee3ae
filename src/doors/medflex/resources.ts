/** The parts of FHIR resources that the door reads. What a hub answers is parsed here and trusted afterwards. */
import { z } from 'zod';

const reference = z.looseObject({ reference: z.string().optional(), display: z.string().optional() });
const concept = z.looseObject({
  text: z.string().optional(),
  coding: z.array(z.looseObject({ display: z.string().optional() })).optional(),
});
const extension = z.looseObject({ url: z.string(), valueCode: z.string().optional() });
const identifier = z.looseObject({ system: z.string().optional(), value: z.string().optional() });

export const schedule = z.looseObject({
  resourceType: z.literal('Schedule'),
  id: z.string(),
  active: z.boolean().optional(),
  extension: z.array(extension).optional(),
  specialty: z.array(concept).optional(),
  actor: z.array(reference),
});

export const slot = z.looseObject({
  resourceType: z.literal('Slot'),
  id: z.string(),
  meta: z.looseObject({ versionId: z.string() }),
  schedule: z.looseObject({ reference: z.string() }),
  status: z.string(),
  start: z.string(),
  end: z.string(),
});

export const location = z.looseObject({
  resourceType: z.literal('Location'),
  id: z.string(),
  name: z.string().optional(),
});

export const practitionerRole = z.looseObject({
  resourceType: z.literal('PractitionerRole'),
  id: z.string(),
  active: z.boolean().optional(),
  practitioner: reference.optional(),
  location: z.array(reference).optional(),
  specialty: z.array(concept).optional(),
});

export const patient = z.looseObject({ resourceType: z.literal('Patient'), id: z.string() });

export const appointment = z.looseObject({
  resourceType: z.literal('Appointment'),
  id: z.string(),
  status: z.string(),
  start: z.string().optional(),
  end: z.string().optional(),
  identifier: z.array(identifier).optional(),
  slot: z.array(reference).optional(),
});

export const bundle = z.looseObject({
  resourceType: z.literal('Bundle'),
  meta: z.looseObject({ lastUpdated: z.string().optional() }).optional(),
  link: z.array(z.looseObject({ relation: z.string(), url: z.string() })).default([]),
  entry: z.array(z.looseObject({ resource: z.looseObject({ resourceType: z.string() }) })).default([]),
});

export const operationOutcome = z.looseObject({
  issue: z
    .array(
      z.looseObject({
        details: z
          .looseObject({ coding: z.array(z.looseObject({ code: z.string().optional() })).optional() })
          .optional(),
        diagnostics: z.string().optional(),
      }),
    )
    .min(1),
});

export type Schedule = z.infer<typeof schedule>;
export type Slot = z.infer<typeof slot>;
export type Location = z.infer<typeof location>;
export type PractitionerRole = z.infer<typeof practitionerRole>;
export type Appointment = z.infer<typeof appointment>;
export type Bundle = z.infer<typeof bundle>;

/** Of dots alone it would lead to another place. https://hl7.org/fhir/R4/datatypes.html#id */
export const isId = (text: string): boolean => /^(?=.*[A-Za-z0-9])[A-Za-z0-9.-]{1,64}$/.test(text);

/** The id in a relative reference to that type. */
export function idIn(reference: string | undefined, type: string): string | undefined {
  return reference?.startsWith(`${type}/`) ? reference.split('/')[1] : undefined;
}

/** Those of a type in a Bundle. @throws ZodError when one is not as it must be */
export function resourcesIn<S extends z.ZodType>(found: Bundle, type: string, schema: S): z.output<S>[] {
  return found.entry.filter((e) => e.resource.resourceType === type).map((e) => schema.parse(e.resource));
}
