/** What the operator sets for the profile `umc-http` beside what all profiles have: bases differ in most of it (protocols/onec.md §2). */
import { z } from 'zod';
import { booking, common } from '../settings.ts';

const pattern = z.string().regex(/^[\p{L}\w/.-]+$/u, 'is not a path');
const name = z.string().regex(/^[\p{L}\w]+$/u, 'is not a name of a parameter');
/** Parts of a time: yyyy MM M dd d HH H mm ss; between them nothing but `. - / :`, a space, T or 0. */
const template = z.string().regex(/^(yyyy|MM|M|dd|d|HH|H|mm|ss|[-./: T0])+$/, 'is not a template such as "dd.MM.yyyy"');
const day = template.regex(/^(?=.*yyyy)(?=.*M)(?=.*d)/, 'must have the day, the month and the year');
const hour = template.regex(/^(?=.*H)(?=.*mm)/, 'must have the hour and the minute');

const header = z.strictObject({
  key: z
    .string()
    .regex(/^[\x21-\x7e]*$/, 'must have no spaces and no letters but Latin ones')
    .default('')
    .describe('Header x-api-key, where a base demands it; not sent when empty. Secret, like `key`'),
});

const patterns = z.strictObject({
  dictionary: pattern.default('DictionaryData').describe('Lists of branches, employees, prices'),
  schedule: pattern.default('Schedule').describe('Schedules; seen elsewhere: GetShedule20'),
  reservation: pattern.default('Reservation'),
  create: pattern.default('AppointmentCreate').describe('Booking; seen elsewhere: BookAnAppointmentWithParams'),
  status: pattern.default('AppointmentStatus'),
  cancel: pattern.default('AppointmentCancel').describe('Seen elsewhere: CancelBookAnAppointment'),
});

const names = z.strictObject({
  employees: name.default('Employees').describe('The list of employees in a schedule; seen elsewhere: Employee'),
  employee: name.default('EmployeeID').describe('The employee of a booking; seen elsewhere: Employee'),
  guid: name.default('GUID').describe('The УИД of a booking; seen elsewhere: UID'),
  cyrillicClinic: z
    .boolean()
    .default(false)
    .describe('Send the branch once more under Сlinic with a Cyrillic С, which one base wants'),
});

const times = z.strictObject({
  window: day.default('dd.MM.yyyy').describe('StartDate and FinishDate'),
  date: day.default('dd.MM.yyyy').describe('Date of a booking'),
  begin: hour.default('HH:mm:ss').describe('TimeBegin of a booking'),
  birthday: day.default('dd.MM.yyyy'),
});

export const umcHttpSettings = z.strictObject({
  profile: z.literal('umc-http').describe('БИТ.УМЦ family, HTTP service /hs/bwi'),
  ...common,
  path: z.string().default('/hs/bwi').describe('Path of the HTTP service'),
  key: z
    .string()
    .min(1)
    .describe('«Ключ API» of «Настройки обмена с сайтом», in every body. Secret: { env: NAME } or { file: PATH }'),
  header: header.prefault({}),
  bodyCredentials: z.boolean().default(false).describe('Send login and password as User and Password in the body, too'),
  patterns: patterns.prefault({}),
  names: names.prefault({}),
  times: times.prefault({}),
  booking: booking
    .extend({
      reservation: z
        .boolean()
        .default(true)
        .describe('Reserve the time before it is booked; false for a base that publishes no Reservation'),
      freshStatuses: booking.shape.confirmedStatuses
        .default(['1'])
        .describe('Without reservations: codes of a booking that was made this moment'),
      method: z.enum(['BookAnAppointmentWithParams', 'BookAnAppointment']).default('BookAnAppointmentWithParams'),
      duration: z
        .enum(['datetime', 'time', 'minutes'])
        .default('datetime')
        .describe('How the length of a visit is written: 0001-01-01T00:15:00, 00:15:00 or 15'),
    })
    .prefault({}),
});

export type UmcHttpSettings = z.infer<typeof umcHttpSettings>;
