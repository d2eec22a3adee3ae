/** What can be switched in the pretend 1С while it runs: vendor's variations of protocols/onec.md §1.3–§1.5. */
import { z } from 'zod';

export const settingsSchema = z.strictObject({
  /** Refuse an overlap with another active document of the employee and times outside working hours. */
  uniqueness: z.boolean().default(true),
  /** How long a reservation of GetReserve holds the time. */
  reserveSeconds: z.number().positive().default(900),
  /** How long after that the job «Отмена просроченных броней» comes: status 9 before it, 5 after it. */
  sweepSeconds: z.number().nonnegative().default(300),
  /** What BookAnAppointment* answers on success: the bare text `Ok` or the documented XML without УИД. */
  bookAnswer: z.enum(['ok', 'xml']).default('ok'),
  /** Inner document in CDATA instead of escaped. */
  cdata: z.boolean().default(false),
  soapVersions: z.enum(['both', '1.1', '1.2']).default('both'),
  /** `strict` refuses a SOAPAction other than `ru.umc#Integration:<operation>`. */
  soapAction: z.enum(['any', 'strict']).default('any'),
  /** Periodicity of booking in the accounting policy, minutes; 0 = not set, so end times may be incomputable. */
  policyMinutes: z.number().int().nonnegative().default(30),
  /** Newer releases answer FastBookAnAppointment with a УИД. */
  waitingAnswer: z.enum(['with-id', 'without-id']).default('with-id'),
  /** The HTTP twin (§2): what the answer stands in. `data` is JSON as text, `data-list` a list of one such. */
  jsonRoot: z.enum(['Ответ', 'Ответы', 'Result', 'data', 'data-list']).default('Ответ'),
  /** An answer with nothing in it: `{"Ответ":{}}` or `{"Ответ":""}`. */
  jsonNone: z.enum(['object', 'text']).default('object'),
  /** Where the SOAP service answers a bare sentence: an object with `Результат` false, a string, or no JSON at all. */
  jsonSentence: z.enum(['object', 'string', 'text']).default('object'),
  /** Every schedule as for OnlyFreeTime: without ПериодыГрафика. */
  jsonFlat: z.boolean().default(false),
  jsonEmployeeFilter: z.enum(['used', 'ignored']).default('used'),
  /** The branch is taken from the key `Сlinic` with a Cyrillic first letter. */
  jsonCyrillicClinic: z.boolean().default(false),
  /** `short`: Employee and UID in place of EmployeeID, Employees and GUID. */
  jsonNames: z.enum(['manual', 'short']).default('manual'),
  /** The header x-api-key is demanded beside the key in the body. */
  jsonHeaderKey: z.boolean().default(false),
  /** Whether the method Reservation is published. */
  jsonReservation: z.boolean().default(true),
  /** How times are read. */
  jsonDates: z.enum(['any', 'dotted', 'dashed', 'reversed', 'iso', 'compact']).default('any'),
  /** Added to every call before it is executed. */
  latencyMilliseconds: z.number().nonnegative().default(0),
});

export type Settings = z.infer<typeof settingsSchema>;
