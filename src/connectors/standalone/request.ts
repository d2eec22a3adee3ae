/** What `mappings/standalone/appointment.yaml` makes of an Appointment. */
import { z } from 'zod';
import { idOf } from '../../id.ts';
import type { MisRecord } from '../connector.ts';

const instant = z.iso.datetime().transform((text) => Date.parse(text));

const visit = z
  .object({
    /** `practitioner;branch` */
    schedule: z.string().min(1),
    practitioner: z.string().min(1),
    start: instant,
    end: instant,
    /** Id of the Patient. */
    patient: z.uuid(),
    booking: z.string().min(1),
  })
  .refine(({ start, end }) => start < end && end - start <= 86_400_000);

export type VisitRequest = z.infer<typeof visit>;

/** Undefined: it names no time of a practitioner. */
export const visitOf = (record: MisRecord): VisitRequest | undefined => visit.safeParse(record).data;

/** The same for the same booking at the same time, so that whoever asks again finds what he has made, and makes no second one. */
export const referenceOf = (clinic: string, { booking, schedule, start }: VisitRequest): string =>
  idOf(clinic, 'Appointment', `${booking};${schedule};${start}`);
