/** Which fault the next call meets: those switched on for n calls first, then chaos at its rates. */
import { createRandom, type Random } from '../../onec/random.ts';
import { type Chaos, chaosSchema } from '../settings.ts';
import type { Fault, FaultParams } from './fault.ts';

export interface FaultOrder {
  fault: string;
  times: number;
  operations?: readonly string[] | undefined;
  params?: FaultParams | undefined;
}

export interface Switchboard {
  list(): { name: string; sentence: string; committed: string; operations: readonly string[]; remaining: number }[];
  /** @throws RangeError for an unknown fault or an operation that it makes no sense for */
  order(order: FaultOrder): void;
  clear(): void;
  setChaos(chaos: Chaos): void;
  chaos(): Chaos;
  /** Takes the fault for this call, if there is one; its count goes down. */
  take(operation: string, access: 'read' | 'write'): { fault: Fault; params: FaultParams } | undefined;
}

const chaosWrites = [
  ...['drop-before', 'late-commit', 'commit-then-hang'],
  ...['commit-then-reset', 'commit-then-500', 'commit-then-empty-200'],
];
const chaosReads = ['commit-then-reset', 'commit-then-hang', 'commit-then-500', 'commit-then-empty-200', 'html-200'];

/** @param starts how often this region was started: a restarted sandbox does not repeat its first faults */
export function createSwitchboard(faults: readonly Fault[], initial: Chaos, starts: number): Switchboard {
  const byName = new Map(faults.map((fault) => [fault.name, fault]));
  let orders: (FaultOrder & { operations: readonly string[] })[] = [];
  let chaos = initial;
  let random = createRandom(chaos.seed + starts * 7919);
  const find = (name: string): Fault => {
    const fault = byName.get(name);
    if (fault === undefined) throw new RangeError(`no fault ${name}; there are ${[...byName.keys()].join(', ')}`);
    return fault;
  };
  return {
    list: () => faults.map(({ play: _, ...fault }) => ({ ...fault, remaining: remainingOf(fault.name, orders) })),
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
      return { fault: find(order.fault), params: order.params ?? {} };
    },
  };
}

function remainingOf(name: string, orders: readonly FaultOrder[]): number {
  return orders.filter((o) => o.fault === name).reduce((sum, o) => sum + o.times, 0);
}

function takeChaos(chaos: Chaos, random: Random, access: 'read' | 'write', find: (name: string) => Fault) {
  if (!random.chance(access === 'write' ? chaos.writeRate : chaos.readRate)) return undefined;
  const fault = find(random.pick(access === 'write' ? chaosWrites : chaosReads));
  return { fault, params: { milliseconds: Math.floor(random.next() * chaos.lateMilliseconds) } };
}
