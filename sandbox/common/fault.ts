/** What the faults of all sandboxes have in common; how one is played is each sandbox's own. */
import { z } from 'zod';

/** None has to be given. */
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
});

export type FaultParams = z.infer<typeof faultParamsSchema>;

export interface NamedFault {
  readonly name: string;
  readonly sentence: string;
  /** `yes`: executed before the bad answer; `no`: not, unless `commit: true`; `never`; `late`: executed afterwards. */
  readonly committed: 'yes' | 'no' | 'never' | 'late';
  readonly operations: readonly string[];
}
