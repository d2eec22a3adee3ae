/** What a fault of the sandbox is, and the parameters it takes. */
import { z } from 'zod';
import { faultParamsSchema as common, type NamedFault } from '../../common/fault.ts';
import type { FaultOrder as AnyOrder, Switchboard as AnySwitchboard } from '../../common/switchboard.ts';
import type { Call } from '../call.ts';
import { writes } from '../operations.ts';
import { type OperationName, operationNames } from '../wsdl.ts';

export const faultParamsSchema = common.extend({
  /** The envelope or the document inside `m:return`. */
  layer: z.enum(['outer', 'inner']).optional(),
});

export type FaultParams = z.infer<typeof faultParamsSchema>;

export interface Fault extends NamedFault {
  readonly operations: readonly OperationName[];
  play(call: Call, params: FaultParams): void | Promise<void>;
}

export type FaultOrder = AnyOrder<FaultParams>;
export type Switchboard = AnySwitchboard<Fault, FaultParams>;

export const all: readonly OperationName[] = operationNames;
export const schedules: readonly OperationName[] = ['GetSchedule20', 'GetSchedule', 'GetEnlargementSchedule'];
export const writing: readonly OperationName[] = all.filter((name) => writes.has(name));
