/** What a fault of the sandbox is, and the parameters it takes. */
import { z } from 'zod';
import { faultParamsSchema as common, type NamedFault } from '../../common/fault.ts';
import type { FaultOrder as AnyOrder, Switchboard as AnySwitchboard } from '../../common/switchboard.ts';
import type { Call } from '../call.ts';

export const faultParamsSchema = common.extend({
  /** Number of the business error. */
  code: z.number().int().optional(),
});

export type FaultParams = z.infer<typeof faultParamsSchema>;

export interface Fault extends NamedFault {
  play(call: Call, params: FaultParams): void | Promise<void>;
}

export type FaultOrder = AnyOrder<FaultParams>;
export type Switchboard = AnySwitchboard<Fault, FaultParams>;
