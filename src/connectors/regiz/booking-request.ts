/** What the mapping `Appointment` → РЕГИЗ makes, checked before anything is asked of the clinic. */
import { z } from 'zod';
import type { MisRecord } from '../connector.ts';
import type { RegizSettings } from './settings.ts';

const text = (longest: number) =>
  z
    .string()
    .optional()
    .transform((value) => value?.trim().slice(0, longest) || undefined);

const patient = z.object({
  Surname: text(100),
  Name: text(100),
  SecondName: text(100),
  /** `yyyy-mm-dd` */
  Birthday: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/)
    .optional(),
  Snils: text(14),
  Polis_S: text(20),
  Polis_N: text(20),
  Document_S: text(20),
  Document_N: text(20),
  CellPhone: text(40),
});

const schema = z.object({
  /** Key of the slot. */
  idAppointment: z.string().min(1),
  idDoc: z.string().min(1),
  /** Local start. */
  start: z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/),
  /** Number of a referral of УО. */
  doctorsReferral: text(50),
  patient,
});

export type BookingRequest = z.infer<typeof schema>;

/** What is wrong with a request, in words for the patient. */
export class UnfitRequest extends Error {}

const words: Readonly<Record<string, string>> = {
  Surname: 'фамилия',
  Name: 'имя',
  SecondName: 'отчество',
  Birthday: 'дата рождения',
  Snils: 'СНИЛС',
  Polis_N: 'полис ОМС',
  CellPhone: 'телефон',
};

/** @throws UnfitRequest when it lacks what the clinic demands */
export function parseRequest(record: MisRecord, { booking }: RegizSettings): BookingRequest {
  const parsed = schema.safeParse(record);
  if (!parsed.success) throw new UnfitRequest('Клиника не принимает запись: она неверно заполнена.');
  const lacking = booking.required.filter((name) => !parsed.data.patient[name as keyof typeof parsed.data.patient]);
  if (lacking.length > 0)
    throw new UnfitRequest(`Для записи в эту клинику нужно указать: ${lacking.map((n) => words[n] ?? n).join(', ')}.`);
  return parsed.data;
}
