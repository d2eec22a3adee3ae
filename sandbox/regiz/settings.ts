/** What can be switched in the pretend РЕГИЗ while it runs: variations of its services, protocols/regiz.md §1.1–§1.8. */
import { z } from 'zod';

export const settingsSchema = z.strictObject({
  /** An element out of order is dropped in silence as WCF does, refused loudly, or taken. */
  strictOrder: z.enum(['drop', 'refuse', 'off']).default('drop'),
  /** WCF answers a SOAPAction that is no operation's with a fault. */
  soapAction: z.enum(['strict', 'any']).default('strict'),
  /** A list without items in an answer: an empty element, `i:nil`, or no element. */
  emptyLists: z.enum(['empty', 'nil', 'absent']).default('empty'),
  /** A null in an answer. */
  nulls: z.enum(['nil', 'absent']).default('nil'),
  /** Whether the id of a slot is that of its booking, too; each clinic has its own way. */
  bookingIds: z.enum(['by-clinic', 'same', 'different']).default('by-clinic'),
  /** An empty list of specialties, doctors or slots is told as error 37, 38 or 39, as the portal does. */
  emptyAsError: z.boolean().default(false),
  /** Error that every call for a clinic meets, by idLpu: 602 the clinic did not answer, 603 it timed out, 616 its MIS failed. */
  clinicErrors: z.record(z.string(), z.number().int()).default({}),
  /** How long the MIS of a clinic holds the lock of the doctor's day while it books. */
  bookingMilliseconds: z.number().nonnegative().default(0),
  /** HubService of a MIS that is told of changed requests of the журнал отложенной записи; empty for none. */
  pushUrl: z.union([z.literal(''), z.url()]).default(''),
  /** Token for it. */
  pushGuid: z.string().default(''),
  /** HTTP Basic before the service of 1С, with the login and password of the start. */
  basicAuthorization: z.boolean().default(false),
  /** Coding.System of УО and referrals with `urn:oid:` before the OID. */
  urnOid: z.boolean().default(false),
  /** Operation of УО before which the clinic that refers always withdraws the referral, as if it had been faster; empty for none. */
  withdrawnBefore: z.string().default(''),
  /** EMKService takes a case and answers with a fault that holds a RequestWarning. */
  caseWarnings: z.boolean().default(false),
  /** Added to every call before it is executed. */
  latencyMilliseconds: z.number().nonnegative().default(0),
});

export type Settings = z.infer<typeof settingsSchema>;
