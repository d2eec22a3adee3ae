/** What the operator sets for the profile `umc-soap` beside what all profiles have (protocols/onec.md §1, §8). */
import { z } from 'zod';
import { booking, common } from '../settings.ts';

export const umcSoapSettings = z.strictObject({
  profile: z.literal('umc-soap').default('umc-soap').describe('БИТ.УМЦ family, SOAP service Integration'),
  ...common,
  path: z.string().default('/ws/ws1.1cws').describe('Path of the web service; newer bases publish /ws/Integration'),
  soapVersion: z.enum(['1.1', '1.2']).default('1.2'),
  soapAction: z
    .string()
    .default('{namespace}#Integration:{operation}')
    .describe('SOAPAction; {namespace} and {operation} are filled in'),
  // The package that writes requests puts it into them as it is.
  namespace: z
    .string()
    .regex(/^[^&<>"'\s]+$/, 'must have no spaces, quotes, < > or &')
    .default('ru.umc')
    .describe('Target namespace of the web service'),
  booking: booking
    .extend({
      withParams: z.boolean().default(true).describe('BookAnAppointmentWithParams, else BookAnAppointment'),
      time: z
        .enum(['full', 'split'])
        .default('full')
        .describe('Start in both Date and TimeBegin, or the date in one and 0001-01-01Thh:mm:ss in the other'),
    })
    .prefault({}),
});

export type UmcSoapSettings = z.infer<typeof umcSoapSettings>;
