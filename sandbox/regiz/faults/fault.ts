/** What a fault of the sandbox is, and the parameters it takes. */
import { z } from 'zod';
import type { Call } from '../call.ts';

export const faultParamsSchema = z.strictObject({
  /** How late, how slow; each fault has its own default. */
  milliseconds: z.number().nonnegative().optional(),
  bytes: z.number().int().positive().optional(),
  /** How many elements, or how deep. */
  count: z.number().int().positive().optional(),
  variant: z.string().optional(),
  /** Execute the call first, for the faults that by themselves do not. */
  commit: z.boolean().optional(),
  text: z.string().optional(),
  /** Number of the business error. */
  code: z.number().int().optional(),
});

export type FaultParams = z.infer<typeof faultParamsSchema>;

export interface Fault {
  readonly name: string;
  readonly sentence: string;
  /** `yes`: executed before the bad answer; `no`: not, unless `commit: true`; `never`; `late`: executed afterwards. */
  readonly committed: 'yes' | 'no' | 'never' | 'late';
  readonly operations: readonly string[];
  play(call: Call, params: FaultParams): void | Promise<void>;
}
