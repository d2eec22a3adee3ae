/** `IHubService`: what РЕГИЗ speaks in both directions, and 1С that publishes the regional contract (protocols/regiz.md §1). */
import type { Contract, DataOf, ParametersOf, ResultOf } from '../../../wcf/contract.ts';
import { bookingTypes } from './booking.ts';
import { deferredTypes } from './deferred.ts';
import { operations } from './operations.ts';
import { referralTypes } from './referral.ts';

export const hubContract = {
  namespace: 'http://tempuri.org/',
  service: 'HubService',
  port: 'IHubService',
  namespaces: {
    h: bookingTypes,
    d: referralTypes,
    p: deferredTypes,
    g: {
      uri: 'http://schemas.datacontract.org/2004/07/System.Collections.Generic',
      types: { KeyValuePairOfintstring: { key: 'int', value: 'string' } },
    },
  },
  operations,
} as const satisfies Contract;

export type HubOperation = keyof typeof operations;
export type HubParameters<O extends HubOperation> = ParametersOf<typeof hubContract, O>;
export type HubResult<O extends HubOperation> = ResultOf<typeof hubContract, O>;
/** A type of booking, e.g. `HubData<'Patient'>`. */
export type HubData<T extends keyof typeof bookingTypes.types> = DataOf<typeof hubContract, 'h', T>;
export type DeferredData<T extends keyof typeof deferredTypes.types> = DataOf<typeof hubContract, 'p', T>;
export type ReferralData<T extends keyof typeof referralTypes.types> = DataOf<typeof hubContract, 'd', T>;
