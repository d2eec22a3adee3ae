/** What the operator sets for the profile `hub`: that of РЕГИЗ, with the defaults of 1С (protocols/regiz.md §1.8, onec.md §1.1). */
import { z } from 'zod';
import { regizSettings } from '../../regiz/settings.ts';
import { publication } from '../settings.ts';

/** Of the service itself; what else a region has is none of 1С's. */
const { lpu, guid, headerToken, codes } = regizSettings.shape;
const { timeouts, limits, guard, directory, schedule, booking, waitlist } = regizSettings.shape;

export const hubSettings = z.strictObject({
  profile: z.literal('hub').describe('1С that publishes the contract of РЕГИЗ, IHubService, itself'),
  ...publication.shape,
  ...{ lpu, guid, headerToken, codes },
  ...{ timeouts, limits, guard, directory, schedule, booking, waitlist },
  path: z.string().default('/ws/appointment').describe('Path of the web service; elsewhere /ws/appointment.1cws'),
  soapVersion: z.enum(['1.1', '1.2']).default('1.2').describe('An answer of either version is understood'),
  soapAction: z
    .string()
    .default('http://tempuri.org/#appointment:{operation}')
    .describe('SOAPAction; 1С puts the name of the web service into it'),
  journal: z
    .boolean()
    .default(false)
    .describe('It keeps the журнал отложенной записи, too: patients may wait (RegisterPARequest and its like)'),
});

export type HubSettings = z.infer<typeof hubSettings>;
