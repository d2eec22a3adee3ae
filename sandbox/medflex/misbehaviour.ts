/** What MedFlex may do wrong with the requests that come to it; each is ordered for the next so many. */
import { z } from 'zod';

export const misbehaviours = {
  'error-500': 'HTTP 500; nothing is kept.',
  'error-429': 'HTTP 429 with `Retry-After: 1`; nothing is kept.',
  refuse: 'HTTP 400; nothing is kept.',
  'hang-up': 'The connection is cut before anything is kept.',
  slow: 'Kept at once, answered after 2 s.',
  'lost-answer': 'Kept, and the connection is cut in place of an answer.',
  'lost-500': 'Kept, and answered with HTTP 500.',
  redirect: 'HTTP 307 to the canary; nothing is kept.',
  endless: 'Kept, and answered with 200 and a body that never ends.',
} as const;

export type MisbehaviourName = keyof typeof misbehaviours;

export const orderSchema = z.strictObject({
  name: z.string().refine((name): name is MisbehaviourName => Object.hasOwn(misbehaviours, name), 'is no misbehaviour'),
  times: z.int().positive().default(1),
});

export type Order = z.input<typeof orderSchema>;

export interface Mischief {
  /** @throws ZodError */
  order(order: Order): void;
  clear(): void;
  standing(): readonly z.output<typeof orderSchema>[];
  /** That of the next request; its count goes down. */
  take(): MisbehaviourName | undefined;
}

export function createMischief(): Mischief {
  let orders: z.output<typeof orderSchema>[] = [];
  return {
    order: (order) => void orders.push(orderSchema.parse(order)),
    clear() {
      orders = [];
    },
    standing: () => orders,
    take() {
      const [first] = orders;
      if (first === undefined) return undefined;
      first.times--;
      orders = orders.filter((one) => one.times > 0);
      return first.name;
    },
  };
}
