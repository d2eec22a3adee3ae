/**
 * Which sets a base publishes, and what their fields are called, is known in the clinic alone (protocols/onec.md §5): only the
 * fields that every object of 1С has are defaults here.
 */
import { z } from 'zod';
import { filter, key, name, title } from './entity.ts';
import { paperEntities } from './paper-entities.ts';

const nameParts = {
  surname: name.optional().describe('Without it, and givenName and patronymic, the name is taken apart at its spaces'),
  givenName: name.optional(),
  patronymic: name.optional(),
};

const branches = z.strictObject({
  set: name.describe('Entity set of branches (departments, organisations), as $metadata calls it'),
  filter,
  fields: z.strictObject({ key, name: title }).prefault({}),
});

const staff = z.strictObject({
  set: name.describe('Entity set of doctors and nurses'),
  filter,
  fields: z.strictObject({
    key,
    name: title,
    ...nameParts,
    branch: name.describe('Field with the GUID of the branch'),
    specialization: name.optional().describe('Field with a text, or with the GUID of one of `specializations`'),
  }),
});

const specializations = z.strictObject({
  set: name.describe('Entity set that the specialisation of an employee refers to'),
  filter,
  fields: z.strictObject({ key, name: title }).prefault({}),
});

const patients = z.strictObject({
  set: name.describe('Entity set of patients’ cards, e.g. Catalog_Картотека'),
  filter,
  fields: z.strictObject({
    key,
    name: title,
    ...nameParts,
    birthday: name.describe('Field with the date of birth: by it alone cards are asked for'),
    phone: name.optional(),
    snils: name.optional(),
  }),
});

const hours = z.strictObject({
  set: name.describe('Entity set with a row for each time in which a doctor receives patients'),
  filter,
  fields: z.strictObject({
    employee: name.describe('Field with the GUID of the employee'),
    day: name.optional().describe('Field with the day, where start and end hold a time of the day 0001-01-01'),
    start: name,
    end: name,
    minutes: name.optional().describe('Field with the minutes of a visit'),
  }),
});

const visits = z.strictObject({
  set: name.describe('Entity set of the documents that occupy a doctor’s time'),
  filter,
  fields: z.strictObject({
    key,
    date: name.optional().describe('Field with the moment of registration; `Date` of a document'),
    start: name.describe('Field with the beginning of the visit'),
    end: name.optional(),
    minutes: name.optional().describe('Field with its minutes, where there is no end'),
    employee: name.describe('Field with the GUID of the employee'),
    branch: name.optional(),
    patient: name.optional().describe('Field with the GUID of the patient’s card'),
    comment: name.optional().describe('Text in which a booking of the hub is found again'),
    status: name.optional(),
  }),
  cancelled: z.array(z.string()).default([]).describe('Values of status with which a visit occupies no time'),
});

export const entities = z
  .strictObject({
    branches,
    staff,
    specializations: specializations.optional(),
    patients: patients.optional(),
    hours: hours.optional(),
    visits: visits.optional(),
    ...paperEntities,
  })
  .refine((given) => (given.hours === undefined) === (given.visits === undefined), {
    message: 'hours and visits are given together: what is free is the hours without the visits',
    path: ['visits'],
  });

export type Entities = z.infer<typeof entities>;
export type Entity = Entities[keyof Entities] & {};
/** One whose rows have a GUID of their own. */
export type KeyedEntity = Entity & { readonly fields: { readonly key: string } };
export type Visits = Entities['visits'] & {};
export type Patients = Entities['patients'] & {};
export type Hours = Entities['hours'] & {};
