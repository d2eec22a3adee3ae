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

export type PatientData = z.infer<typeof patient>;

const schema = z.object({
  /** Key of the slot. */
  idAppointment: z.string().min(1),
  idDoc: z.string().min(1),
  /** Local start. */
  start: z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/),
  /** Number of a referral of УО. */
  doctorsReferral: text(50),
  /** Number of the request of the журнал отложенной записи by which it is booked. */
  idPar: text(100),
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

const local = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/);

const waiting = z.object({
  patient,
  wish: z.object({
    idDoc: text(100),
    nameDoc: text(200),
    idSpeciality: text(100),
    ferIdSpeciality: text(50),
    nameSpeciality: text(200),
    /** Of the journal's dictionary. */
    claim: text(3),
    info: text(500),
    intervals: z.array(z.object({ start: local, end: local })).default([]),
  }),
});

export type WaitingRequest = z.infer<typeof waiting>;

/** @throws UnfitRequest when it lacks what the clinic demands */
export const parseRequest = (record: MisRecord, settings: RegizSettings): BookingRequest => {
  // By a request, which names the card of the patient, nobody need be looked for.
  const required = record['idPar'] === undefined ? settings.booking.required : [];
  return checked(schema.safeParse(record), required);
};

/** A request for a time that is not there yet. @throws UnfitRequest */
export const parseWaiting = (record: MisRecord, settings: RegizSettings): WaitingRequest =>
  checked(waiting.safeParse(record), settings.booking.required);

/** The person alone. @throws UnfitRequest when he lacks what the clinic demands */
export const parsePatient = (record: MisRecord, settings: RegizSettings): PatientData =>
  checked(z.object({ patient }).safeParse(record), settings.booking.required).patient;

type Parsed<T> = { readonly success: true; readonly data: T } | { readonly success: false };

function checked<T extends { readonly patient: PatientData }>(parsed: Parsed<T>, required: readonly string[]): T {
  if (!parsed.success) throw new UnfitRequest('Клиника не принимает запись: она неверно заполнена.');
  const lacking = required.filter((name) => !parsed.data.patient[name as keyof PatientData]);
  if (lacking.length > 0)
    throw new UnfitRequest(`Для записи в эту клинику нужно указать: ${lacking.map((n) => words[n] ?? n).join(', ')}.`);
  return parsed.data;
}
