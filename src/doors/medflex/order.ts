/** What MedFlex's webhooks hold. Every body is hostile until it is read here. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { instantOf } from '../../instant.ts';
import { isId } from './resources.ts';

export interface Client {
  readonly family: string;
  readonly given: readonly string[];
  /** With + and digits alone. */
  readonly phone: string;
  /** `1980-09-14` */
  readonly birthday?: string;
}

export interface Order {
  /** By MedFlex's ids. */
  readonly filial: string;
  readonly doctor: string;
  /** Milliseconds since the epoch. */
  readonly start: number;
  readonly end: number | undefined;
  readonly comment: string;
  readonly client: Client;
}

const anyId = z.union([z.string().min(1).max(200), z.int().transform(String)]);
/** No control characters: they would not pass as FHIR. */
const text = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\p{Cc}]*$/u)
    .transform((t) => t.trim());
const name = text(100).pipe(z.string().min(1));
const optional = <S extends z.ZodType>(schema: S) => schema.nullish().transform((v) => v ?? undefined);

const localPattern = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})(?::\d{2})?$/;

const localTime = (zone: string) =>
  z
    .string()
    .max(30)
    .transform((given, context) => {
      try {
        const [, day, time] = localPattern.exec(given) ?? [];
        return instantOf(`${day}T${time}`, zone);
      } catch {
        context.addIssue('is no local time such as 2026-12-01 09:00');
        return z.NEVER;
      }
    });

const phone = z
  .string()
  .max(40)
  .transform((given) => given.replace(/[\s()+-]/g, ''))
  .pipe(z.string().regex(/^\d{10,15}$/))
  .transform((digits) => `+${digits.replace(/^8(?=\d{10}$)/, '7')}`);

const birthday = z.iso.date();

const orderSchema = (zone: string) =>
  z.object({
    doctor: z.object({ id: anyId, lpu_id: anyId }),
    appointment: z.object({
      dt_start: localTime(zone),
      dt_end: optional(localTime(zone)),
      is_online: z.boolean().nullish(),
      comment: optional(z.string().max(5000)),
    }),
    client: z.object({
      first_name: name,
      second_name: optional(text(100)),
      last_name: name,
      mobile_phone: phone,
      birthday: optional(z.union([birthday, z.literal('')])),
    }),
  });

/** @returns what is wrong, as text without what was sent */
export function readOrder(body: unknown, zone: string): Order | string {
  const { data, error } = orderSchema(zone).safeParse(body);
  if (data === undefined) return error.issues.map((i) => i.path.join('.') || 'the body').join(', ');
  const { doctor, appointment, client } = data;
  // The clinic's free times are for visits: somebody would wait for a call that nobody makes.
  if (appointment.is_online === true) return 'appointment.is_online';
  return {
    filial: doctor.lpu_id,
    doctor: doctor.id,
    start: appointment.dt_start,
    end: appointment.dt_end,
    comment: (appointment.comment ?? '')
      .replace(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, 500),
    client: {
      family: client.last_name,
      given: [client.first_name, client.second_name ?? ''].filter((part) => part !== ''),
      phone: client.mobile_phone,
      ...(client.birthday && { birthday: client.birthday }),
    },
  };
}

const claimSchema = z.object({ claim_id: z.string().refine(isId) });

/** The id of an Appointment; undefined for what can be none. */
export const readClaim = (body: unknown): string | undefined => claimSchema.safeParse(body).data?.claim_id;

/** By which a client of MedFlex is known again: it says no document, and no id of its own. */
export function fingerprintOf({ family, given, phone, birthday = '' }: Client): string {
  const plain = [family, ...given].map((part) => part.toLowerCase().replaceAll('ё', 'е').replace(/\s+/g, ' '));
  return digestOf([phone, birthday, ...plain]);
}

export const digestOf = (parts: readonly (string | number)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
