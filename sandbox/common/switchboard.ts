/** Which fault the next call meets: those switched on for n calls first, then chaos at its rates. */
import { z } from 'zod';
import type { FaultParams, NamedFault } from './fault.ts';
import { createRandom, type Random } from './random.ts';

export const chaosSchema = z.strictObject({
  /** Share of writes that meet a random fault, 0..1. */
  writeRate: z.number().min(0).max(1).default(0),
  /** Share of reads that meet a random fault, 0..1. */
  readRate: z.number().min(0).max(1).default(0),
  /** A late commit comes after a random time up to this. */
  lateMilliseconds: z.number().nonnegative().default(600),
  seed: z.number().int().default(1),
});

export type Chaos = z.infer<typeof chaosSchema>;

export interface FaultOrder<P extends FaultParams> {
  fault: string;
  times: number;
  operations?: readonly string[] | undefined;
  params?: P | undefined;
}

export interface Switchboard<F extends NamedFault, P extends FaultParams> {
  list(): (NamedFault & { remaining: number })[];
  /** @throws RangeError for an unknown fault or an operation that it makes no sense for */
  order(order: FaultOrder<P>): void;
  clear(): void;
  setChaos(chaos: Chaos): void;
  chaos(): Chaos;
  /** Takes the fault for this call, if there is one; its count goes down. */
  take(operation: string, access: 'read' | 'write'): { fault: F; params: P } | undefined;
}

const chaosWrites = [
  ...['drop-before', 'late-commit', 'commit-then-hang'],
  ...['commit-then-reset', 'commit-then-500', 'commit-then-empty-200'],
];
const chaosReads = ['commit-then-reset', 'commit-then-hang', 'commit-then-500', 'commit-then-empty-200', 'html-200'];

/** @param starts how often this sandbox was started: a restarted sandbox does not repeat its first faults */
export function createSwitchboard<F extends NamedFault, P extends FaultParams>(
  faults: readonly F[],
  initial: Chaos,
  starts: number,
): Switchboard<F, P> {
  const byName = new Map(faults.map((fault) => [fault.name, fault]));
  let orders: (FaultOrder<P> & { operations: readonly string[] })[] = [];
  let chaos = initial;
  let random = createRandom(chaos.seed + starts * 7919);
  const find = (name: string): F => {
    const fault = byName.get(name);
    if (fault === undefined) throw new RangeError(`no fault ${name}; there are ${[...byName.keys()].join(', ')}`);
    return fault;
  };
  return {
    list: () =>
      faults.map(({ name, sentence, committed, operations }) => ({
        name,
        sentence,
        committed,
        operations,
        remaining: remainingOf(name, orders),
      })),
    order(order) {
      const fault = find(order.fault);
      const operations = order.operations ?? fault.operations;
      const odd = operations.find((o) => !fault.operations.includes(o));
      if (odd !== undefined)
        throw new RangeError(`${fault.name} makes no sense for ${odd}: ${fault.operations.join(', ')}`);
      orders.push({ ...order, operations });
    },
    clear() {
      orders = [];
      chaos = chaosSchema.parse({});
    },
    setChaos(next) {
      chaos = next;
      random = createRandom(chaos.seed + starts * 7919);
    },
    chaos: () => chaos,
    take(operation, access) {
      const order = orders.find((o) => o.times > 0 && o.operations.includes(operation));
      if (order === undefined) return takeChaos(chaos, random, access, find);
      order.times--;
      orders = orders.filter((o) => o.times > 0);
      return { fault: find(order.fault), params: order.params ?? ({} as P) };
    },
  };
}

function remainingOf(name: string, orders: readonly FaultOrder<FaultParams>[]): number {
  return orders.filter((o) => o.fault === name).reduce((sum, o) => sum + o.times, 0);
}

function takeChaos<F, P extends FaultParams>(
  chaos: Chaos,
  random: Random,
  access: 'read' | 'write',
  find: (name: string) => F,
): { fault: F; params: P } | undefined {
  if (!random.chance(access === 'write' ? chaos.writeRate : chaos.readRate)) return undefined;
  const fault = find(random.pick(access === 'write' ? chaosWrites : chaosReads));
  return { fault, params: { milliseconds: Math.floor(random.next() * chaos.lateMilliseconds) } as P };
}
