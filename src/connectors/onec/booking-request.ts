/** What `mappings/onec/appointment.yaml` makes of an Appointment, checked before 1С is asked (protocols/onec.md §1.2, §1.3). */
import { z } from 'zod';
import { instantOf } from '../../instant.ts';
import type { MisRecord } from '../connector.ts';

/** XML 1.0 has no way to write these; 1С would answer with a fault. */
const unwritable = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

const text = (longest: number) =>
  z
    .string()
    .default('')
    .transform((value) => value.replace(unwritable, '').trim().slice(0, longest));
const guid = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const local = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/);

const schema = z.object({
  EmployeeID: guid,
  Clinic: guid,
  /** Name of the specialisation; 1С has no id for it. */
  Specialization: text(150),
  /** Local start; the same in both. */
  Date: local,
  TimeBegin: local,
  /** Minutes. */
  Duration: z.coerce.number().int().min(1).max(1440).optional(),
  PatientSurname: text(100),
  PatientName: text(100),
  PatientFatherName: text(100),
  Phone: text(40),
  Email: text(100),
  Address: text(300),
  /** `yyyy-mm-dd` */
  Birthday: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/)
    .optional(),
  Comment: text(500),
  Snils: text(20),
});

export type BookingRequest = Omit<z.infer<typeof schema>, 'Date' | 'TimeBegin'> & { readonly start: string };

/** What is wrong with a request, in words for the patient. */
export class UnfitRequest extends Error {}

/** Names of parameters as patients know them. */
const words: Readonly<Record<string, string>> = {
  PatientSurname: 'фамилия',
  PatientName: 'имя',
  PatientFatherName: 'отчество',
  Phone: 'телефон',
  Email: 'электронная почта',
  Address: 'адрес',
  Birthday: 'дата рождения',
  Snils: 'СНИЛС',
};

/** Of the settings: parameters without which 1С is not asked. */
interface Demands {
  readonly booking: { readonly required: readonly string[] };
}

/** @throws UnfitRequest when it lacks what 1С or the clinic demands */
export function parseRequest(record: MisRecord, settings: Demands, zone: string): BookingRequest {
  const parsed = schema.safeParse(record);
  if (!parsed.success) {
    const bad = [...new Set(parsed.error.issues.map((issue) => String(issue.path[0])))];
    throw new UnfitRequest(`Клиника не принимает запись: неверно заполнено (${bad.map(wordOf).join(', ')}).`);
  }
  const { Date: day, TimeBegin: start, ...rest } = parsed.data;
  if (day !== start || !isLocal(start, zone)) throw new UnfitRequest('Клиника не приняла дату и время записи.');
  const lacking = settings.booking.required.filter((name) => !rest[name as keyof typeof rest]);
  if (lacking.length > 0)
    throw new UnfitRequest(`Для записи в эту клинику нужно указать: ${lacking.map(wordOf).join(', ')}.`);
  return { ...rest, start };
}

const wordOf = (name: string): string => words[name] ?? name;

function isLocal(time: string, zone: string): boolean {
  try {
    return Number.isFinite(instantOf(time, zone));
  } catch {
    return false;
  }
}

/** `Date` and `TimeBegin` as this base takes them. */
export function splitStart(start: string, form: 'full' | 'split'): { Date: string; TimeBegin: string } {
  if (form === 'full') return { Date: start, TimeBegin: start };
  return { Date: `${start.slice(0, 10)}T00:00:00`, TimeBegin: `0001-01-01${start.slice(10)}` };
}

/** A duration as 1С writes it: a time of the day 0001-01-01. */
export function durationText(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return `0001-01-01T${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}:00`;
}
