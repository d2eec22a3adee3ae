/** What /rs/prns answers, as far as it is used. Unknown members are passed over; known ones are of their kind or refused. */
import { z } from 'zod';

/** Without control characters and halves of surrogates: they stop Postgres and fool whoever reads. */
export const text = z
  .string()
  .max(300)
  .regex(/^[^\p{Cc}\p{Cs}]*$/u);

/** `31.12.1999`, as ЕСИА writes it, or `1999-12-31`. */
export const birthDate = z
  .string()
  .regex(/^(\d{2}\.\d{2}\.\d{4}|\d{4}-\d{2}-\d{2})$/)
  .transform((date) => (date.includes('.') ? date.split('.').reverse().join('-') : date))
  .refine((day) => {
    const instant = Date.parse(`${day}T00:00:00Z`);
    return !Number.isNaN(instant) && new Date(instant).toISOString().startsWith(day);
  });

export const snils = z
  .string()
  .transform((written) => written.replaceAll(/[\s-]/g, ''))
  .refine((digits) => /^\d{11}$/.test(digits));

export const name = text.min(1);

const bare = { firstName: name, lastName: name };
const optional = {
  middleName: text.optional(),
  birthDate: birthDate.optional(),
  gender: z.enum(['M', 'F']).optional(),
  snils: snils.optional(),
};

export const personAnswer = z.object({
  ...bare,
  ...optional,
  trusted: z.boolean().default(false),
  status: z.string().optional(),
});

export const oid = z.union([z.int().positive(), z.string().regex(/^\d{1,20}$/)]).transform(String);

/** The guideline does not print it; clients read a person with `id`. */
export const childAnswer = z
  .object({ ...bare, ...optional, id: oid.optional(), oid: oid.optional() })
  .refine((child) => child.id !== undefined || child.oid !== undefined);

export const contactAnswer = z.object({ type: text, vrfStu: text.optional(), value: text.optional() });

export const documentAnswer = z.object({
  type: text,
  vrfStu: text.optional(),
  series: text.optional(),
  number: text.optional(),
});

/** A list: `{"size": 2, "elements": […]}`; an element is an object or, not embedded, the URL of one. */
export const listAnswer = z.object({
  elements: z
    .array(z.union([z.string().max(500), z.record(z.string(), z.unknown())]))
    .max(200)
    .default([]),
});
